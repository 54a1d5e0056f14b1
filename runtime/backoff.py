"""How long to wait before the next try: exponential with jitter, so that workers do not return in step."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits in seconds: half to all of first * 2**attempt, at most `longest`; `retry_after` from downstream wins."""

    first: float = 0.25
    longest: float = 8.0
    jitter: Callable[[], float] = field(default=random.random)

    def delay(self, attempt: int, retry_after: float | None) -> float:
        """`attempt` counts from 0. A wait that the other side asked for is kept as it is, never shortened."""
        if retry_after is not None:
            return retry_after
        ceiling = min(self.longest, self.first * float(2 ** min(attempt, 32)))
        return ceiling / 2 + self.jitter() * ceiling / 2
