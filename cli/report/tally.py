"""Counting verdicts without keeping them: one group for each sort of connection, and in it only when they were."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from cli.report.asked import Selection
from enricher.catalogue import PASSIVE_DATA
from schemas.ids import correction_number, first_id
from schemas.records import Basis, DetailType, Direction, Endpoint, EventId, Network, Severity, Verdict, VerdictKind

ACTIVE_DATA_PORT = 20
HALF_HOUR = 1800


class Who(NamedTuple):
    """Whose connections: the system, the service on its port, and the address at the other end.

    `port` is None for FTP data, which has another one each time.
    """

    system: str
    direction: Direction
    detail_type: DetailType
    transport: str
    service: str | None
    port: int | None
    address: str | None
    network: Network | None


class Conclusion(NamedTuple):
    """What the verdict on them says."""

    verdict: VerdictKind
    reason: str
    basis: Basis
    severity: Severity
    protocol: str | None
    cipher: str | None
    advice: str | None
    policy: str
    mode: str


@dataclass(slots=True)
class Group:
    """Connections of one sort. `times` are seconds since 1970, UTC; those in `gone` were corrected away."""

    who: Who
    conclusion: Conclusion
    example: EventId
    times: "array[int]" = field(default_factory=lambda: array("q"))
    gone: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def count(self) -> int:
        return len(self.times) - len(self.gone)

    def settle(self) -> None:
        """Take out what was corrected away."""
        if self.gone:
            self.times = array("q", (Counter(self.times) - Counter(self.gone)).elements())
            self.gone = array("q")


@dataclass(slots=True)
class Sums:
    """What became of the verdicts that were read, `alerted` only in an alert: those two are the sum of the others and
    the connections counted."""

    verdicts: int = 0
    alerted: int = 0
    out_of_range: int = 0
    not_selected: int = 0
    repeated: int = 0
    corrected: int = 0


class Tally:
    """Verdicts in any order. A correction takes the place of what it supersedes; the same id twice counts once.

    `services` and `systems` are those of everything that was read, whatever the selection. `unpreceded` holds the hash
    of the first id of each correction without what it supersedes.
    """

    def __init__(self, selection: Selection | None = None) -> None:
        self.sums = Sums()
        self.services: set[str] = set()
        self.systems: set[str] = set()
        self.unpreceded: set[int] = set()
        self.names: dict[str, tuple[str, str | None]] = {}
        self._selection = selection or Selection()
        self._groups: dict[tuple[Who, Conclusion], Group] = {}
        self._places: list[tuple[Group, int]] = []
        self._known: dict[tuple[int, int], int] = {}
        # by the hash of the id: a million connections are some 80 MB this way, and twice that as text
        self._seen: dict[int, int] = {}
        self._alerted: set[int] = set()
        self._offsets: dict[tuple[str, int], int] = {}

    @property
    def groups(self) -> list[Group]:
        """Those with connections left in them."""
        for group in self._groups.values():
            group.settle()
        return [group for group in self._groups.values() if group.times]

    def add(self, verdict: Verdict) -> bool:
        """Whether it counts: it is in the selection, and neither a repetition nor superseded already."""
        self.sums.verdicts += 1
        self.systems.add(verdict.system)
        if self._alerted and (key := hash(verdict.id)) in self._alerted:
            self._alerted.remove(key)
            self.sums.alerted -= 1
            return False
        return self._count(verdict)

    def add_alerted(self, verdict: Verdict) -> bool:
        """The same of the verdict that an alert holds: it stands for itself until it is read."""
        if not self._selection.span.has(verdict.time) or not self._has(verdict) or self._knows(verdict):
            return False
        self._alerted.add(hash(verdict.id))
        self.sums.alerted += 1
        return self._count(verdict)

    def _count(self, verdict: Verdict) -> bool:
        if verdict.service:
            self.services.add(verdict.service)
        if not self._selection.span.has(verdict.time):
            self.sums.out_of_range += 1
            return False
        if not self._has(verdict):
            self.sums.not_selected += 1
            return False
        who, conclusion = who_of(verdict), conclusion_of(verdict)
        number = 0 if verdict.supersedes is None else correction_number(verdict.id)
        group, time = self._group(who, conclusion, verdict.id), int(verdict.time.timestamp())
        if not self._is_new(hash(first_id(verdict.id) if number else verdict.id), self._place(group, number), time):
            return False
        group.times.append(time)
        self._note(verdict, who, time)
        return True

    def _has(self, verdict: Verdict) -> bool:
        return self._selection.has_system(verdict.system) and self._selection.has_service(
            verdict.service, _service_port(verdict)
        )

    def _knows(self, verdict: Verdict) -> bool:
        """Whether it was read, or what supersedes it."""
        place = self._seen.get(hash(first_id(verdict.id)))
        return place is not None and self._places[place][1] >= correction_number(verdict.id)

    def local(self, system: str, time: int) -> int:
        """The time as the system's own clock showed it, in seconds since 1970."""
        return time + self._offsets.get((system, time // HALF_HOUR), 0)

    def local_times(self, group: Group) -> list[int]:
        """All times of a group as the system's own clock showed them."""
        system, offsets = group.who.system, self._offsets
        return [time + offsets.get((system, time // HALF_HOUR), 0) for time in group.times]

    def _is_new(self, key: int, place: int, time: int) -> bool:
        """Whether the verdict counts: it is neither a repetition nor superseded by one that was here before."""
        before = self._seen.get(key)
        if before is not None:
            group, number = self._places[before]
            if number == self._places[place][1]:
                self.sums.repeated += 1
                return False
            self.sums.corrected += 1
            if number > self._places[place][1]:
                self.unpreceded.discard(key)
                return False
            group.gone.append(time)
        elif self._places[place][1]:
            self.unpreceded.add(key)
        self._seen[key] = place
        return True

    def _group(self, who: Who, conclusion: Conclusion, one: EventId) -> Group:
        group = self._groups.get((who, conclusion))
        if group is None:
            group = self._groups[who, conclusion] = Group(who, conclusion, one)
        return group

    def _place(self, group: Group, number: int) -> int:
        """One number, always the same object, for a group and the number of a correction in it."""
        place = self._known.get((id(group), number))
        if place is None:
            place = self._known[id(group), number] = len(self._places)
            self._places.append((group, number))
        return place

    def _note(self, verdict: Verdict, who: Who, time: int) -> None:
        remote = remote_end(verdict)
        if remote.name and remote.address:
            self.names[remote.address] = (remote.name, remote.name_status)
        hour = (who.system, time // HALF_HOUR)
        if hour not in self._offsets:
            self._offsets[hour] = _offset(verdict)


def remote_end(verdict: Verdict) -> Endpoint:
    """The end that is not the system's: who connected, or what the system connected to."""
    return verdict.destination if verdict.direction is Direction.OUTBOUND else verdict.source


def who_of(verdict: Verdict) -> Who:
    return Who(
        verdict.system,
        verdict.direction,
        verdict.detail_type,
        verdict.transport,
        verdict.service,
        None if _is_ftp_data(verdict) else verdict.destination.port,
        remote_end(verdict).address,
        verdict.network,
    )


def conclusion_of(verdict: Verdict) -> Conclusion:
    tls = verdict.tls
    return Conclusion(
        verdict.verdict,
        verdict.reason,
        verdict.basis,
        verdict.severity,
        tls.protocol if tls else None,
        tls.cipher if tls else None,
        verdict.advice,
        verdict.policy,
        verdict.mode,
    )


def _service_port(verdict: Verdict) -> int | None:
    """The port that the service is on."""
    return (verdict.source if _is_active_data(verdict) else verdict.destination).port


def _is_ftp_data(verdict: Verdict) -> bool:
    """The ports of FTP data would be a group each."""
    return _is_active_data(verdict) or verdict.service == PASSIVE_DATA


def _is_active_data(verdict: Verdict) -> bool:
    return verdict.direction is Direction.OUTBOUND and verdict.source.port == ACTIVE_DATA_PORT


def _offset(verdict: Verdict) -> int:
    """How far the system's clock is ahead of UTC, in seconds; 0 where the journal's time cannot be read."""
    try:
        local = datetime.strptime(verdict.journal_time[:19], "%Y-%m-%d-%H.%M.%S")
    except ValueError:
        return 0
    return round((local - verdict.time.replace(tzinfo=None)) / timedelta(seconds=HALF_HOUR)) * HALF_HOUR
