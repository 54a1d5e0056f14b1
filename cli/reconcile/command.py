"""`sk2siem reconcile`: the command line of it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime

import click

from cli.moments import since_option, until_option
from cli.reconcile import journal
from cli.reconcile.case import IDENTITY, Case, Scope
from cli.reconcile.on_topics import Entries, standings_of, verdicts_of
from cli.reconcile.report import as_line, hole_line, report
from cli.reconcile.siem import SiemHop
from cli.reconcile.verdicts import VerdictHops
from cli.running import tool
from cli.services import SERVICES, service
from cli.settings import Settings, load
from cli.variables import name_of
from enricher.ended import Span
from enricher.service import restoring
from runtime.broker import Broker, Publisher
from runtime.errors import CheckFailed, ConfigError, Fenced, PipelineError
from schemas.topics import ENTRIES

JOURNAL, VERDICTS, SPLUNK, ELASTIC = PARTS = ("journal", "verdicts", "splunk", "elastic")


@click.command("reconcile")
@click.argument("parts", metavar="[PART]...", nargs=-1, type=click.Choice(PARTS))
@since_option("what happened")
@until_option("what happened")
@click.option("--system", help="Only this system.")
@click.option("--dry-run", is_flag=True, help="Only list the holes.")
@click.option(
    "--settle",
    metavar="SECONDS",
    type=click.FloatRange(0, 3600),
    help="How long a SIEM may take to show what it has taken; not set: Splunk 30, Elasticsearch 0.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each hole, and one with all counts.")
def command(
    parts: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    system: str | None,
    dry_run: bool,
    settle: float | None,
    as_json: bool,
) -> None:
    """Compare journal, topics and SIEMs id by id, list the holes and fill exactly those.

    PART is journal (which takes verdicts along), verdicts, splunk or elastic; without one it is all that are
    configured. Nothing that is there is sent again. Exit code 69 when holes remain, as they do after a dry run that
    found some.

    \b
    Example:
      sk2siem reconcile --since 7d --dry-run
    """
    settings = load(os.environ)
    chosen = parts or _configured(settings, say=not as_json)
    for part in parts:
        _require(part, settings)
    with tool("reconcile", settings) as (broker, running), _publisher(broker, dry_run=dry_run) as publisher:
        case = Case(broker, running, settings, Scope(Span(since, until), system), publisher, settle)
        if as_json:
            case.on_hole = lambda hop, one: click.echo(hole_line(hop, one))
        try:
            _compare(case, chosen)
        except (Fenced, PipelineError) as error:
            _show(case, as_json=as_json, is_whole=False)
            why = "another reconcile has begun" if isinstance(error, Fenced) else str(error)
            raise CheckFailed(f"stopped: {why}; the same command goes on from there") from error
        _show(case, as_json=as_json, is_whole=True)
    remaining = sum(hop.remaining for hop in case.hops)
    if remaining:
        how = "; without --dry-run they are filled" if dry_run else ""
        raise CheckFailed(f"{remaining:,} holes remain{how}")


@contextmanager
def _publisher(broker: Broker, *, dry_run: bool) -> Iterator[Publisher | None]:
    """Claimed before anything is read: whoever else fills holes is fenced then, so none is filled twice."""
    if dry_run:
        yield None
        return
    publisher = broker.publisher(IDENTITY)
    try:
        publisher.claim()
        yield publisher
    finally:
        publisher.close()


def _compare(case: Case, parts: Sequence[str]) -> None:
    if JOURNAL in parts or VERDICTS in parts:
        _compare_topics(case, parts)
    for name in (SPLUNK, ELASTIC):
        if name in parts:
            SiemHop(case, name, getattr(case.settings, name)).compare()


def _compare_topics(case: Case, parts: Sequence[str]) -> None:
    """The position and the enricher's offsets are taken before the topics are read: what they stand for is there."""
    with ExitStack() as stack:
        read_again = stack.enter_context(journal.opened(case)) if JOURNAL in parts else None
        entries = Entries(standings_of(case), case.scope.span.has_context)
        restoration = restoring(case.settings.enricher, case.running)
        verdicts = verdicts_of(case, restoration.policy)
        entries.scan(case.read(ENTRIES))
        if read_again is not None:
            journal.compare(case, read_again, entries)
        VerdictHops(case, restoration, verdicts).compare(entries)


def _configured(settings: Settings, *, say: bool) -> Sequence[str]:
    found = [VERDICTS]
    if not SERVICES["producer"].missing(settings):
        found.insert(0, JOURNAL)
    if settings.elastic is not None:
        found.append(ELASTIC)
    if settings.splunk is not None and settings.splunk.search_url is not None:
        found.append(SPLUNK)
    elif settings.splunk is not None and say:
        click.echo(f"splunk is left out: {name_of(('splunk', 'search_url'))} is not set", err=True)
    return found


def _require(part: str, settings: Settings) -> None:
    """Raises ConfigError where a part that was asked for lacks settings."""
    if part == JOURNAL:
        service("producer", settings)
    elif part in (SPLUNK, ELASTIC):
        service(part, settings)
    if part == SPLUNK and settings.splunk is not None and settings.splunk.search_url is None:
        names = " and ".join(name_of((SPLUNK, name)) for name in ("search_url", "search_token"))
        raise ConfigError(f"{names}: must be set to ask Splunk what it holds")


def _show(case: Case, *, as_json: bool, is_whole: bool) -> None:
    if as_json:
        click.echo(as_line(case.hops, is_whole=is_whole))
    else:
        report(case.hops, is_dry=case.publisher is None, is_whole=is_whole)
