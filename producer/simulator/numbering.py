"""Sequence numbers and receivers, known for any block without the entries before it."""

from bisect import bisect_right

from producer.reader import Place
from producer.simulator.background import MOST_SCANNED
from producer.simulator.rhythm import LIVELIEST, MOST_ENTRIES_PER_SESSION, sessions_per_second
from producer.simulator.scene import SECOND
from producer.simulator.schedule import MOST_ENTRIES_PER_DAY
from producer.simulator.settings import SimulatorSettings
from producer.simulator.timeline import Timeline

RECEIVER_NAMES = 9_999


class Numbering:
    """Each block has more numbers than it can have entries: entries of other types take the rest."""

    def __init__(self, settings: SimulatorSettings, timeline: Timeline) -> None:
        self._settings = settings
        self._timeline = timeline
        self._firsts = [1]

    def first(self, index: int) -> int:
        """The lowest number of a block."""
        while len(self._firsts) <= index:
            self._firsts.append(self._firsts[-1] + self.span(len(self._firsts) - 1))
        return self._firsts[index]

    def span(self, index: int) -> int:
        """How many numbers a block has: enough for its own sessions and for what is left of those before."""
        return self._most_entries(index) + self._most_entries(index - 1)

    def expected_sessions(self, index: int) -> float:
        timeline = self._timeline
        local = timeline.local(timeline.begins(index))
        return sessions_per_second(local) * self._settings.scale * timeline.block / SECOND

    def block_of(self, sequence: int) -> int | None:
        """The block that has a number, None when the journal never gets that far."""
        while self._firsts[-1] <= sequence:
            if len(self._firsts) > self._timeline.blocks:
                return None
            self.first(len(self._firsts))
        index = bisect_right(self._firsts, sequence) - 1
        return index if index >= 0 else None

    def place(self, sequence: int) -> Place:
        """AUDRCV0001 is the first receiver; numbers go on when the next one is attached."""
        number = (sequence - 1) // self._settings.receiver_entries % RECEIVER_NAMES + 1
        return Place(self._settings.receiver_library, f"AUDRCV{number:04d}", sequence)

    def _most_entries(self, index: int) -> int:
        sessions = int(self.expected_sessions(index) * LIVELIEST) + 1
        return sessions * MOST_ENTRIES_PER_SESSION + MOST_SCANNED + MOST_ENTRIES_PER_DAY
