"""Writes the names of a batch's addresses into its verdicts, and into the alerts about them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from enricher.names import Name, ReverseResolver
from schemas.records import Alert, Endpoint, Event, Status, Verdict, changed

Published = Verdict | Event | Status | Alert


def with_names(records: Sequence[Published], resolver: ReverseResolver | None) -> Sequence[Published]:
    """The same records in the same order; the resolver is asked once, and only where there is something to ask."""
    named = list(records)
    for place, record in as_names_come(records, resolver):
        named[place] = record
    return named


def as_names_come(records: Sequence[Published], resolver: ReverseResolver | None) -> Iterator[tuple[int, Published]]:
    """Each record with its place, those first that need no waiting: there is enough to do with them meanwhile."""
    addresses = _addresses(records) if resolver is not None else set()
    if resolver is None or not addresses:
        yield from enumerate(records)
        return
    known = resolver.known(addresses)
    waiting: list[tuple[int, Published]] = []
    yield from _written(_ready(enumerate(records), known, waiting), known)
    yield from _written(waiting, resolver.resolve(addresses))


def _addresses(records: Sequence[Published]) -> set[str]:
    verdicts = [verdict for record in records if (verdict := _verdict_in(record)) is not None]
    ends = {verdict.source.address for verdict in verdicts} | {verdict.destination.address for verdict in verdicts}
    return {address for address in ends if address is not None}


def _verdict_in(record: Published) -> Verdict | None:
    if isinstance(record, Verdict):
        return record
    return record.connection if isinstance(record, Alert) else None


def _ready(
    records: Iterable[tuple[int, Published]], known: Mapping[str, Name], waiting: list[tuple[int, Published]]
) -> Iterator[tuple[int, Published]]:
    """Those whose names are known; the others are put into `waiting`."""
    for place, record in records:
        verdict = _verdict_in(record)
        if verdict is None or (_is_in(known, verdict.source) and _is_in(known, verdict.destination)):
            yield place, record
        else:
            waiting.append((place, record))


def _is_in(known: Mapping[str, Name], end: Endpoint) -> bool:
    return end.address is None or end.address in known


def _written(records: Iterable[tuple[int, Published]], names: Mapping[str, Name]) -> Iterator[tuple[int, Published]]:
    """The alert about a verdict comes right behind it; the two share one object, and so does what becomes of it."""
    before: Verdict | None = None
    named: Verdict | None = None
    for place, record in records:
        verdict = _verdict_in(record)
        if verdict is None:
            yield place, record
            continue
        if named is None or verdict is not before:
            before, named = verdict, _named(verdict, names)
        yield place, changed(record, connection=named) if isinstance(record, Alert) else named


def _named(verdict: Verdict, names: Mapping[str, Name]) -> Verdict:
    source, destination = verdict.source, verdict.destination
    by, to = names.get(source.address or ""), names.get(destination.address or "")
    return changed(
        verdict,
        source=Endpoint(source.address, source.port, by.text, by.status) if by else source,
        destination=Endpoint(destination.address, destination.port, to.text, to.status) if to else destination,
    )
