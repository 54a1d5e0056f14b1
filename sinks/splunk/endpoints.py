"""Several collectors used in turn, with a circuit breaker each: one that fails is left alone for ever longer."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runtime.logs import log

FIRST_BREAK_SECONDS = 5.0
LONGEST_BREAK_SECONDS = 60.0
TRIAL_SECONDS = 60.0


@dataclass(slots=True)
class Breaker:
    """Closed while `failures` is 0. Open until `until`; then one request at a time tries whether it closes again.

    `quiet_until`: the collector itself asked not to be asked before.
    """

    failures: int = 0
    until: float = float("-inf")
    quiet_until: float = float("-inf")


class Endpoints:
    """Base URLs. Those whose breaker is open are left out, unless no other is left. Thread-safe.

    One that asked for time is asked before it is over only where every other did too, and then the first to be ready.
    """

    def __init__(self, urls: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._urls = tuple(urls)
        self._clock = clock
        self._turn = 0
        self._breakers = {url: Breaker() for url in urls}
        self._lock = threading.Lock()

    def in_turn(self) -> Sequence[str]:
        """The URLs to try for one request, best first. One that is due for a trial stands before the others."""
        with self._lock:
            turn = self._turn % len(self._urls)
            self._turn += 1
            rotated = self._urls[turn:] + self._urls[:turn]
            closed = [url for url in rotated if not self._breakers[url].failures]
            trial = self._trial(rotated)
            return [*trial, *closed] or self._last_resort(rotated)

    def failed(self, url: str, retry_after: float | None = None) -> None:
        """`retry_after`: for so many seconds it asked to be left alone."""
        with self._lock:
            breaker = self._breakers[url]
            breaker.failures += 1
            seconds = min(FIRST_BREAK_SECONDS * 2.0 ** min(breaker.failures - 1, 10), LONGEST_BREAK_SECONDS)
            now = self._clock()
            breaker.quiet_until = max(breaker.quiet_until, now + (retry_after or 0.0))
            breaker.until = max(now + seconds, breaker.quiet_until)
            first = breaker.failures == 1
        if first and len(self._urls) > 1:
            log.warning("collector set aside", url=url, seconds=max(seconds, retry_after or 0.0))

    def answered(self, url: str) -> None:
        with self._lock:
            was_open = self._breakers[url].failures > 0
            self._breakers[url] = Breaker()
        if was_open and len(self._urls) > 1:
            log.info("collector answers again", url=url)

    def _trial(self, rotated: Sequence[str]) -> Sequence[str]:
        """One whose break is over. Until its answer, or for a while, no other request tries it."""
        now = self._clock()
        for url in rotated:
            breaker = self._breakers[url]
            if breaker.failures and breaker.until <= now:
                breaker.until = now + TRIAL_SECONDS
                return (url,)
        return ()

    def _last_resort(self, rotated: Sequence[str]) -> Sequence[str]:
        """All that did not ask for time, or whoever's time is over first."""
        now = self._clock()
        free = [url for url in rotated if self._breakers[url].quiet_until <= now]
        return free or [min(rotated, key=lambda url: self._breakers[url].quiet_until)]
