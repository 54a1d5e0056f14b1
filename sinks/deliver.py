"""The one stage of every sink worker: decode, hand over to the sink, map its answer back to records."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from runtime.errors import Unavailable
from runtime.flow import Expired, Forgetful, Outcome, Reason, Rejection
from runtime.logs import log
from runtime.metrics import Metrics
from runtime.record import Partition, StoredRecord
from schemas.codec import CodecError, decode, encode
from schemas.records import Alert, Event, Status, Verdict
from sinks.forward import EVERYTHING, Forward
from sinks.loss import expired_alert
from sinks.sink import Forwarded, Parcel, Sink

CORRUPT = "corrupt-record"
FORWARDED = Verdict, Event, Status, Alert


class Deliver(Forgetful):
    """Forwards verdicts, events, statuses and alerts, as far as `forward` takes them; anything else is corrupt.

    As a `Memory` it remembers nothing but what expired unread, until the SIEM has been told.
    """

    def __init__(
        self,
        sink: Sink,
        metrics: Metrics,
        forward: Forward = EVERYTHING,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sink = sink
        self._metrics = metrics
        self._takes = None if forward.takes_everything else forward.takes
        self._clock = clock
        self._expired: dict[Partition, Expired] = {}

    def expired(self, expired: Expired) -> None:
        """See `Memory`."""
        self._expired[expired.partition] = expired

    def forget(self, partition: Partition) -> None:
        """See `Memory`."""
        self._expired.pop(partition, None)

    def process(self, items: Sequence[StoredRecord]) -> Outcome[StoredRecord]:
        self._tell_expired(items)
        opening = Opening(items, self._takes)
        outcome = self._sink.send(opening.parcels())
        assert opening.is_through, "the sink settled a batch that it did not look at"
        self._time(opening.live, outcome)
        for kind, count in opening.left_out.items():
            self._metrics.not_forwarded(kind, count)
        return replace(outcome, rejected=[*opening.corrupt, *outcome.rejected])

    def _tell_expired(self, items: Sequence[StoredRecord]) -> None:
        """Before the first record behind them, so that no offset is stored without it. Raises Unavailable.

        Straight to the SIEM that lacks them, past any filter: the topic is the enricher's alone to write, and no other
        sink has lost anything.
        """
        for record in items if self._expired else ():
            expired = self._expired.get(record.partition)
            opened = _open(record) if expired else None
            if expired is None or not isinstance(opened, Parcel):
                continue
            content = opened.content
            alert = expired_alert(expired, self._metrics.service, system=content.system, time=content.time)
            outcome = self._sink.send([_parcel(alert, expired)])
            if outcome.deferred:
                raise Unavailable(outcome.why or "the SIEM takes nothing", retry_after=outcome.retry_after)
            for rejection in outcome.rejected:
                log.error("the SIEM refused to be told that records expired", why=rejection.reason.message)
            del self._expired[expired.partition]

    def _time(self, live: Sequence[tuple[StoredRecord, datetime]], outcome: Outcome[StoredRecord]) -> None:
        """How long what was accepted has been under way."""
        unsettled = {id(record) for record in outcome.deferred}
        unsettled.update(id(rejection.item) for rejection in outcome.rejected)
        now = self._clock()
        for record, time_of in live:
            if id(record) not in unsettled:
                self._metrics.end_to_end_seconds.observe(max(0.0, now - time_of.timestamp()))


class Opening:
    """One batch on its way to a sink: what was found of it while its records were decoded one by one.

    `live` are those whose time tells how long the way was, `left_out` counts what the filter keeps back, by type.
    """

    def __init__(self, items: Sequence[StoredRecord], takes: Callable[[Forwarded], bool] | None) -> None:
        self._items = items
        self._takes = takes
        self.corrupt: list[Rejection[StoredRecord]] = []
        self.live: list[tuple[StoredRecord, datetime]] = []
        self.left_out: Counter[str] = Counter()
        self.is_through = False

    def parcels(self) -> Iterator[Parcel]:
        """What the sink is to have."""
        for record in self._items:
            opened = _open(record)
            if not isinstance(opened, Parcel):
                self.corrupt.append(Rejection(record, opened))
            elif self._takes is None or self._takes(opened.content):
                if _is_live(opened.content):
                    self.live.append((record, opened.content.time))
                yield opened
            else:
                self.left_out[opened.content.type] += 1
        self.is_through = True


def _parcel(alert: Alert, expired: Expired) -> Parcel:
    """At a place that no record of a topic has: a sink may remember by it what was acknowledged."""
    place = Partition(f"expired of {expired.partition.topic}", expired.partition.number)
    return Parcel(StoredRecord(place, expired.until, b"", encode(alert), alert.type), alert)


def _open(record: StoredRecord) -> Parcel | Reason:
    try:
        content = decode(record.type, record.value)
    except CodecError as error:
        return Reason(CORRUPT, str(error))
    if isinstance(content, FORWARDED):
        return Parcel(record, content)
    return Reason(CORRUPT, f"a record of type {record.type!r} does not belong on this topic")


def _is_live(content: Forwarded) -> bool:
    """Whether its time tells how long the way was: not for what was read late, nor for corrections, which come late."""
    match content:
        case Verdict():
            return not content.backfill and content.supersedes is None
        case Alert():
            return content.connection is not None and _is_live(content.connection)
        case Event():
            return not content.entry.backfill
        case Status():
            return True
