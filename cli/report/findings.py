"""What a report says, whatever it is written as: connections counted, what recurs, what it rests on."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from cli.report.asked import Selection
from cli.report.coverage import Coverage, Unread, Unsaid
from cli.report.lines import UNLISTED
from cli.report.recurrence import DAY, Recurrence, Watched, recurrences
from cli.report.tally import Group, Tally
from enricher.policy import Mode
from schemas.records import Alert, AnyRecord, Direction, Verdict, VerdictKind

SAME_TIME = 900
UNREADABLE = "unreadable"
LOCAL = "local"
Item = AnyRecord | Unread | None
"""What a source gives: None is a record that could not be read."""


class Remote(NamedTuple):
    """Who is at the other end of a system's connections."""

    system: str
    direction: Direction
    address: str


@dataclass(frozen=True, slots=True)
class Recurring:
    """One thing that recurs between a system and a remote address, over the services that take part in it.

    `jobs` are entries of the system's own scheduler that may be behind it, where they were asked for.
    """

    remote: Remote
    services: tuple[str, ...]
    recurrence: Recurrence
    counts: Counter[VerdictKind]
    jobs: tuple[str, ...] = ()

    @property
    def verdict(self) -> VerdictKind:
        """Of most of the connections over these services."""
        return self.counts.most_common(1)[0][0]


@dataclass(frozen=True, slots=True)
class Findings:
    """`source` is in words; `made_at` is when it was read; `unsaid` is what a source of its kind cannot say."""

    source: str
    made_at: datetime
    selection: Selection
    tally: Tally
    coverage: Coverage
    groups: Sequence[Group]
    recurring: Sequence[Recurring]
    unsaid: Sequence[Unsaid] = ()

    @property
    def counts(self) -> Counter[VerdictKind]:
        return count(self.groups)

    @property
    def connections(self) -> int:
        return self.counts.total()

    @property
    def systems(self) -> list[str]:
        return sorted({group.who.system for group in self.groups} | self.coverage.read.keys())

    @property
    def remotes(self) -> int:
        return len({group.who.address for group in self.groups})

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From the first connection to the last one, or as far as it is known that the journal was read."""
        times = [time for group in self.groups for time in (min(group.times), max(group.times))]
        moments = [datetime.fromtimestamp(time, UTC) for time in times]
        moments += [moment for ends in self.coverage.read.values() for moment in ends]
        return (min(moments), max(moments)) if moments else None

    @property
    def known(self) -> tuple[set[str], set[str]]:
        """Services and systems of everything that was read, whatever was asked for."""
        return self.tally.services, self.tally.systems | self.coverage.systems

    @property
    def unpreceded(self) -> int:
        """Connections of which there is a correction, and nothing of what it corrects."""
        return sum(not self.coverage.has_event(key) for key in self.tally.unpreceded)

    def recurs(self) -> dict[tuple[Remote, str], list[str]]:
        """What recurs, in words, by who and which service."""
        found: dict[tuple[Remote, str], list[str]] = defaultdict(list)
        for one in self.recurring:
            for service in one.services:
                found[one.remote, service].append(one.recurrence.text)
        return found

    @property
    def policies(self) -> Counter[tuple[str, str]]:
        """Connections by the policy that judged them, and its mode."""
        found: Counter[tuple[str, str]] = Counter()
        for group in self.groups:
            found[group.conclusion.policy, group.conclusion.mode] += group.count
        return found


def collect(records: Iterable[Item], selection: Selection) -> tuple[Tally, Coverage]:
    """Everything that a source holds, counted in one pass; nothing but the counts stays in memory."""
    tally, coverage = Tally(selection), Coverage(selection)
    for record in records:
        if record is None:
            coverage.records[UNREADABLE] += 1
            continue
        coverage.records[record.type] += 1
        if isinstance(record, Verdict):
            verdict, counts = record, tally.add(record)
        elif isinstance(record, Alert) and record.connection is not None:
            verdict, counts = record.connection, tally.add_alerted(record.connection)
        else:
            coverage.add(record)
            continue
        if counts and verdict.mode == Mode.EVIDENCE:
            coverage.note_levels(verdict.system, verdict.time, verdict.audit_levels)
    return tally, coverage


def find(records: Iterable[Item], selection: Selection, source: str, unsaid: Sequence[Unsaid] = ()) -> Findings:
    """`unsaid` may grow for as long as records are read."""
    tally, coverage = collect(records, selection)
    groups = tally.groups
    recurring = find_recurring(groups, tally, watched(groups, tally, coverage))
    return Findings(source, datetime.now(UTC), selection, tally, coverage, groups, recurring, unsaid)


def count(groups: Iterable[Group]) -> Counter[VerdictKind]:
    counts: Counter[VerdictKind] = Counter()
    for group in groups:
        counts[group.conclusion.verdict] += group.count
    return counts


def watched(groups: Iterable[Group], tally: Tally, coverage: Coverage) -> dict[str, Watched]:
    """From when to when each system was watched, by its own clock."""
    times: dict[str, list[int]] = defaultdict(list)
    for group in groups:
        times[group.who.system] += (min(group.times), max(group.times))
    for system, ends in coverage.read.items():
        if system in times:
            times[system] += (int(moment.timestamp()) for moment in ends)
    return {
        system: Watched(tally.local(system, min(seen)), tally.local(system, max(seen)))
        for system, seen in times.items()
    }


def find_recurring(groups: Iterable[Group], tally: Tally, spans: Mapping[str, Watched]) -> list[Recurring]:
    """What recurs, the most regular first. Loopback and UDP, of which the journal has one entry for hours, do not."""
    parts: dict[tuple[Remote, str], list[Group]] = defaultdict(list)
    for group in groups:
        if group.who.transport == "tcp" and group.who.address and group.conclusion.reason != LOCAL:
            remote = Remote(group.who.system, group.who.direction, group.who.address)
            parts[remote, group.who.service or UNLISTED].append(group)
    found: dict[Remote, list[Recurring]] = defaultdict(list)
    for (remote, service), members in parts.items():
        times = sorted(time for group in members for time in tally.local_times(group))
        for recurrence in recurrences(times, spans[remote.system]):
            _merge(found[remote], Recurring(remote, (service,), recurrence, count(members)))
    everything = [one for several in found.values() for one in several]
    return sorted(everything, key=lambda one: (-one.recurrence.hits, one.recurrence.second or 0, one.remote))


def _merge(known: list[Recurring], new: Recurring) -> None:
    """A job that uses several services is one thing that recurs."""
    for place, old in enumerate(known):
        if _is_same(old.recurrence, new.recurrence):
            more, less = sorted((old, new), key=lambda one: -one.recurrence.hits)
            recurrence = replace(
                more.recurrence,
                connections=old.recurrence.connections + new.recurrence.connections,
                last=max(old.recurrence.last, new.recurrence.last),
            )
            services = tuple(dict.fromkeys((*more.services, *less.services)))
            known[place] = Recurring(old.remote, services, recurrence, old.counts + new.counts)
            return
    known.append(new)


def _is_same(one: Recurrence, other: Recurrence) -> bool:
    if one.second is None or other.second is None:
        return one.every is not None and other.every is not None and abs(one.every - other.every) <= one.every / 10
    apart = abs(one.second - other.second)
    return min(apart, DAY - apart) <= SAME_TIME
