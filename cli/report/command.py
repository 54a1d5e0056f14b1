"""`sk2siem report`: the connections of a time, for whoever has to judge or to prove."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from click.shell_completion import CompletionItem

from cli.interruption import interruptible
from cli.moments import since_option, until_option
from cli.report.asked import Selection, Service, refuse_unknown, system_option
from cli.report.lines import DIMENSIONS
from cli.running import running_of
from cli.settings import Settings, load
from cli.terminal import console, json_option, say_json
from enricher.ended import Span
from runtime.errors import ConfigError, Halt, Unavailable
from runtime.logs import Level, configure
from runtime.release import release
from runtime.service import Running

if TYPE_CHECKING:
    from cli.report.findings import Findings

SOURCES = ("broker", "journal")
FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


class Dimensions(click.ParamType[tuple[str, ...]]):
    """What to group by: words of DIMENSIONS, separated by commas."""

    name = "dimensions"

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        chosen = tuple(value.split(",")) if isinstance(value, str) else value
        if unknown := [word for word in chosen if word not in DIMENSIONS]:
            self.fail(f"{', '.join(unknown)}: one or more of {', '.join(DIMENSIONS)}, separated by commas", param, ctx)
        return tuple(dict.fromkeys(chosen))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, word = incomplete.rpartition(",")
        return [CompletionItem(f"{before}{comma}{one}") for one in DIMENSIONS if one.startswith(word)]


class Source(click.ParamType[str]):
    """A place to read: one of SOURCES, a broker's URL, or a file or folder."""

    name = "source"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        words = [CompletionItem(one) for one in SOURCES if one.startswith(incomplete)]
        return words or [CompletionItem(incomplete, type="file")]


@click.command("report")
@click.argument("source", type=Source())
@since_option("connections")
@until_option("connections")
@click.option(
    "--service",
    "services",
    type=Service(),
    multiple=True,
    help="Only this service or port, such as telnet or 23; repeatable.",
)
@system_option
@click.option("--by", type=Dimensions(), default="remote,service", show_default=True, help="What to group by.")
@click.option("--jobs", is_flag=True, help="Ask the IBM i for its scheduled jobs; done anyway where it is the SOURCE.")
@click.option("--html", "html", type=FILE, help="Write a page into this file: it needs no network and prints well.")
@click.option("--csv", "table", type=FILE, help="Write the groups into this file, for a spreadsheet.")
@json_option
def command(
    source: str,
    since: datetime | None,
    until: datetime | None,
    services: tuple[str, ...],
    systems: tuple[str, ...],
    by: tuple[str, ...],
    jobs: bool,
    html: Path | None,
    table: Path | None,
    as_json: bool,
) -> None:
    """Say who connected, what of it was not encrypted, what recurs, and what could not be known.

    SOURCE is a file of records (verdicts or entries, one a line) or a saved journal, a folder of the file sink, a
    broker's URL, `broker` for the one that is configured, or `journal` to read the audit journal itself.

    \b
    Example:
      sk2siem report broker --since 2026-11-01 --html report.html
    """
    from cli.report.findings import find
    from cli.report.source import JOURNAL, OFFLINE, read
    from enricher.catalogue import load_catalogue

    settings, selection = load(os.environ), Selection(Span(since, until), frozenset(services), frozenset(systems))
    catalogue = load_catalogue(settings.enricher.ports)
    with reading_tool("report", settings) as running:
        reading = read(source, settings, running, selection.span)
        findings = find(reading.records, selection, reading.name, reading.unsaid)
        refuse_unknown(selection, *findings.known, catalogue)
        if jobs or (source == JOURNAL and settings.producer.reader not in OFFLINE):
            findings = _with_jobs(findings, settings, running)
    if html is not None:
        from cli.report.page import document

        _write(html, document(findings, release()))
    if table is not None:
        from cli.report.tables import write_csv

        with opened(table) as file:
            write_csv(findings, by, file)
    if as_json:
        from cli.report.tables import documents

        for one in documents(findings, by):
            say_json(one)
    elif html is None and table is None:
        from cli.report.terminal import show

        show(findings, by, console())


def _with_jobs(findings: "Findings", settings: Settings, running: Running) -> "Findings":
    """A report without them is better than none."""
    from cli.report.jobs import ask_for_jobs, with_jobs

    try:
        return with_jobs(findings, ask_for_jobs(settings, running), settings.producer.system)
    except (Unavailable, Halt) as error:
        click.echo(f"sk2siem: the scheduled jobs are not in the report: {error}", err=True)
        return findings


@contextmanager
def reading_tool(name: str, settings: Settings) -> Iterator[Running]:
    """What a command that only reads runs under; a Ctrl-C ends every wait."""
    level: Level = "debug" if settings.log.level == "debug" else "warning"
    configure(level, settings.log.format, service=name, worker=settings.worker)
    running = running_of(name, settings)
    with interruptible(running.shutdown), running.resources:
        yield running


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A file to write, or standard output for `-`. Raises ConfigError."""
    if str(path) == "-":
        yield sys.stdout
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _write(path: Path, content: str) -> None:
    with opened(path) as file:
        file.write(content)
    if str(path) != "-":
        click.echo(f"{path}: {len(content.encode()) / 1024:,.0f} KB", err=True)
