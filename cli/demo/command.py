"""`sk2siem demo`: starts the services on an embedded broker, watches them, stops them, reports."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from cli.children import Children, stop, stop_on_hangup
from cli.demo.folder import Folder
from cli.demo.follow import follow
from cli.demo.report import report
from cli.demo.view import view_on
from cli.demo.watch import Watch
from cli.running import running_of
from cli.settings import Settings, load
from cli.variables import PREFIX
from runtime.brokers import connect
from runtime.logs import configure
from runtime.settings import BrokerSettings
from sinks.service import prepare

SYSTEM = "DEMO"
ENTRIES = 45_000
STOP_SECONDS = 20.0
PIPE_WIDTH = 110
KEPT = tuple(PREFIX + section for section in ("SPLUNK__", "ELASTIC__", "ENRICHER__", "LOG__LEVEL"))


@click.command("demo")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo-output",
    show_default=True,
    help="Folder for the broker's file, the verdicts and the logs; an earlier demo's files in it are replaced.",
)
@click.option(
    "--entries",
    type=click.IntRange(100, 2_000_000),
    default=ENTRIES,
    show_default=True,
    help="Length of the simulated journal.",
)
def command(output: Path, entries: int) -> None:
    """Run the whole pipeline on a simulated journal for a minute or less, and print what it found.

    Where SK2SIEM_SPLUNK__ or SK2SIEM_ELASTIC__ settings are in the environment, it also goes there.

    \b
    Example:
      sk2siem demo --output demo-output
    """
    settings = load(os.environ)
    configure(settings.log.level, settings.log.format, service="demo", worker="demo")
    with Folder(output) as folder:
        _run(settings, folder, entries, Console(width=None if sys.stdout.isatty() else PIPE_WIDTH))


def _run(settings: Settings, folder: Folder, entries: int, console: Console) -> None:
    running = running_of("demo", settings)
    nursery = Children()
    running.shutdown.install(nursery.end)
    stop_on_hangup(running.shutdown)
    sinks = ("splunk", "elastic")
    names = ("producer", "enricher", "file", *(name for name in sinks if getattr(settings, name) is not None))
    environ = demo_environ(os.environ, folder, entries)
    broker = connect(BrokerSettings(url=environ["SK2SIEM_BROKER__URL"]), running, batch_size=settings.loop.batch_size)
    if settings.elastic is not None:
        prepare(settings.elastic)
    with Watch(broker, names) as watch:
        children = [nursery.start(name, environ, folder.log(name)) for name in names]
        try:
            with view_on(console) as view:
                follow(watch, children, view, running.shutdown)
        finally:
            stop(children, STOP_SECONDS)
    if running.shutdown.requested:
        console.print("Stopped before the journal ended; this is what was found so far.\n")
    report(watch.picture, folder.results(), console)
    console.print(Text(f"\nA page for whoever asks: sk2siem report {folder.shown} --html report.html"), soft_wrap=True)


def demo_environ(environ: Mapping[str, str], folder: Folder, entries: int) -> dict[str, str]:
    """The environment of the demo's services: of the settings that are there, only the SIEMs and the policy.

    No name server is asked about the addresses of a journal that is simulated.
    """
    kept = {name: text for name, text in environ.items() if not name.startswith(PREFIX) or name.startswith(KEPT)}
    return kept | {
        "SK2SIEM_WORKER": "demo",
        "SK2SIEM_BROKER__URL": f"sqlite:///{folder.broker}",
        "SK2SIEM_OPS__PORT": "0",
        "SK2SIEM_LOG__FORMAT": "json",
        "SK2SIEM_PRODUCER__SYSTEM": SYSTEM,
        "SK2SIEM_PRODUCER__READER": "simulator",
        "SK2SIEM_SIMULATOR__ENTRIES": str(entries),
        "SK2SIEM_ENRICHER__DNS__ENABLED": "false",
        "SK2SIEM_FILE__PATH": str(folder.path),
    }
