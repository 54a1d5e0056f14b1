"""Ten thousand events through the loop while a SIEM misbehaves in the middle of them, and what became of each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from structlog.testing import capture_logs

from dev.certificates import Certificates
from runtime.flow import Batch
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from runtime.worker import Conditions, RejectionLimit, Worker
from sinks.deliver import Deliver
from sinks.sink import Sink
from tests.fakes.clock import FakeClock, FakeShutdown
from tests.fakes.relay import relay
from tests.fakes.source import ListSource
from tests.unit.sinks.samples import stored, verdict

EVENTS = 10_000
BATCHES = 10


@cache
def records() -> tuple[StoredRecord, ...]:
    return tuple(stored(verdict(number), offset=number) for number in range(EVENTS))


@cache
def ids() -> tuple[str, ...]:
    return tuple(verdict(number).id for number in range(EVENTS))


def id_of(record: StoredRecord) -> str:
    return ids()[record.offset]


@contextmanager
def way(port: int, certificates: Certificates, *, over_tls: bool) -> Iterator[Mapping[str, object]]:
    """The settings that lead to what listens there, where they are to be others."""
    if not over_tls:
        yield {}
        return
    with relay(port, certificates.server_context()) as front:
        yield {"url": f"https://localhost:{front.port}", "ca_file": str(certificates.authority)}


@dataclass
class Passing(FakeShutdown):
    """Waits take no time but move the clock; `after` is called behind each."""

    clock: FakeClock
    after: Callable[[], None]

    def __init__(self, clock: FakeClock, after: Callable[[], None]) -> None:
        super().__init__(clock)
        self.clock = clock
        self.after = after

    def wait(self, seconds: float) -> bool:
        asked = super().wait(seconds)
        self.after()
        return asked


@dataclass
class Ran:
    """What came of it. `dead` counts the dead letters of each event, `lines` are the log lines above info."""

    events: int
    metrics: Metrics
    health: Health
    clock: FakeClock
    dead: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lines: list[Mapping[str, object]] = field(default_factory=list)

    def said(self) -> str:
        return "\n".join(str(line.get("why") or line.get("first") or line["event"]) for line in self.lines)


def run(
    sink: Sink,
    metrics: Metrics,
    begin: Callable[[], None],
    *,
    after_wait: Callable[[Ran], None] = lambda _: None,
    events: int = EVENTS,
) -> Ran:
    """Send so many events in ten batches; `begin` is called in the middle. The loop ends when all are settled."""
    clock = FakeClock()
    ran = Ran(events, metrics, Health(clock=clock), clock)
    shutdown = Passing(clock, lambda: after_wait(ran))
    source = ListSource(_batches(begin, events), on_end=shutdown.request)
    conditions = Conditions(shutdown, ran.health, metrics, RejectionLimit(), clock=clock)
    with capture_logs() as lines:
        Worker(source, Deliver(sink, metrics), conditions).run()
    for settled in source.settled:
        ran.dead.update(id_of(rejection.item) for rejection in settled.rejected)
        ran.reasons.update(rejection.reason.code for rejection in settled.rejected)
    ran.lines = [cast(Mapping[str, object], line) for line in lines if line["log_level"] not in ("debug", "info")]
    assert len(source.settled) == BATCHES
    return ran


def _batches(begin: Callable[[], None], events: int) -> Iterator[Batch[StoredRecord]]:
    every, size = records(), events // BATCHES
    for start in range(0, events, size):
        if start == events // 2:
            begin()
        yield Batch(every[start : start + size], position=start)


def assert_each_has_its_fate(ran: Ran, stored_ids: Sequence[str], *, copies: bool) -> None:
    """Each event is stored or a dead letter, and never both; a dead letter is written once; a copy has the same id."""
    expected = set(ids()[: ran.events])
    held = Counter(stored_ids)
    assert set(held) | set(ran.dead) == expected
    assert set(held) & set(ran.dead) == set()
    assert set(ran.dead.values()) <= {1}
    assert copies or set(held.values()) == {1}
    assert ran.metrics.value("items_accepted_total") + ran.dead.total() == ran.events
