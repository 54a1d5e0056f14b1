"""From which record on a memory can be rebuilt, while what it holds comes and goes."""

from collections import Counter

from runtime.record import Offset


class Needs:
    """Counts how much depends on each record; these are few: all between two progress records share one."""

    def __init__(self) -> None:
        self._counts: Counter[Offset] = Counter()

    @property
    def oldest(self) -> Offset | None:
        return min(self._counts, default=None)

    def add(self, need: Offset) -> None:
        self._counts[need] += 1

    def release(self, need: Offset) -> None:
        self._counts[need] -= 1
        if not self._counts[need]:
            del self._counts[need]
