"""Writes the names of a batch's addresses into its verdicts, and into the alerts about them."""

from collections.abc import Mapping, Sequence

from enricher.names import Name, ReverseResolver
from schemas.records import Alert, Endpoint, Event, Status, Verdict, changed

Published = Verdict | Event | Status | Alert


def with_names(records: Sequence[Published], resolver: ReverseResolver | None) -> Sequence[Published]:
    """The same records in the same order; the resolver is asked once, and only where there is something to ask."""
    if resolver is None:
        return records
    verdicts = [verdict for record in records if (verdict := _connection(record)) is not None]
    addresses = {verdict.source.address for verdict in verdicts} | {verdict.destination.address for verdict in verdicts}
    known = frozenset(address for address in addresses if address is not None)
    if not known:
        return records
    names = resolver.resolve(known)
    # a verdict and the alert about it share one object, and so does what becomes of it
    named = {id(verdict): _named(verdict, names) for verdict in {id(one): one for one in verdicts}.values()}
    return [_with(record, named) for record in records]


def _connection(record: Published) -> Verdict | None:
    if isinstance(record, Alert):
        return record.connection
    return record if isinstance(record, Verdict) else None


def _named(verdict: Verdict, names: Mapping[str, Name]) -> Verdict:
    return changed(verdict, source=_end(verdict.source, names), destination=_end(verdict.destination, names))


def _end(end: Endpoint, names: Mapping[str, Name]) -> Endpoint:
    name = names.get(end.address) if end.address is not None else None
    return Endpoint(end.address, end.port, name.text, name.status) if name else end


def _with(record: Published, named: Mapping[int, Verdict]) -> Published:
    if isinstance(record, Verdict):
        return named[id(record)]
    if isinstance(record, Alert) and record.connection is not None:
        return changed(record, connection=named[id(record.connection)])
    return record
