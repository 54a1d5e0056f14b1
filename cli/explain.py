"""`sk2siem explain`: one verdict in sentences."""

import os
from collections.abc import Iterator, Mapping

import click

from cli.records import is_file, read_from
from cli.settings import Settings, load
from cli.terminal import inert, json_option, say_json
from enricher.explain import Explanation, explain, explain_alert, explain_event, lines_of
from runtime.errors import CheckFailed, ConfigError, Unavailable
from runtime.record import StoredRecord
from schemas.codec import CodecError, decode
from schemas.ids import first_id
from schemas.records import Alert, AnyRecord, Entry, Event, EventId, Verdict
from schemas.topics import ALERTS, ENTRIES, VERDICTS


@click.command("explain")
@click.argument("one", metavar="ID")
@click.option(
    "--from",
    "place",
    metavar="TOPIC|FILE",
    help="Where it is: a topic of the broker, or a file with a record on each line; not set: sk.verdicts, sk.alerts.",
)
@click.option(
    "--entries",
    metavar="TOPIC|FILE",
    help="Where the entries are that it rests on; not set: the topic sk.entries, or the file of --from.",
)
@json_option
def command(one: str, place: str | None, entries: str | None, as_json: bool) -> None:
    """Say in sentences why the verdict, event or alert ID is what it is, and what to do about it.

    \b
    Example:
      sk2siem explain 20261122T021500123456-PROD1-AUDRCV0001-00000000000000184467
    """
    settings = load(os.environ)
    places = (place,) if place else (VERDICTS, ALERTS)
    for searched in places:
        found = find(one, read_from(searched, settings))
        if found and not _is_before(found, one):
            break
    else:
        raise CheckFailed(f"{one}: nothing of this id in {' and '.join(places)}; it may be older than what is kept")
    entries = entries or (place if place and is_file(place) else ENTRIES)
    explanation = _explained(found, entries, settings)
    if as_json:
        say_json({"id": one, "title": explanation.title, "parts": dict(explanation.parts)})
        return
    for line in lines_of(explanation):
        click.echo(inert(line))


def find(one: str, records: Iterator[StoredRecord]) -> list[Verdict] | Event | Alert | None:
    """The first verdict of this id and its corrections, in order, else an event or an alert without a connection.

    The alert about a connection brings its verdict along.
    """
    first, needle = first_id(one), first_id(one).encode()
    history: dict[EventId, Verdict] = {}
    other: Event | Alert | None = None
    for record in (_decoded(record) for record in records if needle in record.value):
        verdict = record.connection if isinstance(record, Alert) else record
        if isinstance(verdict, Verdict) and first_id(verdict.id) == first:
            history[verdict.id] = verdict
        elif isinstance(record, Event | Alert) and record.id == one:
            other = record
    return [history[key] for key in sorted(history, key=lambda key: (len(key), key))] or other


def _is_before(found: list[Verdict] | Event | Alert, one: str) -> bool:
    """Whether a correction was asked for, and only what it would correct was found."""
    return isinstance(found, list) and one not in {verdict.id for verdict in found} and one != first_id(one)


def _explained(found: list[Verdict] | Event | Alert, place: str, settings: Settings) -> Explanation:
    if isinstance(found, Event):
        return explain_event(found)
    if isinstance(found, Alert):
        return explain_alert(found)
    entries = _entries(frozenset(found[-1].evidence), place, settings)
    if is_file(place) and not entries:
        click.echo(f"sk2siem: {place} has no entry that this rests on; --entries says where they are", err=True)
    return explain(found, entries, policy_here=_policy_here(settings))


def _entries(wanted: frozenset[EventId], place: str, settings: Settings) -> Mapping[EventId, Entry]:
    """Those that can still be read; without them the explanation is shorter, and says so."""
    found: dict[EventId, Entry] = {}
    needles = [one.encode() for one in wanted]
    try:
        for record in read_from(place, settings):
            if any(needle in record.value for needle in needles):
                entry = _decoded(record)
                if isinstance(entry, Entry) and entry.id in wanted:
                    found[entry.id] = entry
            if len(found) == len(wanted):
                break
    except (ConfigError, Unavailable) as error:
        click.echo(f"sk2siem: the entries cannot be read: {error}", err=True)
    return found


def _policy_here(settings: Settings) -> str | None:
    from enricher.catalogue import load_catalogue
    from enricher.policy_file import load_policy

    try:
        return load_policy(settings.enricher.policy, load_catalogue(settings.enricher.ports)).hash
    except ConfigError:
        return None


def _decoded(record: StoredRecord) -> AnyRecord | None:
    try:
        return decode(record.type, record.value)
    except CodecError:
        return None
