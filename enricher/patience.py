"""A budget of waiting in vain: the circuit breaker before a name server that is slow, silent or dead."""

from collections.abc import Callable


class Patience:
    """Whoever waits a whole deadline in vain pays for it; the budget grows back with time. Once it is spent nobody
    waits, until there is enough again for one more try. A wait that is rewarded costs nothing.

    So over any `t` seconds at most `most + share * t` seconds and one deadline are lost, whatever the server does.
    """

    def __init__(self, deadline: float, *, most: float, share: float, clock: Callable[[], float]) -> None:
        self._deadline = deadline
        self._most = max(most, deadline)
        self._share = share
        self._clock = clock
        self._left = self._most
        self._seen = clock()

    def seconds(self) -> float:
        """How long to wait now: the deadline, or not at all."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen) * self._share)
        self._seen = now
        return self._deadline if self._left >= self._deadline else 0.0

    def lost(self, seconds: float) -> None:
        """The wait was in vain."""
        self._left -= seconds
