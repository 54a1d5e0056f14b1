"""Several collectors used in turn, those that failed a moment ago last."""

import threading
import time
from collections.abc import Callable, Sequence

BENCH_SECONDS = 30.0


class Endpoints:
    """Base URLs. One that failed sits on the bench for a while, unless no other is left. Thread-safe."""

    def __init__(self, urls: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._urls = tuple(urls)
        self._clock = clock
        self._turn = 0
        self._until = dict.fromkeys(urls, float("-inf"))
        self._lock = threading.Lock()

    def in_turn(self) -> Sequence[str]:
        """The URLs to try for one request, best first; those on the bench only when there is no other."""
        with self._lock:
            turn = self._turn % len(self._urls)
            self._turn += 1
            rotated = self._urls[turn:] + self._urls[:turn]
            now = self._clock()
            return [url for url in rotated if self._until[url] <= now] or rotated

    def failed(self, url: str) -> None:
        with self._lock:
            self._until[url] = self._clock() + BENCH_SECONDS
