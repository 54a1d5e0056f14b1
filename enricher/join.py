"""The join: an accept or connect (A, C) with the TLS handshake (S, X) of the same two ends, within a window.

Pure, and fed record by record in journal order, so that where batches begin and end cannot matter. The rules:

* A handshake belongs to the newest connection of its two ends, which is remembered for three windows. It can also come
  up to LEAD before its connection.
* A handshake within the window counts for the first decision; a later one corrects it.
* Where a handshake failed and the next one succeeds right before another accept of the same ends, it counts for both.
* A window closes when progress passes it, when a gap cuts it, or when the system is retired. What comes right behind a
  gap lacks what is missing just as much.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from enricher.connection import Connection, Inherited, Key, connection_of, handshake_of, key_of
from enricher.decision import Decided, Decision, Find, Unjoined
from enricher.early import Early, EarlyHandshakes
from enricher.levels import LevelHistory
from enricher.needs import Needs
from enricher.window_clock import WindowClock
from runtime.record import Offset
from schemas.reasons import Reason
from schemas.records import Audit, Entry, EventId, Progress

LEAD = timedelta(seconds=2)
REMEMBERED_WINDOWS = 3


class Missing(NamedTuple):
    """Entries are missing before `until`; None until the next progress record tells. Remembered from `need` on."""

    until: datetime | None
    need: Offset


class Join:
    """The connections of one system on one partition; `first` is the first record of the system that was seen."""

    def __init__(self, window: timedelta, find: Find, first: Offset) -> None:
        self._window = window
        self._remembered = window * REMEMBERED_WINDOWS
        self._lead = min(LEAD, window)
        self._find = find
        self.clock = WindowClock()
        self.levels = LevelHistory()
        self._needs = Needs()
        self._early = EarlyHandshakes(self._lead, self._needs)
        self._newest: dict[Key, Connection] = {}
        self._arrived: deque[Connection] = deque()
        self._waiting: deque[Connection] = deque()
        self._undecided = 0
        self._late: dict[EventId, list[tuple[Entry, datetime]]] = {}
        self._progress: deque[tuple[datetime, Offset]] = deque()
        self._need = first
        self._missing: Missing | None = None

    @property
    def needed_from(self) -> Offset:
        """The oldest record that all of this can be rebuilt from."""
        return self._need if self._needs.oldest is None else self._needs.oldest

    @property
    def undecided_from(self) -> Offset | None:
        """The oldest entry that is not decided; None when nothing is open."""
        waiting = self._waiting
        while waiting and waiting[0].finding is not None and waiting[0].id not in self._late:
            waiting.popleft()
        undecided = [one for one in (self._early.oldest, waiting[0].offset if waiting else None) if one is not None]
        return min(undecided, default=None)

    @property
    def open_windows(self) -> int:
        return self._undecided + len(self._early)

    @property
    def size(self) -> int:
        """How many connections and handshakes are remembered."""
        return len(self._arrived) + len(self._early)

    def connection(self, entry: Entry, offset: Offset) -> Iterator[Decision]:
        """An A or C entry, in the record at `offset`. One that was read before is passed over."""
        at = self._time_of(entry.time)
        connection = connection_of(entry, at, offset, self._need)
        key = connection.key
        before = self._newest_of(key, at)
        if before is not None and before.id == entry.id:
            return
        taken = self._early.take(key, at)
        for early in taken:
            connection.handshakes += (early.handshake,)
            connection.heard = early.handshake.at
            connection.need = min(connection.need, early.need)
        if before is not None:
            self._inherit(connection, before)
        if self._missing is not None and self._is_missing(self._missing, at - self._lead):
            connection.cut = Reason.GAP
        self._newest[key] = connection
        self._arrived.append(connection)
        self._needs.add(connection.need)
        self._undecided += 1
        if decided := self._decide(connection, is_over=False):
            yield decided
        if connection.finding is None:
            self._waiting.append(connection)
        elif connection.finding.kind is None:
            connection.handshakes = ()
            for early in taken:
                yield Unjoined(early.entry, offset, connection.levels, alone=False)

    def handshake(self, entry: Entry, offset: Offset) -> Iterator[Decision]:
        """An S or X entry, in the record at `offset`. One that was read before is passed over."""
        at, key = self._time_of(entry.time), key_of(entry)
        connection = self._newest_of(key, at)
        if connection is None:
            self._early.keep(Early(entry, handshake_of(entry, at), offset, self._need))
        elif all(handshake.id != entry.id for handshake in connection.handshakes):
            connection.heard = at
            yield from self._belongs(connection, entry, at)

    def audit(self, audit: Audit) -> None:
        """The levels changed here."""
        self.levels.change(self._time_of(audit.time), audit.audit_levels, asserted=audit.audit_levels_asserted)

    def gap(self, resumed: datetime | None = None) -> Iterator[Decision]:
        """Entries older than `resumed` are missing here: whatever is open cannot be known any better."""
        yield from self._end(Reason.GAP)
        self.levels.lose()
        self._let_go_of_missing()
        self._missing = Missing(self.clock.not_before(resumed), self._need)
        self._needs.add(self._need)

    def end(self) -> Iterator[Decision]:
        """Nothing more comes of this system."""
        yield from self._end(Reason.SOURCE_ENDED)
        self._needs = Needs()
        self._early = EarlyHandshakes(self._lead, self._needs)
        self._newest.clear()
        self._arrived.clear()
        self._missing = None

    def progress(self, progress: Progress, offset: Offset) -> Iterator[Decision]:
        """Everything up to its time has been read."""
        if back := self.clock.progress_back_by(progress.time):
            self._shift(back)
        now = self.clock.progress(progress.time)
        self.levels.confirm(now, progress.audit_levels, asserted=progress.audit_levels_asserted)
        if self._missing is not None and self._missing.until is None:
            self._missing = self._missing._replace(until=now)
        yield from self._give_up(self._early.passed(now))
        waiting, opened = self._waiting, now - self._window
        while waiting and waiting[0].at <= opened:
            yield from self._close(waiting.popleft())
        self._forget(now)
        self._note(now, offset)
        if progress.final:
            yield from self.end()

    def _time_of(self, time: datetime) -> datetime:
        if back := self.clock.back_by(time):
            self._shift(back)
        return self.clock.entry(time)

    def _newest_of(self, key: Key, at: datetime) -> Connection | None:
        connection = self._newest.get(key)
        return None if connection is None or at >= connection.at + self._remembered else connection

    def _belongs(self, connection: Connection, entry: Entry, at: datetime) -> Iterator[Decision]:
        if connection.finding is not None:
            yield from self._correct(connection, entry, at)
        elif at > connection.at + self._window:
            self._late.setdefault(connection.id, []).append((entry, at))
        else:
            connection.handshakes += (handshake_of(entry, at),)
            if decided := self._decide(connection, is_over=False):
                yield decided

    def _inherit(self, connection: Connection, before: Connection) -> None:
        """What the connections before on the same ends have to do with this one.

        Their newest handshakes have to be rebuilt with them, or they would be taken for early ones of this. One that
        succeeded after one that failed may be of a new try, which is this one.
        """
        since = connection.at - self._lead
        inherited = [one for one in before.inherited.heard if one[0] > since] if before.inherited else []
        if before.heard is not None and before.heard > since:
            inherited.append((before.heard, before.own_need))
        if inherited:
            connection.inherited = Inherited(connection.need, tuple(inherited))
            connection.need = min(connection.need, *(need for _, need in inherited))
        newest = before.handshakes[-1] if before.handshakes else None
        if newest and newest.at > since and not newest.failed and before.has_failed:
            connection.handshakes += (newest,)

    def _decide(self, connection: Connection, *, is_over: bool) -> Decided | None:
        if is_over:
            self._note_levels(connection)
        connection.finding = self._find(connection, self.levels.present, is_over)
        if connection.finding is None:
            return None
        if not is_over:
            self._note_levels(connection)
        self._undecided -= 1
        return Decided(connection, None)

    def _note_levels(self, connection: Connection) -> None:
        """Those of its window as far as is known."""
        start = connection.at - self._lead
        connection.levels = self.levels.over(start, connection.at + self._window)
        connection.levels_asserted = self.levels.is_asserted_from(start)

    def _close(self, connection: Connection) -> Iterator[Decision]:
        """Its window is over; what came after that while it was open is a correction."""
        if connection.finding is None and (decided := self._decide(connection, is_over=True)):
            yield decided
        for entry, at in self._late.pop(connection.id, ()):
            yield from self._correct(connection, entry, at)

    def _correct(self, connection: Connection, entry: Entry, at: datetime) -> Iterator[Decision]:
        """A handshake after the decision: a correction where it changes what was found."""
        before, handshakes = connection.finding, connection.handshakes
        handshake = handshake_of(entry, at)
        connection.handshakes += (handshake,)
        found = before if handshake.failed else self._find(connection, self.levels.present, True)
        if found == before:
            connection.handshakes = handshakes
            yield Unjoined(entry, connection.offset, connection.levels, alone=False)
        else:
            connection.finding = found
            connection.corrections += 1
            yield Decided(connection, before)

    def _give_up(self, passed: Iterator[Early], *, is_cut: bool = False) -> Iterator[Decision]:
        """No connection came for these handshakes."""
        for early in passed:
            at = early.handshake.at
            levels = self.levels.over(at - self._lead, at + self._lead)
            is_missing = self._missing is not None and self._is_missing(self._missing, at - self._remembered)
            yield Unjoined(early.entry, early.offset, levels, alone=True, is_cut=is_cut or is_missing)

    def _is_missing(self, missing: Missing, since: datetime) -> bool:
        """Whether entries from then on may be among them."""
        return missing.until is None or since < missing.until

    def _let_go_of_missing(self) -> None:
        if self._missing is not None:
            self._needs.release(self._missing.need)
            self._missing = None

    def _end(self, cut: Reason) -> Iterator[Decision]:
        yield from self._give_up(self._early.passed(None), is_cut=True)
        while self._waiting:
            connection = self._waiting.popleft()
            connection.cut = cut
            yield from self._close(connection)

    def _forget(self, now: datetime) -> None:
        """A handshake of what is forgotten must not be taken for an early one when this is rebuilt."""
        arrived, opened, heard = self._arrived, now - self._remembered, now - self._lead
        while arrived and (oldest := arrived[0]).at <= opened and (oldest.heard is None or oldest.heard <= heard):
            arrived.popleft()
            self._needs.release(oldest.need)
            key = oldest.key
            if self._newest.get(key) is oldest:
                del self._newest[key]
        self.levels.forget_before(now - self._window - self._lead)
        if self._missing is not None and not self._is_missing(self._missing, opened - self._lead):
            self._let_go_of_missing()

    def _note(self, now: datetime, offset: Offset) -> None:
        """What comes from now on can be rebuilt from the last progress record before any handshake that waits now."""
        if self._progress and self._progress[-1][0] == now:
            self._progress.pop()
        self._progress.append((now, offset))
        while len(self._progress) > 1 and self._progress[1][0] <= now - self._lead:
            self._progress.popleft()
        if self._progress[0][0] <= now - self._lead:
            self._need = self._progress[0][1]

    def _shift(self, by: timedelta) -> None:
        """The clock was set back: by the new one, everything that is remembered happened that much earlier."""
        self.clock.shift(by)
        self.levels.shift(by)
        self._early.shift(by)
        self._progress = deque((at - by, offset) for at, offset in self._progress)
        self._late = {one: [(entry, at - by) for entry, at in late] for one, late in self._late.items()}
        if self._missing is not None and self._missing.until is not None:
            self._missing = self._missing._replace(until=self._missing.until - by)
        for connection in self._arrived:
            connection.at -= by
            connection.heard = None if connection.heard is None else connection.heard - by
            connection.handshakes = tuple(one._replace(at=one.at - by) for one in connection.handshakes)
            if inherited := connection.inherited:
                heard = tuple((at - by, need) for at, need in inherited.heard)
                connection.inherited = inherited._replace(heard=heard)
