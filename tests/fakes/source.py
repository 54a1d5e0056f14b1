"""A source that is a list: for tests of the loop alone."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from runtime.errors import PipelineError
from runtime.flow import Batch, Settled

T = TypeVar("T")
Trouble = PipelineError | None


class ListSource(Generic[T]):
    """Each call takes the next element of its list and returns or raises it; `on_end` is called by a poll after the
    last one. What was settled is in `settled`; the other calls are counted."""

    def __init__(
        self,
        polls: Iterable[Batch[T] | PipelineError | None],
        *,
        checkpoints: Iterable[Trouble] = (),
        beats: Iterable[Trouble] = (),
        abandons: Iterable[Trouble] = (),
        on_end: Callable[[], None],
    ) -> None:
        self.settled: list[Settled[T]] = []
        self.beats = 0
        self.abandons = 0
        self.closed = 0
        self._polls = iter(polls)
        self._checkpoints = iter(checkpoints)
        self._beats = iter(beats)
        self._abandons = iter(abandons)
        self._on_end = on_end

    def poll(self, timeout: float) -> Batch[T] | None:
        for found in self._polls:
            if isinstance(found, PipelineError):
                raise found
            return found
        self._on_end()
        return None

    def keep_alive(self) -> None:
        self.beats += 1
        _raise(next(self._beats, None))

    def checkpoint(self, settled: Settled[T]) -> None:
        _raise(next(self._checkpoints, None))
        self.settled.append(settled)

    def abandon(self) -> None:
        self.abandons += 1
        _raise(next(self._abandons, None))

    def close(self) -> None:
        self.closed += 1


def _raise(trouble: Trouble) -> None:
    if trouble is not None:
        raise trouble
