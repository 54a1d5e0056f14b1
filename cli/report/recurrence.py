"""What recurs by the clock: connections at the same time of day, or at one interval, again and again.

A job is told from people by how sharp it is: it comes within minutes of the same time on nearly every day that it was
watched, where connections around that time are too rare for this to be chance.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb
from statistics import median

DAY = 86_400
HOUR = 3_600
WIDTHS = (240, 600, 1_200)
"""How far apart the starts of a job may be, in seconds: queues and late batches move it."""
AFTER = 900
"""A job's connections go on for so long behind its start, or as long as none is further than CHAIN from the last."""
CHAIN = 300
AROUND = 2 * HOUR
FEWEST = 3
SHARE = 0.75
BY_CHANCE = 1e-6
BY_CHANCE_ALONE = 1e-4
ALONE = 0.9
"""The share of a group's connections that a job makes where nobody else does."""
MOST = 12
FEWEST_INTERVALS = 24
STEADY = 0.1
EVERY_DAY = 7
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Watched:
    """From when to when connections were seen, by the system's clock, in seconds since 1970."""

    start: int
    end: int

    @property
    def days(self) -> range:
        """The midnights before all that was seen."""
        return range(self.start // DAY * DAY, self.end + 1, DAY)

    def starts(self, second: int) -> list[int]:
        """The moments of that second of the day, one for each day, in the time that was watched."""
        first = self.start + (second - self.start) % DAY
        return list(range(first, self.end + 1, DAY))


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`second` is of the day, by the system's clock; None where it comes at an interval of `every` seconds.

    `found` says of each expected time whether it came; empty for an interval. `within` is how far from it, in seconds.
    """

    pattern: str
    second: int | None
    every: int | None
    within: int
    hits: int
    expected: int
    connections: int
    found: tuple[bool, ...] = ()
    last: int = 0
    weekdays: frozenset[int] = frozenset(range(EVERY_DAY))

    @property
    def text(self) -> str:
        """For example `daily 02:00 ± 2 min, 14 of 14 days`."""
        if self.second is None:
            return f"every {_span(self.every or 0)} ± {_span(self.within)}, {self.hits:,} times"
        clock = f"{self.second // HOUR:02d}:{self.second % HOUR // 60:02d}"
        return f"{self.pattern} {clock} ± {_span(self.within)}, {self.hits} of {self.expected} days"


def recurrences(times: Sequence[int], watched: Watched) -> list[Recurrence]:
    """What recurs among the sorted `times` of one group, the most regular first."""
    steady = _steady(times)
    if steady is not None:
        return [steady]
    left, found = list(times), list[Recurrence]()
    for days in (range(EVERY_DAY), range(5), *((day,) for day in range(EVERY_DAY))):
        while len(found) < MOST:
            best = _best(left, watched, frozenset(days))
            if best is None:
                break
            recurrence, left = best
            found.append(recurrence)
    return found


def _steady(times: Sequence[int]) -> Recurrence | None:
    """One interval, day and night or for long stretches: a monitor, a job that polls."""
    for pause in (2, 30, CHAIN):
        starts = [time for before, time in pairwise((-DAY, *times)) if time - before > pause]
        steps = [after - before for before, after in pairwise(starts)]
        if len(steps) < FEWEST_INTERVALS:
            return None
        every = median(steps)
        kept = [step for step in steps if abs(step - every) <= max(STEADY * every, 5)]
        if len(kept) >= SHARE * len(steps) and 30 <= every <= DAY / 3:
            within = max(1, round(max(abs(step - every) for step in kept)))
            return Recurrence(
                "every", None, round(every), within, len(starts), len(starts), len(times), last=starts[-1]
            )
    return None


def _best(times: list[int], watched: Watched, weekdays: frozenset[int]) -> tuple[Recurrence, list[int]] | None:
    """The clearest time of day among those on these days of the week, and the times without it."""
    best: tuple[Recurrence, list[int]] | None = None
    possible = sum(weekday(day) in weekdays for day in watched.days)
    if possible < FEWEST or len(times) < FEWEST:
        return None
    wanted = [time for time in times if weekday(time) in weekdays]
    # a job around midnight is on one day more or less
    if len({time // DAY for time in wanted}) + 1 < max(FEWEST, SHARE * (possible - 2)):
        return None
    for width in WIDTHS:
        found = _at_width(times, watched, weekdays, (_densest(wanted, width), width))
        # one more day could be a stranger that passes by; more are the job's own late starts
        if found is not None and (best is None or found[0].hits > best[0].hits + 1):
            best = found
    return best


def _at_width(
    times: list[int], watched: Watched, weekdays: frozenset[int], window: tuple[int, int]
) -> tuple[Recurrence, list[int]] | None:
    """What recurs in a window of the day, given by its first second and its width."""
    start, width = window
    expected = [moment for moment in watched.starts(start) if weekday(moment + width // 2) in weekdays]
    hit = [bisect_left(times, moment) < bisect_left(times, moment + width) for moment in expected]
    if sum(hit) < max(FEWEST, SHARE * len(expected)):
        return None
    found, left = _taken(times, expected, hit, width, weekdays)
    is_alone = all(hit) and found.connections >= ALONE * len(times)
    tries = DAY / width * (1 if len(weekdays) == EVERY_DAY else 7)
    chance = _at_least(sum(hit), len(expected), _chance(times, expected, width)) * tries
    return (found, left) if chance <= (BY_CHANCE_ALONE if is_alone else BY_CHANCE) else None


def _densest(times: Sequence[int], width: int) -> int:
    """The second of the day at which the window begins that the most days have a time in."""
    within_day = sorted((time % DAY, time // DAY) for time in times)
    # a window that spans midnight sees the small hours as the end of the day before
    circle = [*within_day, *((second + DAY, day - 1) for second, day in within_day if second < width)]
    days = Counter[int]()
    best, start, last = 0, 0, 0
    for second, day in within_day:
        while last < len(circle) and circle[last][0] < second + width:
            days[circle[last][1]] += 1
            last += 1
        if len(days) > best:
            best, start = len(days), second
        days[day] -= 1
        if not days[day]:
            del days[day]
    return start


def _chance(times: Sequence[int], expected: Sequence[int], width: int) -> float:
    """How likely a window of this width has a time in it on any day, by those before and behind: the busier side."""
    before = range(-AROUND, -width, width)
    behind = range(width + AFTER, width + AFTER + AROUND, width)
    return max(_occupied(times, expected, side, width) for side in (before, behind))


def _occupied(times: Sequence[int], expected: Sequence[int], offsets: Sequence[int], width: int) -> float:
    full = sum(
        bisect_left(times, moment + offset) < bisect_left(times, moment + offset + width)
        for moment in expected
        for offset in offsets
    )
    return (full + 0.5) / (len(expected) * len(offsets) + 1)


def _at_least(hits: int, tries: int, chance: float) -> float:
    """How likely so many hits or more are by chance."""
    return sum(comb(tries, count) * chance**count * (1 - chance) ** (tries - count) for count in range(hits, tries + 1))


def _taken(
    times: list[int], expected: list[int], hit: list[bool], width: int, weekdays: frozenset[int]
) -> tuple[Recurrence, list[int]]:
    spans = [_span_of(times, moment, width) for moment, came in zip(expected, hit, strict=True) if came]
    offsets = [times[first] - moment for moment, (first, _) in zip(_of(expected, hit), spans, strict=True)]
    middle = round(median(offsets))
    gone = {place for first, last in spans for place in range(first, last)}
    recurrence = Recurrence(
        pattern=_pattern(weekdays),
        second=_minute(expected[0] + middle),
        every=None,
        within=max(60, -(-max(abs(offset - middle) for offset in offsets) // 60) * 60),
        hits=sum(hit),
        expected=len(hit),
        connections=len(gone),
        found=tuple(hit),
        last=times[spans[-1][1] - 1],
        weekdays=weekdays,
    )
    return recurrence, [time for place, time in enumerate(times) if place not in gone]


def _span_of(times: Sequence[int], moment: int, width: int) -> tuple[int, int]:
    """Which times belong to one run of the job: those of its window, and what follows closely."""
    first, last = bisect_left(times, moment), bisect_left(times, moment + width)
    end = bisect_left(times, times[first] + AFTER)
    while last < end and times[last] - times[last - 1] <= CHAIN:
        last += 1
    return first, last


def _of(expected: Iterable[int], hit: Iterable[bool]) -> Iterator[int]:
    return (moment for moment, came in zip(expected, hit, strict=True) if came)


def weekday(time: int) -> int:
    """0 is Monday; the first of January 1970 was a Thursday."""
    return (time // DAY + 3) % 7


def _minute(time: int) -> int:
    return (time + 30) // 60 * 60 % DAY


def _pattern(weekdays: frozenset[int]) -> str:
    if len(weekdays) == EVERY_DAY:
        return "daily"
    return "Monday to Friday" if len(weekdays) == 5 else f"{WEEKDAYS[min(weekdays)]}s"


def _span(seconds: int) -> str:
    if seconds < 120 and seconds % 60:
        return f"{seconds} s"
    if seconds < 2 * HOUR or seconds % HOUR:
        return f"{round(seconds / 60):,} min"
    return f"{seconds // HOUR} h"
