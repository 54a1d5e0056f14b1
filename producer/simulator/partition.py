"""The partition: rows of its audit journal, in order, each beside what really happened."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from operator import itemgetter
from random import Random
from typing import NamedTuple

from producer.reader import JournalRow, Place
from producer.simulator.background import port_scan
from producer.simulator.cast import make_cast
from producer.simulator.numbering import Numbering
from producer.simulator.rhythm import SCANS_PER_HOUR, choose_sessions, session_count
from producer.simulator.scene import SECOND, Draft, Scene, Truth
from producer.simulator.schedule import Schedule
from producer.simulator.settings import SimulatorSettings
from producer.simulator.timeline import Timeline
from runtime.errors import PositionLost

CONNECTIONS_PER_BLOCK = 10_000_000
TLS_TYPES = (b"\xe2", b"\xe7")
"""S and X: they are not written while *NETSECURE is not in force."""


class Written(NamedTuple):
    """A row and its truth (None: no connection). `time` is in microseconds since 1970, UTC."""

    row: JournalRow
    truth: Truth | None
    time: int


class Partition:
    """A seeded journal. The same settings give the same rows, from wherever reading begins."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.timeline = Timeline(settings)
        self.numbering = Numbering(settings, self.timeline)
        self.schedule = Schedule(settings, self.timeline)
        self._settings = settings
        self._cast = make_cast(settings.seed)
        self._counts = [0]
        self._own = lru_cache(maxsize=3)(self._make_own)
        self._drafts = lru_cache(maxsize=2)(self._make_drafts)
        self.block = lru_cache(maxsize=2)(self._make_block)

    def written(self, after: Place | None = None) -> Iterator[Written]:
        """Everything that follows `after`, to the end of the journal. Raises PositionLost."""
        index, start = self.find(after)
        while not self.ended(index):
            yield from self.block(index)[start:]
            index, start = index + 1, 0

    def find(self, after: Place | None) -> tuple[int, int]:
        """The block that `after` is in and how many of its rows do not follow it. Raises PositionLost."""
        if after is None:
            return 0, 0
        known = self.numbering.place(after.sequence) == after
        index = self.numbering.block_of(after.sequence) if known else None
        if index is None:
            raise PositionLost(
                f"{after.receiver_library}/{after.receiver} entry {after.sequence} is no place in this simulated"
                " journal: its settings have changed; start from the oldest entry"
            )
        return index, bisect_right(self.block(index), after.sequence, key=lambda written: written.row.place.sequence)

    def time_of(self, place: Place | None) -> int:
        """When the last row up to `place` was written; the journal's start when there is none."""
        index, count = self.find(place)
        if count:
            return self.block(index)[count - 1].time
        return max(self.timeline.begins(index), self.timeline.start)

    def ended(self, index: int) -> bool:
        """Whether a block lies behind the end of the journal."""
        if index >= self.timeline.blocks:
            return True
        return self._settings.entries is not None and self._count_before(index) >= self._settings.entries

    def _make_block(self, index: int) -> Sequence[Written]:
        """The rows of one block, in journal order; numbers are drawn before the journal's end cuts it short."""
        drafts = self._drafts(index)
        if not drafts:
            return []
        rng = Random(f"{self._settings.seed}/numbers/{index}")
        room, sequence = self.numbering.span(index) // len(drafts), self.numbering.first(index) - 1
        begin = self.timeline.begins(index)
        clock = self.timeline.local(begin)
        rows = []
        for draft in drafts[: self._left(index)]:
            sequence += 1 + int(rng.random() * room)
            timestamp = clock + timedelta(microseconds=draft.time - begin)
            row = JournalRow(self.numbering.place(sequence), timestamp, draft.entry_type, draft.data, *draft.heading)
            rows.append(Written(row, draft.truth, draft.time))
        return rows

    def _left(self, index: int) -> int | None:
        if self._settings.entries is None:
            return None
        return max(0, self._settings.entries - self._count_before(index))

    def _count_before(self, index: int) -> int:
        """How many rows the blocks before have. Only a journal that ends after so many entries has to know."""
        while len(self._counts) <= index:
            self._counts.append(self._counts[-1] + len(self._drafts(len(self._counts) - 1)))
        return self._counts[index]

    def _make_drafts(self, index: int) -> list[Draft]:
        """The entries of one block: of its own sessions, and of those that began in the block before."""
        begin, end = self.timeline.begins(index), self.timeline.begins(index + 1)
        first, last = max(begin, self.timeline.start), min(end, self.timeline.end)
        earlier = self._own(index - 1) if index else []
        drafts = [draft for draft in (*earlier, *self._own(index)) if first <= draft.time < last]
        return sorted(drafts, key=itemgetter(0))

    def _make_own(self, index: int) -> list[Draft]:
        """The entries of the sessions that begin in a block, some of them after its end."""
        begin, length = self.timeline.begins(index), self.timeline.block
        rng = Random(f"{self._settings.seed}/block/{index}")
        scene = Scene(rng, self._cast, index * CONNECTIONS_PER_BLOCK)
        count = session_count(rng, self.numbering.expected_sessions(index))
        drafts: list[Draft] = []
        for session in choose_sessions(rng, self.timeline.local(begin), count):
            drafts += session(scene, begin + int(rng.random() * length))
        if rng.random() < SCANS_PER_HOUR * length / (3600 * SECOND):
            drafts += port_scan(scene, begin + int(rng.random() * length))
        for at, timed in self.schedule.sessions(begin, begin + length):
            drafts += timed(scene, at)
        return self._audited(drafts, begin)

    def _audited(self, drafts: list[Draft], begin: int) -> list[Draft]:
        lapse = self.schedule.lapse(begin)
        if lapse is None:
            return drafts
        return [draft for draft in drafts if not (lapse[0] <= draft.time < lapse[1] and draft.data[:1] in TLS_TYPES)]
