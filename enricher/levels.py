"""What was audited when: the audit levels of one system as history, since a missing TLS entry means nothing without."""

from collections import deque
from datetime import datetime, timedelta

Levels = tuple[str, ...] | None
"""Sorted; empty when nothing was audited, None when it is not known."""


class LevelHistory:
    """Fed in journal order: by `audit` records (a change at its own place) and by progress (what is in force there)."""

    def __init__(self) -> None:
        self._changes: deque[tuple[datetime, Levels]] = deque()
        self._known_until: datetime | None = None
        self._asserted_until: datetime | None = None

    @property
    def present(self) -> Levels:
        return self._changes[-1][1] if self._changes else None

    def change(self, at: datetime, levels: Levels, *, asserted: bool = False) -> None:
        """In force from `at` on; `asserted` where a setting says so and nobody knows."""
        at = at if self._known_until is None else max(at, self._known_until)
        if levels != self.present or not self._changes:
            self._changes.append((at, levels))
        self._known_until = at
        if asserted:
            self._asserted_until = at

    def confirm(self, at: datetime, levels: Levels, *, asserted: bool = False) -> None:
        """In force at `at`. If that is news, nobody knows since when: until then only what is in both holds."""
        if self._known_until is not None and levels != self.present:
            self.change(self._known_until, _both(self.present, levels))
        self.change(at, levels, asserted=asserted)

    def lose(self) -> None:
        """Entries are missing here, and among them may be a change: nothing is known until it is told again."""
        if self._known_until is not None and self._asserted_until != self._known_until:
            self.change(self._known_until, None)

    def is_asserted_from(self, start: datetime) -> bool:
        """Whether what was in force from `start` on rests on an assertion, in part at least."""
        return self._asserted_until is not None and start <= self._asserted_until

    def over(self, start: datetime, end: datetime) -> Levels:
        """What was in force all the time from `start` to `end`, as far as has been fed."""
        newest = self._changes[-1] if self._changes else None
        if newest is not None and newest[0] <= start:
            return newest[1]
        found = [levels for since, levels in self._changes if start < since <= end]
        before = [levels for since, levels in self._changes if since <= start]
        result = before[-1] if before else None
        for levels in found:
            result = _both(result, levels)
        return result

    def forget_before(self, time: datetime) -> None:
        """Nobody will ask for what was before `time`."""
        while len(self._changes) > 1 and self._changes[1][0] <= time:
            self._changes.popleft()

    def shift(self, by: timedelta) -> None:
        """The clock was set back by that much."""
        self._changes = deque((since - by, levels) for since, levels in self._changes)
        self._known_until = None if self._known_until is None else self._known_until - by
        self._asserted_until = None if self._asserted_until is None else self._asserted_until - by


def _both(one: Levels, other: Levels) -> Levels:
    return None if one is None or other is None else tuple(level for level in one if level in other)
