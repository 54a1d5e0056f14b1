"""`sk2siem netstat`: what is connected and what listens, now.

What only this command needs is imported where it is used: a sink's worker starts without it.
"""

import os

import click

from cli.interruption import interruptible
from cli.running import running_of
from cli.settings import load


@click.command("netstat")
@click.option("--insecure", is_flag=True, help="Only what is insecure.")
@click.option("--listen", is_flag=True, help="What listens instead, compared with the port catalogue.")
@click.option(
    "--watch", type=click.FloatRange(1, 3600), metavar="SECONDS", help="Look again and again, and say what changed."
)
@click.option("--json", "json", is_flag=True, help="One JSON object a line.")
@click.option("--names/--no-names", default=True, help="Look up the names of the other ends.")
@click.option(
    "--baseline",
    is_flag=True,
    help="Publish an event for each connection whose opening was not read: it is older than the auditing.",
)
def command(insecure: bool, listen: bool, watch: float | None, json: bool, names: bool, baseline: bool) -> None:
    """Show the connections of the system at this moment, each with its service, its verdict by port and its owner.

    The port tells: what may go over to TLS on the same port is unknown, only the journal shows that. Settings are those
    of the producer (SK2SIEM_IBMI__...) and of the enricher (policy, port catalogue, name servers).

    \b
    Example:
      sk2siem netstat --insecure
    """
    if baseline and (insecure or listen or watch):
        raise click.UsageError("--baseline publishes all connections: it goes with --json and --no-names only")
    if listen and watch:
        raise click.UsageError("--watch is about connections: it does not go with --listen")
    settings = load(os.environ)
    from cli.netstat import actions
    from cli.netstat.looking import looking

    running = running_of("netstat", settings)
    with interruptible(running.shutdown), running.resources, looking(settings, running, names=names) as look:
        if baseline:
            actions.publish_baseline(look, settings, json=json)
        elif listen:
            actions.show_listeners(look, insecure=insecure, json=json)
        elif watch:
            running.shutdown.install()
            actions.watch(look, running.shutdown, seconds=watch, insecure=insecure, json=json)
        else:
            actions.show_connections(look, insecure=insecure, json=json)
