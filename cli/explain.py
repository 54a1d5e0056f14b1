"""`sk2siem explain`: one verdict in sentences."""

import os
from collections.abc import Iterator, Mapping

import click

from cli.records import is_file, read_from
from cli.settings import Settings, load
from cli.terminal import inert
from enricher.explain import Explanation, explain
from runtime.errors import CheckFailed, ConfigError, Unavailable
from runtime.record import StoredRecord
from schemas.codec import CodecError, decode
from schemas.ids import first_id
from schemas.records import Alert, AnyRecord, Entry, EventId, Verdict
from schemas.topics import ENTRIES, VERDICTS


@click.command("explain")
@click.argument("one", metavar="ID")
@click.option(
    "--from",
    "place",
    metavar="TOPIC|FILE",
    default=VERDICTS,
    show_default=True,
    help="Where the verdict is: a topic of the broker, or a file with a record on each line.",
)
@click.option(
    "--entries",
    metavar="TOPIC|FILE",
    help="Where the entries are that it rests on; not set: the topic sk.entries, or the file of --from.",
)
def command(one: str, place: str, entries: str | None) -> None:
    """Say in sentences why the verdict or alert ID is what it is, and what to do about it.

    \b
    Example:
      sk2siem explain 20261122T021500123456-PROD1-AUDRCV0001-00000000000000184467
    """
    settings = load(os.environ)
    history = find_verdicts(one, read_from(place, settings))
    if not history:
        raise CheckFailed(f"{one}: no verdict of this id in {place}; it may be older than what is kept there")
    wanted = frozenset(history[-1].evidence)
    found = _entries(wanted, entries or (place if is_file(place) else ENTRIES), settings)
    for line in lines_of(explain(history, found, policy_here=_policy_here(settings))):
        click.echo(inert(line))


def find_verdicts(one: str, records: Iterator[StoredRecord]) -> list[Verdict]:
    """The first verdict of this id and its corrections, in order; an alert brings its connection along."""
    first = first_id(one)
    found: dict[EventId, Verdict] = {}
    needle = first.encode()
    for record in records:
        if needle in record.value and (verdict := _verdict(_decoded(record))) and first_id(verdict.id) == first:
            found[verdict.id] = verdict
    return [found[key] for key in sorted(found, key=lambda key: (len(key), key))]


def lines_of(explanation: Explanation) -> Iterator[str]:
    yield explanation.title
    for heading, sentences in explanation.parts:
        yield ""
        yield heading
        yield from (f"  {sentence}" for sentence in sentences)


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


def _verdict(record: AnyRecord | None) -> Verdict | None:
    if isinstance(record, Alert):
        return record.connection
    return record if isinstance(record, Verdict) else None


def _decoded(record: StoredRecord) -> AnyRecord | None:
    try:
        return decode(record.type, record.value)
    except CodecError:
        return None
