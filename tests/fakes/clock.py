"""Time that only moves when somebody waits."""

import math

from runtime.shutdown import Shutdown


class FakeClock:
    """Seconds since an arbitrary start; call it to read it."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class FakeShutdown(Shutdown):
    """Its waits take no time but move the clock; a stop is requested when the clock reaches `stop_at`."""

    def __init__(self, clock: FakeClock, *, stop_after: float = math.inf) -> None:
        super().__init__()
        self._clock = clock
        self._stop_at = clock.now + stop_after

    def wait(self, seconds: float) -> bool:
        if self.requested:
            return True
        if self._clock.now + seconds == math.inf:
            raise AssertionError("this wait would never end")
        self._clock.advance(seconds)
        if self._clock.now >= self._stop_at:
            self.request()
        return self.requested
