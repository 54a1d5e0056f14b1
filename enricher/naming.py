"""Writes the names of a batch's addresses into its verdicts, and into the alerts about them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

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
    verdicts = [_verdict_in(record) for record in records]
    addresses = _addresses(verdicts) if resolver is not None else set()
    if resolver is None or not addresses:
        yield from enumerate(records)
        return
    known = resolver.known(addresses)
    unknown = addresses - known.keys()
    waiting: list[int] = []
    write = _writer(known)
    for place, verdict in enumerate(verdicts):
        if verdict is None:
            yield place, records[place]
        elif verdict.source.address in unknown or verdict.destination.address in unknown:
            waiting.append(place)
        else:
            yield place, write(records[place], verdict)
    write = _writer(resolver.resolve(addresses))
    for place in waiting:
        yield place, write(records[place], cast(Verdict, verdicts[place]))


def _verdict_in(record: Published) -> Verdict | None:
    if isinstance(record, Verdict):
        return record
    return record.connection if isinstance(record, Alert) else None


def _addresses(verdicts: Iterable[Verdict | None]) -> set[str]:
    ends = [end.address for verdict in verdicts if verdict for end in (verdict.source, verdict.destination)]
    return {address for address in ends if address is not None}


def _writer(names: Mapping[str, Name]) -> Callable[[Published, Verdict], Published]:
    """What writes names into a record about a verdict. The alert about one comes right behind it: the two share one
    object, and so does what becomes of it."""
    before: Verdict | None = None
    named: Verdict | None = None

    def write(record: Published, verdict: Verdict) -> Published:
        nonlocal before, named
        if named is None or verdict is not before:
            before, named = verdict, _named(verdict, names)
        return changed(record, connection=named) if isinstance(record, Alert) else named

    return write


def _named(verdict: Verdict, names: Mapping[str, Name]) -> Verdict:
    source, destination = verdict.source, verdict.destination
    by, to = names.get(source.address or ""), names.get(destination.address or "")
    return changed(
        verdict,
        source=Endpoint(source.address, source.port, by.text, by.status) if by else source,
        destination=Endpoint(destination.address, destination.port, to.text, to.status) if to else destination,
    )
