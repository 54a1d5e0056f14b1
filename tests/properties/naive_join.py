"""The join again, as simple as it can be said: no batches, no restarts, nothing forgotten, everything searched anew."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from enricher.connection import Connection, Finding, Handshake, connection_of, handshake_of, key_of
from enricher.decision import Find
from enricher.levels import Levels
from runtime.record import Offset
from schemas.reasons import Reason
from schemas.records import Audit, DetailType, Entry, EventId, Gap, Progress, changed

JournalRecord = Entry | Progress | Audit | Gap
LEAD = timedelta(seconds=2)
OPENS = (DetailType.ACCEPT, DetailType.CONNECT)


class Said(NamedTuple):
    """What the model says of a connection: the first finding, or a correction by its number."""

    id: EventId
    correction: int
    finding: Finding
    evidence: tuple[EventId, ...]
    levels: Levels


@dataclass
class Known:
    """A connection, and what came after its window while nobody knew yet that it was over."""

    connection: Connection
    late: list[Entry] = field(default_factory=list)


class NaiveJoin:
    """One system until it is retired. `said` are its verdicts, `unjoined` the handshakes that decide nothing."""

    def __init__(self, journal: list[JournalRecord], window: timedelta, find: Find) -> None:
        self._journal = journal
        self._window = window
        self._find = find
        self._known: list[Known] = []
        self._early: list[tuple[Entry, datetime]] = []
        self.said: list[Said] = []
        self.unjoined: list[EventId] = []
        for index, record in enumerate(journal):
            self._take(index, record)

    def _take(self, index: int, record: JournalRecord) -> None:
        if isinstance(record, Progress):
            self._progress(index, record)
        elif isinstance(record, Gap):
            self._cut(index, Reason.GAP)
        elif isinstance(record, Entry) and record.detail_type in OPENS:
            self._connection(index, record)
        elif isinstance(record, Entry):
            self._handshake(index, record)

    def _connection(self, index: int, entry: Entry) -> None:
        at = self._at(index)
        before = self._newest(entry, at)
        if before is not None and before.connection.id == entry.id:
            return
        connection = connection_of(entry, at, Offset(0), Offset(0))
        for early, early_at in list(self._early):
            if key_of(early) == key_of(entry) and early_at > at - LEAD:
                connection.handshakes += (handshake_of(early, early_at),)
                self._early.remove((early, early_at))
        connection.handshakes += self._shared(before, at)
        if any(at - LEAD < until for until in self._missing_until(index)):
            connection.cut = Reason.GAP
        known = Known(connection)
        self._known.append(known)
        self._decide(index, known, is_over=False)
        if connection.finding is not None and connection.finding.kind is None:
            connection.handshakes = ()

    def _handshake(self, index: int, entry: Entry) -> None:
        at = self._at(index)
        owner = self._newest(entry, at)
        if owner is None:
            self._early.append((entry, at))
        elif entry.id in [handshake.id for handshake in owner.connection.handshakes]:
            return
        elif owner.connection.finding is not None:
            self._correct(index, owner, entry)
        elif at > owner.connection.at + self._window:
            owner.late.append(entry)
        else:
            owner.connection.handshakes += (handshake_of(entry, at),)
            self._decide(index, owner, is_over=False)

    def _progress(self, index: int, progress: Progress) -> None:
        now = self._at(index)
        self._give_up([early for early in self._early if early[1] + LEAD <= now])
        for known in self._known:
            if known.connection.finding is None and known.connection.at + self._window <= now:
                self._close(index, known)
        if progress.final:
            self._cut(index, Reason.SOURCE_ENDED)

    def _cut(self, index: int, why: Reason) -> None:
        self._give_up(list(self._early))
        for known in self._known:
            if known.connection.finding is None:
                known.connection.cut = why
                self._close(index, known)

    def _close(self, index: int, known: Known) -> None:
        self._decide(index, known, is_over=True)
        for entry in known.late:
            self._correct(index, known, entry)

    def _give_up(self, early: list[tuple[Entry, datetime]]) -> None:
        for one in early:
            self._early.remove(one)
            self.unjoined.append(one[0].id)

    def _decide(self, index: int, known: Known, *, is_over: bool) -> None:
        connection = known.connection
        connection.levels = self._levels(index, connection.at - LEAD, connection.at + self._window)
        connection.finding = self._find(connection, self._present(index), is_over)
        if connection.finding is not None:
            self._say(connection)

    def _correct(self, index: int, known: Known, entry: Entry) -> None:
        connection = known.connection
        handshake = handshake_of(entry, self._at(index))
        would = changed(connection, handshakes=(*connection.handshakes, handshake))
        found = self._find(would, self._present(index), True)
        if handshake.failed or found == connection.finding:
            self.unjoined.append(entry.id)
            return
        connection.handshakes, connection.finding = would.handshakes, found
        connection.corrections += 1
        self._say(connection)

    def _say(self, connection: Connection) -> None:
        assert connection.finding is not None
        evidence = (connection.id, *(handshake.id for handshake in connection.handshakes))
        self.said.append(Said(connection.id, connection.corrections, connection.finding, evidence, connection.levels))

    def _newest(self, entry: Entry, at: datetime) -> Known | None:
        for known in reversed(self._known):
            if known.connection.key == key_of(entry):
                return known if at < known.connection.at + 3 * self._window else None
        return None

    def _shared(self, before: Known | None, at: datetime) -> tuple[Handshake, ...]:
        if before is None or not before.connection.handshakes:
            return ()
        newest = before.connection.handshakes[-1]
        is_shared = newest.at > at - LEAD and not newest.failed and before.connection.has_failed
        return (newest,) if is_shared else ()

    def _at(self, index: int) -> datetime:
        """The time that counts: its own, but never before what had been read."""
        return max([self._journal[index].time, *self._read(index)])

    def _read(self, index: int) -> list[datetime]:
        return [one.time for one in self._journal[:index] if isinstance(one, Progress)]

    def _missing_until(self, index: int) -> list[datetime]:
        """For each gap before: until when entries are missing. Where it does not say, until the next progress."""
        found: list[datetime] = []
        for number, record in enumerate(self._journal[:index]):
            if isinstance(record, Gap):
                later = [at for at in range(number, index) if isinstance(self._journal[at], Progress)]
                told = None if record.resumed is None else max([record.resumed, *self._read(number)])
                found.append(told or (self._at(later[0]) if later else datetime.max.replace(tzinfo=UTC)))
        return found

    def _present(self, index: int) -> Levels:
        changes = self._changes(index)
        return changes[-1][1] if changes else None

    def _levels(self, index: int, start: datetime, end: datetime) -> Levels:
        changes = self._changes(index)
        before = [levels for since, levels in changes if since <= start]
        during = [levels for since, levels in changes if start < since <= end]
        return _all([before[-1] if before else None, *during])

    def _changes(self, index: int) -> list[tuple[datetime, Levels]]:
        changes: list[tuple[datetime, Levels]] = []
        for number, record in enumerate(self._journal[: index + 1]):
            if isinstance(record, Gap) and changes and number < index:
                changes.append((changes[-1][0], None))
            if isinstance(record, Progress | Audit):
                at = max(self._at(number), changes[-1][0]) if changes else self._at(number)
                if isinstance(record, Progress) and changes and changes[-1][1] != record.audit_levels:
                    changes.append((changes[-1][0], _all([changes[-1][1], record.audit_levels])))
                changes.append((at, record.audit_levels))
        return changes


def _all(several: list[Levels]) -> Levels:
    known = [levels for levels in several if levels is not None]
    if len(known) < len(several):
        return None
    return tuple(level for level in known[0] if all(level in levels for levels in known))
