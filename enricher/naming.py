"""Writes the names of a batch's addresses into its verdicts, and into the alerts about them."""

from collections.abc import Iterator, Mapping, Sequence

from enricher.names import Name, ReverseResolver
from schemas.records import Alert, Endpoint, Event, Status, Verdict, changed

Published = Verdict | Event | Status | Alert


def with_names(records: Sequence[Published], resolver: ReverseResolver | None) -> Sequence[Published]:
    """The same records in the same order; the resolver is asked once, and only where there is something to ask."""
    if resolver is None:
        return records
    verdicts = [verdict for record in records if (verdict := _verdict_in(record)) is not None]
    addresses = {verdict.source.address for verdict in verdicts} | {verdict.destination.address for verdict in verdicts}
    known = {address for address in addresses if address is not None}
    return list(_written(records, resolver.resolve(known))) if known else records


def _verdict_in(record: Published) -> Verdict | None:
    if isinstance(record, Verdict):
        return record
    return record.connection if isinstance(record, Alert) else None


def _written(records: Sequence[Published], names: Mapping[str, Name]) -> Iterator[Published]:
    """The alert about a verdict comes right behind it; the two share one object, and so does what becomes of it."""
    before: Verdict | None = None
    named: Verdict | None = None
    for record in records:
        verdict = _verdict_in(record)
        if verdict is None:
            yield record
            continue
        if named is None or verdict is not before:
            before, named = verdict, _named(verdict, names)
        yield changed(record, connection=named) if isinstance(record, Alert) else named


def _named(verdict: Verdict, names: Mapping[str, Name]) -> Verdict:
    source, destination = verdict.source, verdict.destination
    by, to = names.get(source.address or ""), names.get(destination.address or "")
    return changed(
        verdict,
        source=Endpoint(source.address, source.port, by.text, by.status) if by else source,
        destination=Endpoint(destination.address, destination.port, to.text, to.status) if to else destination,
    )
