"""Status of each system every five minutes of journal time, exactly once, although workers come and go."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runtime.record import Offset, Partition, StoredRecord
from schemas.records import EventId, Progress, Status

EVERY_SECONDS = 300
REACH = 100_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Last:
    """The newest five minutes that a system's progress reached, and the newest record that says so."""

    bucket: int
    offset: Offset


class StatusClock:
    """What was last said of each system, per partition. It can be rebuilt from the record at `needed_from` on.

    A system that is final, or was silent for REACH records, is forgotten, so that a rebuild never has to read days of
    records because of it; if it comes back within the same five minutes, its status is said twice, with the same id.
    """

    def __init__(self) -> None:
        self._last: dict[Partition, dict[str, Last]] = {}

    def status(self, progress: Progress, record: StoredRecord) -> Status | None:
        """The status to publish on this record; None where it was already published for these five minutes."""
        systems = self._last.setdefault(record.partition, {})
        bucket = (progress.time - EPOCH) // timedelta(seconds=EVERY_SECONDS)
        last = systems.get(progress.system)
        is_new = last is None or bucket > last.bucket
        if last is None or bucket >= last.bucket:
            systems[progress.system] = Last(bucket, record.offset)
        if progress.final:
            systems.pop(progress.system, None)
        return _status(progress, bucket, record.timestamp_ms) if is_new or progress.final else None

    def pass_by(self, record: StoredRecord) -> None:
        """Another progress record went by: forget who was silent for too long."""
        systems = self._last.get(record.partition, {})
        for system in [name for name, last in systems.items() if record.offset - last.offset > REACH]:
            del systems[system]

    def forget(self, partition: Partition) -> None:
        self._last.pop(partition, None)

    def needed_from(self, partition: Partition) -> Offset | None:
        return min((last.offset for last in self._last.get(partition, {}).values()), default=None)


def status_id(system: str, bucket: int, *, final: bool) -> EventId:
    """From the five minutes of journal time: `20261122T021500000000-PROD1.status`. A last one is `.final`."""
    start = EPOCH + timedelta(seconds=bucket * EVERY_SECONDS)
    return EventId(f"{start:%Y%m%dT%H%M%S%f}-{system}.{'final' if final else 'status'}")


def _status(progress: Progress, bucket: int, timestamp_ms: int) -> Status:
    """Its time is the broker's for the progress record, not the clock of this machine: a replay says the same."""
    time = EPOCH + timedelta(milliseconds=timestamp_ms)
    return Status(
        id=status_id(progress.system, bucket, final=progress.final),
        system=progress.system,
        time=time,
        progress=progress.time,
        at_end=progress.at_end,
        audit_levels=progress.audit_levels,
        lag_entries=progress.lag_entries,
        lag_seconds=max(0.0, (time - progress.time).total_seconds()),
        final=progress.final,
        audit_levels_asserted=progress.audit_levels_asserted,
    )
