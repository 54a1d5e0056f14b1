"""What happens by the clock: the nightly jobs of other servers, and the lapses of auditing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from random import Random

from producer.simulator.encoder import encode_system_value
from producer.simulator.inbound import file_transfer, host_servers
from producer.simulator.rhythm import MOST_ENTRIES_PER_SESSION, Session
from producer.simulator.scene import SECOND, Draft, Scene
from producer.simulator.services import DATABASE, SECURITY_OFFICER, SIGNON
from producer.simulator.settings import SimulatorSettings
from producer.simulator.timeline import Timeline, utc_microseconds

BEFORE = ("*AUTFAIL", "*CREATE", "*DELETE", "*SECURITY")
LEVELS = (*BEFORE, "*SERVICE", "*SYSMGT", "*NETFAIL", "*NETSCK", "*NETSECURE", "*NETTELSVR", "*NETUDP")
LAPSED = tuple(level for level in LEVELS if level != "*NETSECURE")
LAPSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class NightlyJob:
    """A job of another server (its place in the cast) that connects at a fixed local time, give or take 20 seconds."""

    server: int
    at: time
    connections: int
    session: Callable[[Scene, int, int], list[Draft]]


def _fetch_by_database(scene: Scene, at: int, server: int) -> list[Draft]:
    return host_servers(scene, at, scene.cast.nightly[server], [SIGNON, DATABASE])


def _fetch_by_file(scene: Scene, at: int, server: int) -> list[Draft]:
    return file_transfer(scene, at, scene.cast.nightly[server])


NIGHTLY_JOBS = (
    NightlyJob(0, time(2, 0), 6, _fetch_by_database),
    NightlyJob(1, time(2, 0), 4, _fetch_by_database),
    NightlyJob(2, time(3, 30), 3, _fetch_by_file),
    NightlyJob(3, time(4, 15), 3, _fetch_by_file),
)
MOST_ENTRIES_PER_DAY = MOST_ENTRIES_PER_SESSION * (sum(job.connections for job in NIGHTLY_JOBS) + 1)


class Schedule:
    """The timed part of one partition. Times are microseconds since 1970, UTC."""

    def __init__(self, settings: SimulatorSettings, timeline: Timeline) -> None:
        self._seed = settings.seed
        self._every = settings.audit_lapse_days
        self._timeline = timeline
        self._first_day = timeline.local(timeline.start).date()
        self._sessions_of = lru_cache(maxsize=4)(self._make_sessions)

    def sessions(self, begin: int, end: int) -> list[tuple[int, Session]]:
        """What begins from `begin` on and before `end`, by the clock. The journal opens with the levels being set."""
        days = sorted({self._timeline.local(moment).date() for moment in (begin, end)})
        timed: list[tuple[int, Session]] = [
            (self._timeline.start, partial(_changed, name="QAUDLVL", new=LEVELS, old=BEFORE))
        ]
        for day in days:
            timed += self._sessions_of(day)
        return [(at, session) for at, session in timed if begin <= at < end]

    def lapse(self, moment: int) -> tuple[int, int] | None:
        """The lapse of auditing on the day of `moment`: from, until."""
        day = self._timeline.local(moment).date()
        if not self._every or (day - self._first_day).days % self._every:
            return None
        delay = Random(f"{self._seed}/lapse/{day}").uniform(0, 1200)
        begin = self._utc(day, _after_noon(delay))
        if begin < self._timeline.start:
            return None
        return begin, begin + int(LAPSE.total_seconds()) * SECOND

    def levels_at(self, moment: int) -> frozenset[str]:
        """The audit levels in force."""
        lapse = self.lapse(moment)
        return frozenset(LAPSED if lapse and lapse[0] <= moment < lapse[1] else LEVELS)

    def _make_sessions(self, day: date) -> list[tuple[int, Session]]:
        rng = Random(f"{self._seed}/nightly/{day}")
        sessions: list[tuple[int, Session]] = []
        for job in NIGHTLY_JOBS:
            at = self._utc(day, job.at) + int(rng.uniform(-20, 20) * SECOND)
            for _ in range(job.connections):
                sessions.append((at, _start(job)))
                at += int(rng.uniform(2, 40) * SECOND)
        return sessions + self._changes(day)

    def _changes(self, day: date) -> list[tuple[int, Session]]:
        lapse = self.lapse(self._utc(day, time(12)))
        if lapse is None:
            return []
        return [
            (lapse[0] - 60 * SECOND, partial(_changed, name="QINACTITV", new=("30",), old=("60",))),
            (lapse[0], partial(_changed, name="QAUDLVL", new=LAPSED, old=LEVELS)),
            (lapse[1], partial(_changed, name="QAUDLVL", new=LEVELS, old=LAPSED)),
        ]

    def _utc(self, day: date, at: time) -> int:
        return utc_microseconds(datetime.combine(day, at), self._timeline.zone)


def _start(job: NightlyJob) -> Session:
    return lambda scene, at: job.session(scene, at, job.server)


def _after_noon(seconds: float) -> time:
    return (datetime.combine(date.min, time(12, 30)) + timedelta(seconds=seconds)).time()


def _changed(scene: Scene, at: int, *, name: str, new: tuple[str, ...], old: tuple[str, ...]) -> list[Draft]:  # noqa: ARG001
    return [Draft(at, "SV", encode_system_value(name, new, old), SECURITY_OFFICER, None)]
