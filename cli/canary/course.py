"""How far the canary's connection has come: the records that tell of it, and when each was there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cli.canary.connection import Opened
from runtime.record import Partition, StoredRecord
from schemas.codec import CodecError, decode
from schemas.records import Alert, DetailType, Entry, Event, Verdict

JOURNAL, BROKER, HANDSHAKE, VERDICT = "journal", "broker", "handshake", "verdict"
HANDSHAKES = frozenset({DetailType.SECURE, DetailType.FAILED_SECURE})


@dataclass(frozen=True, slots=True)
class Hop:
    """One station. `at` is the time that it was reached, by the clock of who tells."""

    name: str
    at: datetime
    detail: str


@dataclass(slots=True)
class Course:
    """Fed with records in any order; `needed` are the stations that have to be reached."""

    system: str
    port: int
    opened: Opened
    needed: Sequence[str]
    hops: dict[str, Hop] = field(default_factory=dict)
    entry: Entry | None = None
    verdict: Verdict | Event | None = None
    where: tuple[Partition, int] | None = None
    alerted: bool = False
    _waiting: list[StoredRecord] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        return [name for name in self.needed if name not in self.hops]

    def take(self, record: StoredRecord) -> None:
        """What comes before its entry is looked at again when that is there."""
        if self.entry is None and record.type != Entry.type:
            self._waiting.append(record)
            return
        try:
            self._note(decode(record.type, record.value), record)
        except CodecError:
            return
        if self.entry is not None:
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                self.take(one)

    def reach(self, sink: str, detail: str) -> None:
        """A SIEM said that it has it, as of now."""
        self.hops.setdefault(sink, Hop(sink, datetime.now(UTC), detail))

    def _note(self, told: object, record: StoredRecord) -> None:
        if isinstance(told, Entry):
            self._note_entry(told, record)
        elif isinstance(told, Verdict | Event) and self.verdict is None and self._is_ours(told.id):
            self.verdict = told
            self.where = record.partition, record.offset
            words = f"{told.verdict} ({told.reason})" if isinstance(told, Verdict) else f"event ({told.reason})"
            self.hops[VERDICT] = Hop(VERDICT, _time(record), words)
        elif isinstance(told, Alert) and self._is_ours(told.id):
            self.alerted = True

    def _note_entry(self, entry: Entry, record: StoredRecord) -> None:
        ends = entry.system, entry.local_port, entry.remote_port
        if ends != (self.system, self.port, self.opened.port):
            return
        if entry.detail_type is DetailType.ACCEPT and self.entry is None:
            self.entry = entry
            where = f"{entry.receiver_library}/{entry.receiver} {entry.sequence}, from {entry.remote_address}"
            self.hops[JOURNAL] = Hop(JOURNAL, entry.time, where)
            place = f"{record.partition.topic} {record.partition.number}/{record.offset}"
            self.hops[BROKER] = Hop(BROKER, _time(record), place)
        elif entry.detail_type in HANDSHAKES:
            words = entry.secure_version or "no protocol"
            said = words if entry.detail_type is DetailType.SECURE else f"failed: {words}"
            self.hops.setdefault(HANDSHAKE, Hop(HANDSHAKE, _time(record), said))

    def _is_ours(self, one: str) -> bool:
        return self.entry is not None and one == self.entry.id


def as_document(course: Course, host: str) -> Mapping[str, object]:
    """For machines: one object."""
    verdict = course.verdict
    return {
        "system": course.system,
        "host": host,
        "port": course.port,
        "from": {"address": course.opened.address, "port": course.opened.port},
        "opened": course.opened.at,
        "tls": course.opened.tls,
        "arrived": not course.missing,
        "missing": course.missing,
        "id": course.entry.id if course.entry else None,
        "verdict": verdict.verdict if isinstance(verdict, Verdict) else None,
        "reason": verdict.reason if verdict else None,
        "alerted": course.alerted,
        "hops": [
            {"hop": hop.name, "at": hop.at, "seconds": seconds_of(hop, course), "detail": hop.detail}
            for hop in course.hops.values()
        ],
    }


def seconds_of(hop: Hop, course: Course) -> float:
    """Since the connection was opened, by this machine's clock."""
    return round((hop.at - course.opened.at).total_seconds(), 3)


def _time(record: StoredRecord) -> datetime:
    """When the broker took it."""
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
