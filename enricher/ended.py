"""Records of `sk.entries` that were taken from a topic: cut to a span of time, and ended so that each window closes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from runtime.record import Offset, Partition, StoredRecord
from schemas.codec import CodecError, decode, encode
from schemas.records import Audit, Entry, Gap, Progress, changed

CONTEXT = timedelta(minutes=10)


class Span(NamedTuple):
    """From a time to before another one; without an end where it is None."""

    since: datetime | None
    until: datetime | None

    def has(self, time: datetime) -> bool:
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)

    def has_context(self, time: datetime) -> bool:
        """Whether a record of this time may matter to a connection in the span: its TLS facts, the audit levels."""
        return (self.since is None or time >= self.since - CONTEXT) and (
            self.until is None or time < self.until + CONTEXT
        )


EVER = Span(None, None)


class Ended:
    """The records of a span, with a last progress record for each system on each partition: it closes its windows.

    What was last said of the audit levels before the span comes first: levels hold until something else is said.
    """

    def __init__(self, records: Iterable[StoredRecord], span: Span, later: timedelta) -> None:
        self.unreadable = 0
        self.levels_known = False
        self._records = records
        self._span = span
        self._later = later
        self._last: dict[tuple[Partition, str], Progress] = {}
        self._ends: dict[Partition, int] = {}
        self._before: dict[tuple[Partition, str], tuple[StoredRecord, Progress | Audit]] = {}

    def __iter__(self) -> Iterator[StoredRecord]:
        for record in self._records:
            try:
                content = decode(record.type, record.value)
            except CodecError:
                self.unreadable += 1
                continue
            if not isinstance(content, Entry | Progress | Audit | Gap):
                continue
            place = (record.partition, content.system)
            if self._span.has_context(content.time):
                if before := self._before.pop(place, None):
                    yield self._taken(*before)
                yield self._taken(record, content)
            elif isinstance(content, Progress | Audit) and place not in self._last:
                self._before[place] = record, content
        for (partition, system), last in self._last.items():
            end = changed(last, time=last.time + self._later)
            self._ends[partition] += 1
            offset = Offset(self._ends[partition])
            yield StoredRecord(partition, offset, system.encode(), encode(end), Progress.type)

    def _taken(self, record: StoredRecord, content: Entry | Progress | Audit | Gap) -> StoredRecord:
        self._follow(record.partition, content)
        self._ends[record.partition] = record.offset
        return record

    def _follow(self, partition: Partition, record: Entry | Progress | Audit | Gap) -> None:
        place = (partition, record.system)
        last = self._last.get(place)
        levels = record.audit_levels if isinstance(record, Progress | Audit) else last.audit_levels if last else None
        time = max(record.time, last.time) if last else record.time
        self._last[place] = Progress(record.system, record.journal, time, True, levels, 0, 1)
        self.levels_known = self.levels_known or levels is not None
