"""Notices a partition that has records and gives none: kafka-python 3.0.12 can stall one without a word."""

import time
from collections.abc import Callable, Mapping

from runtime.record import Partition

STALLED_SECONDS = 30.0


class Stalls:
    """Fed with positions and ends from time to time; a partition that stands still below its end is stalled."""

    def __init__(self, *, after: float = STALLED_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._after = after
        self._clock = clock
        self._since: dict[Partition, tuple[int, float]] = {}

    def look(self, standing: Mapping[Partition, tuple[int, int]]) -> list[Partition]:
        """The stalled ones, given position and end of each owned partition."""
        now = self._clock()
        self._since = {
            partition: self._kept(partition, position, now)
            for partition, (position, end) in standing.items()
            if position < end
        }
        return [partition for partition, (_, since) in self._since.items() if now - since >= self._after]

    def _kept(self, partition: Partition, position: int, now: float) -> tuple[int, float]:
        before = self._since.get(partition)
        return before if before is not None and before[0] == position else (position, now)

    def forget(self) -> None:
        self._since.clear()
