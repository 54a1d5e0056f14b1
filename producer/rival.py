"""Whether another producer of the same journal is alive: a newcomer waits for it instead of fencing it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from schemas.records import Position

ALIVE_SECONDS = 30.0


class Rival:
    """Looks at the stored positions as they change. Judged by its stated age and by our own watch, so that a clock
    that is wrong on one of the two machines can neither hide a living rival for long nor keep a dead one alive."""

    def __init__(
        self,
        worker: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._worker = worker
        self._clock = clock
        self._now = now
        self._seen: datetime | None = None
        self._since = 0.0

    def name(self, position: Position | None) -> str | None:
        """The living rival's worker name, None where the way is free."""
        if position is None or position.worker == self._worker:
            return None
        if position.time != self._seen:
            changed_before_our_eyes = self._seen is not None
            self._seen, self._since = position.time, self._clock()
            if changed_before_our_eyes:
                return position.worker
        stated_age = (self._now() - position.time).total_seconds()
        alive = abs(stated_age) < ALIVE_SECONDS and self._clock() - self._since < ALIVE_SECONDS
        return position.worker if alive else None
