"""What the source and the stage of the producer know together of the journal that is read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from producer.decode import EntryFacts
from producer.journal_clock import JournalClock
from runtime.record import Record
from schemas.codec import encode
from schemas.records import Audit, Gap, Progress
from schemas.topics import DEFAULT_PARTITIONS, ENTRIES, entry_key, partition_of


@dataclass(slots=True)
class Journal:
    """One journal of one system. `levels` are the audit levels at the place reached, None while they are not known.

    `stored_as` names its position where that must not be the journal's own: a saved file has a position of its own.
    """

    system: str
    name: str
    reader: str
    clock: JournalClock
    partitions: int = DEFAULT_PARTITIONS
    levels: frozenset[str] | None = None
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    stored_as: str = ""

    @property
    def position_name(self) -> str:
        return self.stored_as or self.name

    @property
    def facts(self) -> EntryFacts:
        return EntryFacts(self.system, self.name, self.reader, self.clock.to_utc, self.read_at)

    @property
    def audit_levels(self) -> tuple[str, ...] | None:
        return None if self.levels is None else tuple(sorted(self.levels))

    def keyed(self, remote_address: str | None, value: bytes, kind: str) -> Record:
        """A record on the partition of its remote address."""
        key, partition = _placed(self.system, remote_address, self.partitions)
        return Record(ENTRIES, key, value, kind, partition)

    def broadcast(self, record: Progress | Audit | Gap) -> Iterable[Record]:
        """The record on every partition: each has its own clock and its own windows."""
        value = encode(record)
        key = self.system.encode()
        return [Record(ENTRIES, key, value, record.type, partition) for partition in range(self.partitions)]


@lru_cache(maxsize=65536)
def _placed(system: str, remote_address: str | None, partitions: int) -> tuple[bytes, int]:
    key = entry_key(system, remote_address)
    return key, partition_of(key, partitions)
