"""Writes the names of a batch's addresses into its verdicts, and into the alerts about them."""

from collections.abc import Mapping, Sequence

from enricher.names import Name, ReverseResolver
from schemas.records import Alert, Endpoint, Event, Status, Verdict, changed

Published = Verdict | Event | Status | Alert


def with_names(records: Sequence[Published], resolver: ReverseResolver | None) -> Sequence[Published]:
    """The same records in the same order; the resolver is asked once, and only where there is something to ask."""
    if resolver is None:
        return records
    # a verdict and the alert about it share one object, and so does what becomes of it
    verdicts = {id(verdict): verdict for record in records if (verdict := _connection(record)) is not None}
    ends = [end for verdict in verdicts.values() for end in (verdict.source.address, verdict.destination.address)]
    known = {address for address in ends if address is not None}
    if not known:
        return records
    names = resolver.resolve(known)
    named = {key: _named(verdict, names) for key, verdict in verdicts.items()}
    return [_with(record, named) for record in records]


def _connection(record: Published) -> Verdict | None:
    if isinstance(record, Verdict):
        return record
    return record.connection if isinstance(record, Alert) else None


def _named(verdict: Verdict, names: Mapping[str, Name]) -> Verdict:
    source, destination = verdict.source, verdict.destination
    by, to = names.get(source.address or ""), names.get(destination.address or "")
    return changed(
        verdict,
        source=Endpoint(source.address, source.port, by.text, by.status) if by else source,
        destination=Endpoint(destination.address, destination.port, to.text, to.status) if to else destination,
    )


def _with(record: Published, named: Mapping[int, Verdict]) -> Published:
    if isinstance(record, Verdict):
        return named[id(record)]
    if isinstance(record, Alert) and record.connection is not None:
        return changed(record, connection=named[id(record.connection)])
    return record
