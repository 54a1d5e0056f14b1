"""What the source and the stage of the producer know together of the journal that is read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from producer.audit_levels import SECOND_LIST, Levels, levels_after
from producer.decode import EntryFacts
from producer.journal_clock import JournalClock
from runtime.logs import log
from runtime.record import Record
from schemas.codec import encode
from schemas.records import Audit, Gap, Position, Progress
from schemas.topics import DEFAULT_PARTITIONS, ENTRIES, entry_key, partition_of


@dataclass(slots=True)
class Journal:
    """One journal of one system. `levels` are the audit levels at the place reached, None while they are not known;
    where somebody vouches for them (`assertion`) they are that, and `is_asserted` says so.

    `stored_as` names its position where that must not be the journal's own: a saved file has a position of its own.
    """

    system: str
    name: str
    reader: str
    clock: JournalClock
    partitions: int = DEFAULT_PARTITIONS
    levels: Levels = None
    assertion: Levels = None
    is_asserted: bool = False
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    stored_as: str = ""

    def __post_init__(self) -> None:
        self.know(self.levels)

    def know(self, levels: Levels, *, asserted: bool = False) -> None:
        """These levels are in force from here on; where they are not known, what is asserted."""
        self.is_asserted = (asserted or levels is None) and self.assertion is not None
        self.levels = self.assertion if levels is None else levels

    def change(self, found: Audit) -> None:
        """The levels change here. An assertion that is changed is one still, unless the change says all there is."""
        known = levels_after(None if self.is_asserted else self.levels, [found])
        if known is None and self.is_asserted:
            # which of both lists a level stands in is not asserted, so both count
            left = levels_after((self.levels or frozenset()) | {SECOND_LIST}, [found])
            self.know(left and left - {SECOND_LIST}, asserted=True)
        else:
            self.know(known)

    def confirm(self, present: frozenset[str]) -> None:
        """The levels were read from the system: whatever was thought before is checked by them."""
        before = present if self.levels is None else self.levels
        if not self.is_asserted and before != present:
            log.warning("the audit levels changed, and no entry says so", before=sorted(before), now=sorted(present))
        elif self.is_asserted and (wrong := before - present):
            log.error("what is asserted is not audited", levels=sorted(wrong))
        self.know(present)

    def recall(self, stored: Position | None) -> None:
        """The levels of the stored position; an assertion that was changed since counts as it is now."""
        asserted = None if stored is None else stored.asserted_levels
        if stored is None or stored.audit_levels is None or (asserted and frozenset(asserted) != self.assertion):
            self.know(None)
        else:
            self.know(frozenset(stored.audit_levels), asserted=asserted is not None)

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
