"""What a report rests on: which records were read, which audit levels were in force when, and what is missing."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from cli.report.asked import Selection
from enricher.loss import REASON as LOSS_AHEAD
from schemas.records import Alert, AlertKind, AnyRecord, Audit, Event, EventId, Gap, Progress, Status

Levels = tuple[str, ...] | None
WATCHED_LEVELS = ("*NETSCK", "*NETTELSVR", "*NETSECURE")
SPARSE = timedelta(minutes=5)
UNREADABLE = "unreadable"
ALREADY_OPEN = "already-open"
KEY_PARTS = re.compile(rb"[/|]")


class Span(NamedTuple):
    """Audit levels that were in force from one moment to another; None where it is not known."""

    start: datetime
    end: datetime
    levels: Levels


class Loss(NamedTuple):
    """Journal entries that can no longer be read: `time` is up to where everything had been read before."""

    system: str
    time: datetime
    text: str


class Unread(NamedTuple):
    """An entry that a service rejected; `system` is empty where that is not known either."""

    system: str
    type: str = "unread"

    @classmethod
    def of(cls, key: bytes) -> Self:
        """By the key of its dead letter: that of a row begins with `system/`, that of an entry with `system|`."""
        return cls(KEY_PARTS.split(key, 1)[0].decode(errors="replace"))


class Unsaid(NamedTuple):
    """What a source cannot say; grave where that may hide connections."""

    text: str
    is_grave: bool = False


@dataclass(slots=True)
class Coverage:
    """Fed with every record that is not a verdict. `systems` are all of them, whatever the selection; `unread` is how
    many entries could not be read."""

    selection: Selection = field(default_factory=Selection)
    records: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    losses: dict[EventId, Loss] = field(default_factory=dict)
    already_open: dict[EventId, Event] = field(default_factory=dict)
    systems: set[str] = field(default_factory=set)
    unread: int = 0
    _read: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    _levels: dict[str, list[tuple[datetime, Levels]]] = field(default_factory=dict)
    _seen_events: set[int] = field(default_factory=set)

    def add(self, record: AnyRecord | Unread) -> None:
        """What it says about a system that was not asked for does not count."""
        if isinstance(record, Unread):
            self.unread += not record.system or self.selection.has_system(record.system)
            return
        self.systems.add(record.system)
        if not self.selection.has_system(record.system):
            return
        if isinstance(record, Status):
            self._note(record.system, record.progress, record.audit_levels)
        elif isinstance(record, Progress | Audit):
            self._note(record.system, record.time, record.audit_levels)
        elif isinstance(record, Event):
            self._event(record)
        elif isinstance(record, Gap):
            self._gap(record)
        elif isinstance(record, Alert) and is_loss(record) and self.selection.span.has(record.time):
            self.losses.setdefault(record.id, Loss(record.system, record.time, record.description))

    def has_event(self, key: int) -> bool:
        """Whether one with this hash of its id was read in the time asked for."""
        return key in self._seen_events

    def note_levels(self, system: str, time: datetime, levels: Levels) -> None:
        """What was in force at one moment. Most of it repeats what was said before."""
        said = self._levels.setdefault(system, [])
        if not (said and said[-1][1] == levels and abs(time - said[-1][0]) < SPARSE):
            said.append((time, levels))

    @property
    def read(self) -> dict[str, tuple[datetime, datetime]]:
        """From when to when the journal of each system is known to have been read, within the time asked for."""
        found = {system: self._within(*ends) for system, ends in self._read.items()}
        return {system: ends for system, ends in found.items() if ends[0] <= ends[1]}

    def levels(self, system: str) -> list[Span]:
        """The audit levels of a system over the time asked for, in order; neighbours with the same are one span.

        Levels hold until something else is said: every change is an entry of the journal itself. So what was said
        before that time counts as well.
        """
        said = sorted(self._levels.get(system, ()), key=lambda one: one[0])
        spans: list[Span] = []
        for time, levels in said:
            if spans and spans[-1].levels == levels:
                spans[-1] = spans[-1]._replace(end=time)
            else:
                if spans:
                    spans[-1] = spans[-1]._replace(end=time)
                spans.append(Span(time, time, levels))
        cut = [Span(*self._within(span.start, span.end), span.levels) for span in spans]
        return [span for span in cut if span.start <= span.end]

    def _within(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """What of it lies in the time asked for; begins behind its end where nothing does."""
        since, until = self.selection.span
        return max(start, since or start), min(end, until or end)

    def _event(self, event: Event) -> None:
        key = hash(event.id)
        if key in self._seen_events or not self.selection.span.has(event.time):
            return
        self._seen_events.add(key)
        self.events[event.reason] += 1
        if event.reason == ALREADY_OPEN:
            self.already_open[event.id] = event

    def _gap(self, gap: Gap) -> None:
        if self.selection.span.has(gap.time):
            many = "An unknown number of entries" if gap.count is None else f"{gap.count:,} entries"
            text = f"{many} of {gap.journal} cannot be read: {gap.why}."
            self.losses.setdefault(gap.id, Loss(gap.system, gap.time, text))

    def _note(self, system: str, time: datetime, levels: Levels) -> None:
        first, last = self._read.get(system, (time, time))
        self._read[system] = min(first, time), max(last, time)
        self.note_levels(system, time, levels)


def is_loss(alert: Alert) -> bool:
    """Whether it says that something can no longer be read: a warning that it may come to that says nothing yet."""
    return alert.kind is AlertKind.GAP and alert.reason != LOSS_AHEAD


def lacking(spans: Sequence[Span], level: str) -> tuple[timedelta, timedelta]:
    """How long a level was not in force, and how long it is not known whether it was."""
    off = sum((span.end - span.start for span in spans if span.levels is not None and level not in span.levels), ZERO)
    unknown = sum((span.end - span.start for span in spans if span.levels is None), ZERO)
    return off, unknown


ZERO = timedelta()
