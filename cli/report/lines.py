"""The lines of a table: connections grouped by what the reader asks for, the same numbers from whichever side."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from cli.report.tally import Group, Tally, Who
from schemas.records import DetailType, Direction, EventId, VerdictKind

DAY = 86_400
EPOCH_DAY = date(1970, 1, 1).toordinal()
UNLISTED = "not listed"
DIMENSIONS = ("remote", "name", "service", "day", "hour")
TIMED = frozenset({"day", "hour"})
Part = Callable[[Group], bool]


@dataclass(slots=True)
class Line:
    """`key` has a text for each dimension asked for. Times are seconds since 1970, UTC; days are of the system."""

    who: Who
    key: tuple[str, ...]
    counts: Counter[VerdictKind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    tls: Counter[str] = field(default_factory=Counter)
    advice: Counter[str] = field(default_factory=Counter)
    days: set[int] = field(default_factory=set)
    first: int = 0
    last: int = 0
    example: EventId | None = None

    @property
    def connections(self) -> int:
        return self.counts.total()

    @property
    def insecure(self) -> int:
        return self.counts[VerdictKind.INSECURE]

    @property
    def what_to_do(self) -> str:
        """The advice that most of them got."""
        return next((text for text, _ in self.advice.most_common(1)), "")


def is_accepted(group: Group) -> bool:
    """The first of the classic analyses: every connection that the system accepted."""
    return group.who.detail_type is DetailType.ACCEPT


def is_not_secure(group: Group) -> bool:
    """The second one: neither over a secure port, nor secure by evidence."""
    return group.conclusion.verdict is not VerdictKind.SECURE


def lines(groups: Iterable[Group], tally: Tally, by: Sequence[str]) -> list[Line]:
    """One line for each system, direction and combination of what `by` names, most connections first."""
    found: dict[tuple[str, Direction, tuple[str, ...]], Line] = {}
    timed = any(dimension in TIMED for dimension in by)
    for group in groups:
        local = tally.local_times(group)
        if not timed:
            key = tuple(text_of(dimension, group.who, tally.names) for dimension in by)
            _add(_line(found, group, key), group, group.times, local)
            continue
        parts: dict[tuple[str, ...], list[int]] = {}
        for place, time in enumerate(local):
            key = tuple(
                _time_text(dimension, time) if dimension in TIMED else text_of(dimension, group.who, tally.names)
                for dimension in by
            )
            parts.setdefault(key, []).append(place)
        for key, places in parts.items():
            times = [group.times[place] for place in places]
            _add(_line(found, group, key), group, times, [local[place] for place in places])
    if timed:
        return sorted(found.values(), key=lambda line: (line.key, line.who.system, line.who.direction))
    return sorted(found.values(), key=lambda line: (-line.connections, line.key, line.who.system))


def text_of(dimension: str, who: Who, names: Mapping[str, tuple[str, str | None]]) -> str:
    """What a connection is grouped under."""
    if dimension == "service":
        return service_text(who.service, who.port)
    address = who.address or "unknown"
    if dimension == "name":
        return names[address][0] if address in names else address
    return address


def service_text(service: str | None, port: int | None) -> str:
    """For example `telnet (23)`; a port that no catalogue lists is told by its number."""
    if service is None:
        return f"port {port}" if port is not None else UNLISTED
    return service if port is None else f"{service} ({port})"


def day_text(day: int) -> str:
    """The day, counted from 1970, as a date."""
    return date.fromordinal(EPOCH_DAY + day).isoformat()


def _time_text(dimension: str, local: int) -> str:
    return day_text(local // DAY) if dimension == "day" else f"{local % DAY // 3600:02d}:00"


def _line(found: dict[tuple[str, Direction, tuple[str, ...]], Line], group: Group, key: tuple[str, ...]) -> Line:
    place = (group.who.system, group.who.direction, key)
    if place not in found:
        found[place] = Line(group.who, key)
    return found[place]


def _add(line: Line, group: Group, times: Sequence[int], local: Iterable[int]) -> None:
    conclusion, count = group.conclusion, len(times)
    line.counts[conclusion.verdict] += count
    line.reasons[conclusion.reason] += count
    if conclusion.protocol:
        line.tls[conclusion.protocol] += count
    if conclusion.advice:
        line.advice[conclusion.advice] += count
    line.days.update(time // DAY for time in local)
    first, last = min(times), max(times)
    if line.example is None or last >= line.last:
        line.example = group.example
    line.first = first if not line.first else min(first, line.first)
    line.last = max(last, line.last)
