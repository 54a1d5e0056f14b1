"""How much happens at which time of day, and what: office hours, nights, weekends."""

from collections.abc import Callable
from datetime import datetime
from itertools import accumulate
from random import Random

from producer.simulator import background, inbound, outbound
from producer.simulator.scene import Draft, Scene

Session = Callable[[Scene, int], list[Draft]]
"""Its entries, given the moment at which it begins (microseconds since 1970)."""

MOST_ENTRIES_PER_SESSION = 10
LIVELIEST = 1.3
"""By how much chance can exceed what is expected."""
SESSIONS_PER_HOUR = (
    *(24, 20, 45, 20, 18, 30, 90, 240, 420, 480, 500, 460),
    *(330, 400, 450, 430, 390, 260, 130, 80, 60, 50, 40, 30),
)
"""On a working day, by hour of local time."""
WEEKEND = 0.15
SCANS_PER_HOUR = 0.08

OFFICE: dict[Session, int] = {
    inbound.telnet: 260,
    inbound.office_client: 170,
    inbound.database_client: 230,
    inbound.ddm: 40,
    inbound.ftp: 25,
    inbound.ssh: 35,
    inbound.admin: 12,
    inbound.failed_handshake: 8,
    outbound.directory: 60,
    outbound.mail: 25,
    outbound.database: 25,
    outbound.loopback: 60,
    background.datagram: 30,
    background.lease: 10,
    background.refused_mail: 6,
    background.closed_port: 4,
}
NIGHT: dict[Session, int] = {
    **OFFICE,
    inbound.telnet: 20,
    inbound.office_client: 10,
    inbound.database_client: 120,
    inbound.admin: 2,
    outbound.batch_load: 80,
    background.datagram: 120,
}


def sessions_per_second(local: datetime) -> float:
    """How many sessions are expected to begin at that local time, for a partition of scale 1."""
    return SESSIONS_PER_HOUR[local.hour] * (WEEKEND if local.weekday() >= 5 else 1.0) / 3600


def session_count(rng: Random, expected: float) -> int:
    """How many there are really: never more than LIVELIEST times the expected, and one."""
    return int(expected * rng.uniform(2 - LIVELIEST, LIVELIEST) + rng.random())


def choose_sessions(rng: Random, local: datetime, count: int) -> list[Session]:
    """What `count` sessions at that local time are."""
    kinds, weights = _OFFICE_CHOICE if 7 <= local.hour < 19 and local.weekday() < 5 else _NIGHT_CHOICE
    return rng.choices(kinds, cum_weights=weights, k=count)


def _choice(kinds: dict[Session, int]) -> tuple[tuple[Session, ...], tuple[int, ...]]:
    return tuple(kinds), tuple(accumulate(kinds.values()))


_OFFICE_CHOICE = _choice(OFFICE)
_NIGHT_CHOICE = _choice(NIGHT)
