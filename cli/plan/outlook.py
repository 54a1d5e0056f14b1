"""Who breaks: one line for each remote address and service, with what is known of when it comes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from cli.plan.change import Change
from cli.report.findings import Findings, Recurring, Remote
from cli.report.lines import DAY, UNLISTED
from cli.report.recurrence import EVERY_DAY, HOUR
from cli.report.tally import Group, Tally, Who
from schemas.records import EventId

QUARTERS = (3, 6, 9, 12)


class Line(NamedTuple):
    """What belongs together in a plan."""

    remote: Remote
    service: str | None
    port: int | None
    change: Change
    must: str


@dataclass(slots=True)
class Breaks:
    """Connections that would not be possible any more. `on_twin` counts those it already has on the port that stays."""

    line: Line
    who: Who
    example: EventId
    twin: int | None
    connections: int = 0
    days: set[int] = field(default_factory=set)
    first: int = 0
    last: int = 0
    on_twin: int = 0
    recurring: Sequence[Recurring] = ()

    def first_break(self, on: date) -> str | None:
        """When it is expected to fail for the first time from that day on, by the system's clock."""
        moments = [moment for one in self.recurring if (moment := _next(one, on)) is not None]
        return min(moments, default=None)


@dataclass(frozen=True, slots=True)
class Outlook:
    """`watched` are the days of the system's clock from the first to the last one that was seen."""

    changes: Sequence[Change]
    breaks: Sequence[Breaks]
    watched: tuple[date, date] | None

    @property
    def days(self) -> int:
        return (self.watched[1] - self.watched[0]).days + 1 if self.watched else 0

    @property
    def never_watched(self) -> list[str]:
        """The ends of longer rhythms that are not in the time watched: jobs that come then were not seen."""
        if self.watched is None:
            return []
        days = [self.watched[0] + timedelta(days=number) for number in range(self.days)]
        ends = [day for day in days if (day + timedelta(days=1)).day == 1]
        missing = [] if any(day.weekday() >= 5 for day in days) else ["weekend"]
        missing += [] if ends else ["end of a month"]
        missing += [] if any(day.month in QUARTERS for day in ends) else ["end of a quarter"]
        return missing + ([] if any(day.month == QUARTERS[-1] for day in ends) else ["end of a year"])


def look_ahead(findings: Findings, changes: Sequence[Change]) -> Outlook:
    """What each change ends, who comes most often first."""
    found: dict[Line, Breaks] = {}
    for change in changes:
        for group in findings.groups:
            if change.ends(group):
                _add(found, change, group, findings.tally)
    on_ports = _on_ports(findings.groups)
    for line, breaks in found.items():
        breaks.recurring = [one for one in findings.recurring if _is_of(one, line)]
        breaks.on_twin = 0 if breaks.twin is None else on_ports[line.remote, breaks.twin]
    ordered = sorted(found.values(), key=lambda one: (-len(one.days), -one.connections, one.line.remote))
    return Outlook(changes, ordered, _watched(findings))


def _add(found: dict[Line, Breaks], change: Change, group: Group, tally: Tally) -> None:
    who = group.who
    line = Line(_remote(group), who.service, who.port, change, change.must(group))
    breaks = found.setdefault(line, Breaks(line, who, group.example, change.twin(group)))
    breaks.connections += group.count
    breaks.days.update(time // DAY for time in tally.local_times(group))
    first, last = min(group.times), max(group.times)
    breaks.first = min(first, breaks.first or first)
    breaks.last = max(last, breaks.last)


def _is_of(one: Recurring, line: Line) -> bool:
    return one.remote == line.remote and (line.service or UNLISTED) in one.services


def _on_ports(groups: Iterable[Group]) -> Counter[tuple[Remote, int]]:
    """Connections of each remote address on each port."""
    found: Counter[tuple[Remote, int]] = Counter()
    for group in groups:
        if group.who.port is not None:
            found[_remote(group), group.who.port] += group.count
    return found


def _remote(group: Group) -> Remote:
    return Remote(group.who.system, group.who.direction, group.who.address or "unknown")


def _watched(findings: Findings) -> tuple[date, date] | None:
    if findings.span is None:
        return None
    system = findings.systems[0]
    first, last = (findings.tally.local(system, int(moment.timestamp())) for moment in findings.span)
    start = date(1970, 1, 1)
    return start + timedelta(days=first // DAY), start + timedelta(days=last // DAY)


def _next(one: Recurring, on: date) -> str | None:
    recurrence = one.recurrence
    if recurrence.second is None:
        return f"{on.isoformat()} 00:00"
    for number in range(EVERY_DAY):
        day = on + timedelta(days=number)
        if day.weekday() in recurrence.weekdays:
            return f"{day.isoformat()} {recurrence.second // HOUR:02d}:{recurrence.second % HOUR // 60:02d}"
    return None
