"""Handshakes whose connection has not been seen: two jobs write the two entries, so that one can come first."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from enricher.connection import Handshake, Key, key_of
from enricher.needs import Needs
from runtime.record import Offset
from schemas.records import Entry


class Early(NamedTuple):
    """`offset` is its record, `need` the one from which on this can be rebuilt."""

    entry: Entry
    handshake: Handshake
    offset: Offset
    need: Offset


class EarlyHandshakes:
    """Each waits for `lead`; `needs` is told of those that wait."""

    def __init__(self, lead: timedelta, needs: Needs) -> None:
        self._lead = lead
        self._needs = needs
        self._by_key: dict[Key, list[Early]] = {}
        self._in_order: deque[Early] = deque()

    def __len__(self) -> int:
        return len(self._in_order)

    @property
    def oldest(self) -> Offset | None:
        """The record of the first that waits."""
        return self._in_order[0].offset if self._in_order else None

    def keep(self, early: Early) -> None:
        self._add(early)
        self._needs.add(early.need)

    def take(self, key: Key, at: datetime) -> list[Early]:
        """Those that came at most `lead` before a connection of these ends; they do not wait any more."""
        waiting = self._by_key.get(key)
        if waiting is None:
            return []
        taken = [early for early in waiting if early.handshake.at > at - self._lead]
        for early in taken:
            self._in_order.remove(early)
            self._drop(early)
        return taken

    def passed(self, now: datetime | None) -> Iterator[Early]:
        """Those that have waited long enough; all of them when `now` is None."""
        while self._in_order and (now is None or self._in_order[0].handshake.at + self._lead <= now):
            early = self._in_order.popleft()
            self._drop(early)
            yield early

    def shift(self, by: timedelta) -> None:
        """The clock was set back by that much."""
        waiting, self._in_order, self._by_key = self._in_order, deque(), {}
        for early in waiting:
            self._add(early._replace(handshake=early.handshake._replace(at=early.handshake.at - by)))

    def _add(self, early: Early) -> None:
        self._by_key.setdefault(key_of(early.entry), []).append(early)
        self._in_order.append(early)

    def _drop(self, early: Early) -> None:
        key = key_of(early.entry)
        self._by_key[key].remove(early)
        if not self._by_key[key]:
            del self._by_key[key]
        self._needs.release(early.need)
