"""`sk2siem run SERVICE`: one service in this process, or all that are configured, each in a process of its own."""

import os

import click

from cli.children import FINISHED
from cli.opening import opened
from cli.running import running_of
from cli.services import SERVICES, configured, service
from cli.settings import Settings, load
from cli.supervisor import run_all
from runtime.brokers import connect
from runtime.ending import ending
from runtime.logs import configure, log
from runtime.ops import OpsServer
from runtime.release import release
from runtime.service import Running

TAKE_OVER = "SK2SIEM_PRODUCER__TAKE_OVER"


@click.command("run")
@click.argument("name", metavar="SERVICE", type=click.Choice([*SERVICES, "all"]))
@click.option("--take-over", is_flag=True, help="Start a producer although another one seems to be alive.")
@click.option(
    "--supervised", is_flag=True, hidden=True, help="Who starts this process tells a stop from a journal's end by code."
)
def command(name: str, take_over: bool, supervised: bool) -> int:
    """Run SERVICE until SIGTERM: producer, enricher, splunk, elastic, file, syslog, or all that are configured.

    \b
    Example:
      SK2SIEM_FILE__PATH=verdicts sk2siem run file
    """
    environ = os.environ | ({TAKE_OVER: "true"} if take_over else {})
    settings = load(environ)
    for one in configured(settings) if name == "all" else [name]:
        service(one, settings)
    configure(settings.log.level, settings.log.format, service=name, worker=settings.worker)
    if name == "all":
        return run_all(settings, environ)
    running = running_of(name, settings)
    code = run_service(name, settings, running)
    return FINISHED if supervised and code == 0 and running.shutdown.finished else code


def run_service(name: str, settings: Settings, running: Running) -> int:
    """The exit code of the service. Probes are answered from the start, while the ends still connect."""
    wired = service(name, settings)
    running.shutdown.install()
    ops = OpsServer(settings.ops.host, settings.ops.port, running.health, running.metrics)
    log.info("started", release=release(), ops_port=ops.port)
    try:
        broker = opened(lambda: connect(settings.broker, running, batch_size=settings.loop.batch_size), running)
        if broker is None:
            return 0
        try:
            with ending(running.shutdown, running.grace):
                return wired.serve(settings, broker, running)
        finally:
            broker.close()
    finally:
        ops.close()
