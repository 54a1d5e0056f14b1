"""What the probes answer: whether the loop goes round, and whether the ends are connected and if not, why."""

import threading
import time
from collections.abc import Callable


class Health:
    """Alive: the loop beat within `alive_within` seconds. Ready: nobody names a reason why not. Thread-safe."""

    def __init__(self, *, alive_within: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._alive_within = alive_within
        self._clock = clock
        self._last_beat = clock()
        self._troubles: dict[str, str] = {"start": "starting"}
        self._lock = threading.Lock()

    def beat(self) -> None:
        self._last_beat = self._clock()

    def trouble(self, part: str, why: str) -> None:
        """`part` is not ready, for the reason `why`."""
        with self._lock:
            self._troubles[part] = why

    def well(self, part: str) -> None:
        with self._lock:
            self._troubles.pop(part, None)

    @property
    def alive(self) -> bool:
        return self._clock() - self._last_beat < self._alive_within

    @property
    def troubles(self) -> dict[str, str]:
        """Why it is not ready, by part; empty when it is."""
        with self._lock:
            return dict(self._troubles)
