"""Writes the names of a batch's addresses into its verdicts, and into the alerts about them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from enricher.names import Name, ReverseResolver
from schemas.records import Alert, Endpoint, Event, Status, Verdict

Published = Verdict | Event | Status | Alert


def with_names(records: Sequence[Published], resolver: ReverseResolver | None) -> Sequence[Published]:
    """The same records in the same order; the resolver is asked once, and only where there is something to ask."""
    addresses = frozenset(_addresses(records)) if resolver else frozenset()
    if resolver is None or not addresses:
        return records
    names = resolver.resolve(addresses)
    return [_named(record, names) for record in records]


def _addresses(records: Iterable[Published]) -> Iterator[str]:
    for record in records:
        if (verdict := _connection(record)) is not None:
            yield from (end.address for end in (verdict.source, verdict.destination) if end.address is not None)


def _connection(record: Published) -> Verdict | None:
    if isinstance(record, Alert):
        return record.connection
    return record if isinstance(record, Verdict) else None


def _named(record: Published, names: Mapping[str, Name]) -> Published:
    if isinstance(record, Alert) and record.connection is not None:
        return replace(record, connection=_verdict(record.connection, names))
    return _verdict(record, names) if isinstance(record, Verdict) else record


def _verdict(verdict: Verdict, names: Mapping[str, Name]) -> Verdict:
    return replace(verdict, source=_end(verdict.source, names), destination=_end(verdict.destination, names))


def _end(end: Endpoint, names: Mapping[str, Name]) -> Endpoint:
    name = names.get(end.address) if end.address is not None else None
    return Endpoint(end.address, end.port, name.text, name.status) if name else end
