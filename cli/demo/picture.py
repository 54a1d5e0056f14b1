"""What the demo has seen so far: connections with their newest verdict, alerts, and whether the journal has ended."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from runtime.record import StoredRecord
from schemas.codec import decode_as
from schemas.records import Alert, EventId, Progress, Verdict, VerdictKind
from schemas.topics import ENTRIES, VERDICTS

NEWEST = 6


@dataclass(slots=True)
class Picture:
    """Counts are of records; a correction replaces the verdict that it supersedes, as it does in the SIEM."""

    entries: int = 0
    alerts: int = 0
    corrections: int = 0
    final: bool = False
    newest: deque[Alert] = field(default_factory=lambda: deque(maxlen=NEWEST))
    connections: dict[EventId, Verdict] = field(default_factory=dict)

    def add(self, records: Iterable[StoredRecord]) -> None:
        for record in records:
            if record.partition.topic == ENTRIES:
                self._add_entry(record)
            elif record.partition.topic == VERDICTS:
                self._add_verdict(record)
            else:
                self._add_alert(record)

    def count(self, kind: VerdictKind) -> int:
        return sum(verdict.verdict == kind for verdict in self.connections.values())

    def reasons(self) -> Counter[tuple[VerdictKind, str]]:
        return Counter((verdict.verdict, verdict.reason) for verdict in self.connections.values())

    def _add_entry(self, record: StoredRecord) -> None:
        if record.type == "entry":
            self.entries += 1
        elif record.type == Progress.type:
            self.final = self.final or decode_as(Progress, record.value).final

    def _add_verdict(self, record: StoredRecord) -> None:
        if record.type != Verdict.type:
            return
        verdict = decode_as(Verdict, record.value)
        if verdict.supersedes is not None:
            self.corrections += 1
            self.connections.pop(verdict.supersedes, None)
        self.connections[verdict.id] = verdict

    def _add_alert(self, record: StoredRecord) -> None:
        self.alerts += 1
        self.newest.appendleft(decode_as(Alert, record.value))
