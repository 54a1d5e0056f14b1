"""The one stage of every sink worker: decode, hand over to the sink, map its answer back to records."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

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
        parcels: list[Parcel] = []
        corrupt: list[Rejection[StoredRecord]] = []
        for record in items:
            opened = _open(record)
            if isinstance(opened, Parcel):
                parcels.append(opened)
            else:
                corrupt.append(Rejection(record, opened))
        wanted = parcels if self._takes is None else [parcel for parcel in parcels if self._takes(parcel.content)]
        self._tell_expired(parcels)
        outcome = self._send(wanted)
        if len(wanted) < len(parcels):
            self._count_not_forwarded(parcels, wanted)
        rejected = [Rejection(rejection.item.record, rejection.reason) for rejection in outcome.rejected]
        return Outcome(
            rejected=[*corrupt, *rejected],
            deferred=[parcel.record for parcel in outcome.deferred],
            retry_after=outcome.retry_after,
            why=outcome.why,
        )

    def _tell_expired(self, parcels: Sequence[Parcel]) -> None:
        """Before the first record behind them, so that no offset is stored without it. Raises Unavailable.

        Straight to the SIEM that lacks them, past any filter: the topic is the enricher's alone to write, and no other
        sink has lost anything.
        """
        for parcel in parcels if self._expired else ():
            expired = self._expired.get(parcel.record.partition)
            if expired is None:
                continue
            content = parcel.content
            alert = expired_alert(expired, self._metrics.service, system=content.system, time=content.time)
            outcome = self._sink.send([_parcel(alert, expired)])
            if outcome.deferred:
                raise Unavailable(outcome.why or "the SIEM takes nothing", retry_after=outcome.retry_after)
            for rejection in outcome.rejected:
                log.error("the SIEM refused to be told that records expired", why=rejection.reason.message)
            del self._expired[expired.partition]

    def _send(self, parcels: Sequence[Parcel]) -> Outcome[Parcel]:
        if not parcels:
            return Outcome()
        outcome = self._sink.send(parcels)
        self._time(_accepted(parcels, outcome))
        return outcome

    def _count_not_forwarded(self, parcels: Sequence[Parcel], wanted: Sequence[Parcel]) -> None:
        """Called once the others are sent: a batch that is held as a whole comes again and is counted then."""
        left_out = Counter(parcel.content.type for parcel in parcels)
        left_out.subtract(parcel.content.type for parcel in wanted)
        for kind, count in left_out.items():
            self._metrics.not_forwarded(kind, count)

    def _time(self, accepted: Iterable[Parcel]) -> None:
        now = self._clock()
        for _, content in accepted:
            if _is_live(content):
                self._metrics.end_to_end_seconds.observe(max(0.0, now - content.time.timestamp()))


def _parcel(alert: Alert, expired: Expired) -> Parcel:
    """At a place that no record of a topic has: a sink may remember by it what was acknowledged."""
    place = Partition(f"expired of {expired.partition.topic}", expired.partition.number)
    return Parcel(StoredRecord(place, expired.until, b"", encode(alert), alert.type), alert)


def _open(record: StoredRecord) -> Parcel | Reason:
    try:
        content = decode(record.type, record.value)
    except CodecError as error:
        return Reason(CORRUPT, str(error))
    if isinstance(content, Forwarded):
        return Parcel(record, content)
    return Reason(CORRUPT, f"a record of type {record.type!r} does not belong on this topic")


def _accepted(parcels: Sequence[Parcel], outcome: Outcome[Parcel]) -> Sequence[Parcel]:
    unsettled = {id(parcel) for parcel in outcome.deferred}
    unsettled.update(id(rejection.item) for rejection in outcome.rejected)
    return [parcel for parcel in parcels if id(parcel) not in unsettled] if unsettled else parcels


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
