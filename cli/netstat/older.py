"""Which open connections are older than the auditing: those of which no record on the broker tells."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from cli.netstat.look import Ends, Seen
from cli.records import read_followed
from cli.settings import Settings
from enricher.policy import Policy
from producer.positions import BrokerPositions
from runtime.broker import Broker
from runtime.record import StoredRecord
from schemas.codec import CodecError, decode
from schemas.reasons import Reason
from schemas.records import Direction, Event, Position, Verdict
from schemas.topics import ENTRIES, VERDICTS

ALIVE = timedelta(seconds=30)
MARGIN = timedelta(seconds=5)
LONGEST_SECONDS = 60.0
LOOK_SECONDS = 1.0
WAITING = "sk2siem: waiting for the verdicts on what was opened a moment ago"


@dataclass(frozen=True, slots=True)
class Older:
    """`is_sure` where the journal had been read and judged up to the look at the connections."""

    connections: Sequence[Seen]
    is_sure: bool


def find_older(
    seen: Sequence[Seen],
    broker: Broker,
    settings: Settings,
    policy: Policy,
    *,
    wait: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Older:
    """Of connections that were seen just now. What was opened a moment before is given the time to be told.

    `wait` waits so many seconds and says whether a stop was requested. Raises Unavailable, ConfigError.
    """
    broker.standings("enricher", [ENTRIES, VERDICTS])  # where a topic is missing, that is said before it is made
    moment = datetime.now(UTC) + timedelta(seconds=policy.window_seconds) + MARGIN
    ask = _positions(broker, settings.producer.system, journal_of(settings))
    is_sure = _await_verdicts(broker, ask, moment, wait=wait, clock=clock)
    return Older(_untold(seen, settings.producer.system, read_followed(broker, VERDICTS)), is_sure)


def journal_of(settings: Settings) -> str:
    return f"{settings.producer.journal_library}/{settings.producer.journal_name}"


def _untold(seen: Sequence[Seen], system: str, records: Iterable[StoredRecord]) -> Sequence[Seen]:
    """Those of which no verdict or event of the system in `records` tells; what never left the system aside."""
    abroad = {one.ends: one for one in seen if one.opinion.reason is not Reason.LOCAL}
    for record in records:
        if not abroad:
            break
        if ends := _ends_told(record, system):
            abroad.pop(ends, None)
    return list(abroad.values())


def _ends_told(record: StoredRecord, system: str) -> Ends | None:
    if record.type not in (Verdict.type, Event.type):
        return None
    try:
        told = decode(record.type, record.value)
    except CodecError:
        return None
    if not isinstance(told, Verdict | Event) or told.system != system:
        return None
    if isinstance(told, Event):
        entry = told.entry
        return entry.local_address, entry.local_port, entry.remote_address, entry.remote_port
    is_outbound = told.direction is Direction.OUTBOUND
    local, remote = (told.source, told.destination) if is_outbound else (told.destination, told.source)
    return local.address, local.port, remote.address, remote.port


def _await_verdicts(
    broker: Broker,
    position: Callable[[], Position | None],
    moment: datetime,
    *,
    wait: Callable[[float], bool],
    clock: Callable[[], float],
) -> bool:
    """Whether the journal has been read and judged up to `moment` (UTC); False as soon as that cannot be awaited:
    no producer runs, `wait` says that a stop was requested, or it takes too long.
    """
    started, has_waited = clock(), False
    while clock() - started < LONGEST_SECONDS:
        found = position()
        if found is None or found.retired or datetime.now(UTC) - found.time > ALIVE:
            return False
        if found.progress >= moment and not any(one.behind for one in broker.standings("enricher", [ENTRIES])):
            return True
        if not has_waited:
            click.echo(WAITING, err=True)
            has_waited = True
        if wait(LOOK_SECONDS):
            return False
    return False


def _positions(broker: Broker, system: str, journal: str) -> Callable[[], Position | None]:
    """Asks for the stored position, each time anew."""

    def ask() -> Position | None:
        publisher = broker.publisher(f"sk2siem.look.{system}")
        try:
            return BrokerPositions(publisher, system, journal).glance()
        finally:
            publisher.close()

    return ask
