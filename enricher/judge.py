"""The stage of the enricher: records of `sk.entries` in, verdicts, events, status and alerts out."""

from collections import Counter
from collections.abc import Sequence

from enricher.alert import alert_about, gap_alert
from enricher.catalogue import Catalogue
from enricher.loss import loss_alert
from enricher.policy import Policy
from enricher.status import StatusClock
from enricher.verdict import judge, match_port
from runtime.flow import Outcome, Reason, Rejection
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import CodecError, decode, encode
from schemas.records import Alert, Audit, Entry, Event, Gap, Progress, Status, Verdict
from schemas.topics import ALERTS, VERDICTS, partition_of

READS = frozenset({Entry.type, Progress.type, Audit.type, Gap.type})
UNKNOWN_TYPE = Reason("unknown-type", "the header `type` names no record that this topic carries")
QUOTES = frozenset("'\"")
LONGEST_MESSAGE = 200

Counts = Counter[tuple[str, str]]


class Judge:
    """Implements `Stage` and `Memory`. Progress, audit and gap records come to every partition; only the copy on the
    partition of the system's own hash raises a status or an alert.
    """

    def __init__(self, catalogue: Catalogue, policy: Policy, *, metrics: Metrics | None = None) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._metrics = metrics
        self._clock = StatusClock()

    def process(self, items: Sequence[StoredRecord]) -> Outcome[StoredRecord]:
        """Settle each record: judged, or rejected because it cannot be read. Nothing is ever deferred."""
        outputs: list[Record] = []
        rejected: list[Rejection[StoredRecord]] = []
        counts: Counts = Counter()
        for item in items:
            if item.type not in READS:
                rejected.append(Rejection(item, UNKNOWN_TYPE))
                continue
            try:
                outputs += self._settle(item, counts)
            except CodecError as error:
                rejected.append(Rejection(item, _corrupt(item.type, error)))
        self._count(counts)
        return Outcome(outputs, rejected)

    def rebuild(self, partition: Partition, records: Sequence[StoredRecord]) -> None:
        """See `Memory`. Only progress records are remembered; one that cannot be read was rejected in its time."""
        self.forget(partition)
        for record in records:
            if record.type == Progress.type:
                self.process([record])

    def forget(self, partition: Partition) -> None:
        """See `Memory`."""
        self._clock.forget(partition)

    def needed_from(self, partition: Partition) -> Offset | None:
        """See `Memory`."""
        return self._clock.needed_from(partition)

    def _count(self, counts: Counts) -> None:
        if self._metrics:
            for (verdict, reason), count in counts.items():
                self._metrics.verdicts(verdict, reason, count)

    def _settle(self, item: StoredRecord, counts: Counts) -> list[Record]:
        record = decode(item.type, item.value)
        if isinstance(record, Entry):
            return self._judge(record, item, counts)
        if isinstance(record, Progress):
            return self._follow(record, item)
        if isinstance(record, Gap) and _is_home(record, item):
            return _outputs(item, gap_alert(record, self._policy))
        return []

    def _judge(self, entry: Entry, item: StoredRecord, counts: Counts) -> list[Record]:
        match = match_port(entry, self._catalogue)
        verdict = judge(entry, match, self._catalogue, policy=self._policy)
        if isinstance(verdict, Event):
            return _outputs(item, verdict)
        counts[verdict.verdict, verdict.reason] += 1
        return _outputs(item, verdict, alert_about(verdict, match, self._policy))

    def _follow(self, progress: Progress, item: StoredRecord) -> list[Record]:
        self._clock.pass_by(item)
        if not _is_home(progress, item):
            return []
        return _outputs(item, self._clock.status(progress, item), loss_alert(progress))


def _is_home(record: Progress | Gap, item: StoredRecord) -> bool:
    """By the count that the producer spreads over, not the topic's present one: partitions may have been added."""
    return partition_of(record.system.encode(), record.partitions) == item.partition.number


def _outputs(item: StoredRecord, *records: Verdict | Event | Status | Alert | None) -> list[Record]:
    return [
        Record(
            ALERTS if record.type == Alert.type else VERDICTS,
            item.key,
            encode(record),
            record.type,
            item.partition.number,
        )
        for record in records
        if record is not None
    ]


def _corrupt(kind: str, error: CodecError) -> Reason:
    """The codec's text without the value that it may quote: a reason holds no payload."""
    place, _, what = str(error).partition(": ")
    problem = "not a valid value" if QUOTES & set(what) else what
    return Reason("corrupt-record", f"{kind}: {place}: {problem}"[:LONGEST_MESSAGE])
