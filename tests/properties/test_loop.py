"""The real loop over a fake broker: whatever goes wrong, nothing is lost and everything is committed exactly once."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.backoff import Backoff
from runtime.broker import Subscription
from runtime.dead_letters import PREFIX
from runtime.flow import Batch, Memory, Settled, Source, Stage
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import Partition, Record, StoredRecord
from runtime.shutdown import Shutdown
from runtime.worker import Conditions, RejectionLimit, Worker
from schemas.topics import Topic, dead_letters
from tests.fakes.broker import FakeBroker
from tests.fakes.clock import FakeClock, FakeShutdown
from tests.fakes.script import Crash, Fault
from tests.fakes.stage import BAD, REASON, CountingStage, EchoStage, Mood, count_value

IN, OUT, SERVICE = "in", "out", "loop"
PARTITIONS = 3
EVERY = 3
NO_LIMIT = RejectionLimit(share=1.0, in_a_row=10**9)
TOPICS = (Topic(IN, PARTITIONS, 7), Topic(OUT, 1, 7), Topic(dead_letters(SERVICE), 1, 90))

faults = st.lists(st.sampled_from(Fault), max_size=40)
moods: st.SearchStrategy[list[Mood]] = st.lists(
    st.one_of(st.sampled_from(["unavailable", "crash"]), st.frozensets(st.integers(0, 6), max_size=4)), max_size=12
)
inputs = st.lists(
    st.tuples(st.integers(0, PARTITIONS - 1), st.sampled_from([b"red", b"green"]), st.sampled_from([b"good", BAD])),
    max_size=40,
)
stops = st.lists(st.floats(0.1, 5.0), max_size=4)
batch_sizes = st.integers(1, 12)
Inputs = Sequence[tuple[int, bytes, bytes]]


class RememberingStage(Stage[StoredRecord], Memory, Protocol):
    """A stage that is its own memory."""


class WatchedSource:
    """A source that knows what is in hand, and asks for a stop when there is nothing left to do."""

    def __init__(self, source: Source[StoredRecord], broker: FakeBroker, shutdown: Shutdown) -> None:
        self.in_hand = 0
        self._source = source
        self._broker = broker
        self._shutdown = shutdown

    def poll(self, timeout: float) -> Batch[StoredRecord] | None:
        assert self.in_hand == 0, "an unsettled batch is in flight"
        batch = self._source.poll(timeout)
        self.in_hand = len(batch.items) if batch else 0
        if self._broker.script.calm and _all_committed(self._broker):
            self._shutdown.request()
        return batch

    def keep_alive(self) -> None:
        self._source.keep_alive()

    def checkpoint(self, settled: Settled[StoredRecord]) -> None:
        self._source.checkpoint(settled)
        self.in_hand = 0

    def abandon(self) -> None:
        self.in_hand = 0
        self._source.abandon()

    def close(self) -> None:
        self._source.close()


@settings(max_examples=300)
@given(inputs, faults, moods, stops, batch_sizes)
def test_every_record_is_published_or_dead_lettered_exactly_once(
    written: Inputs, script: list[Fault], stage_moods: list[Mood], stop_after: list[float], batch_size: int
) -> None:
    broker = _broker_with(written, script, batch_size)
    left = iter(stage_moods)

    _run_to_the_end(broker, lambda: EchoStage(OUT, left), stop_after)

    good = Counter(record.value for record in broker.read(IN) if not _is_bad(record))
    assert Counter(record.value for record in broker.read(OUT)) == good
    assert _places_of_letters(broker) == _places_of_bad_records(broker)


@settings(max_examples=300)
@given(inputs, faults, moods, stops, batch_sizes)
def test_a_stage_that_remembers_counts_as_if_nothing_had_happened(
    written: Inputs, script: list[Fault], stage_moods: list[Mood], stop_after: list[float], batch_size: int
) -> None:
    broker = _broker_with(written, script, batch_size)
    left = iter(stage_moods)

    _run_to_the_end(broker, lambda: CountingStage(EVERY, OUT, left), stop_after)

    assert Counter(record.value for record in broker.read(OUT)) == _naive_counts(broker)
    assert _places_of_letters(broker) == _places_of_bad_records(broker)


@settings(max_examples=100)
@given(inputs, inputs, batch_sizes)
def test_counts_go_on_over_a_restart(before: Inputs, after: Inputs, batch_size: int) -> None:
    broker = _broker_with(before, [], batch_size)
    _run_to_the_end(broker, lambda: CountingStage(EVERY, OUT))

    broker.append(_records(after))
    _run_to_the_end(broker, lambda: CountingStage(EVERY, OUT))

    assert Counter(record.value for record in broker.read(OUT)) == _naive_counts(broker)


def _broker_with(written: Inputs, script: Iterable[Fault], batch_size: int) -> FakeBroker:
    broker = FakeBroker(script, topics=TOPICS, batch_size=batch_size)
    broker.append(_records(written))
    return broker


def _records(written: Inputs) -> list[Record]:
    return [
        Record(IN, key, value + f" {number}".encode(), "number", partition)
        for number, (partition, key, value) in enumerate(written)
    ]


def _run_to_the_end(
    broker: FakeBroker, new_stage: Callable[[], RememberingStage], stop_after: Iterable[float] = ()
) -> None:
    """One worker after the other, each started because its forerunner crashed or was stopped, until all is done."""
    seconds = iter(stop_after)
    while not (broker.script.calm and _all_committed(broker)):
        with suppress(Crash):
            _run_worker(broker, new_stage(), next(seconds, math.inf))


def _run_worker(broker: FakeBroker, stage: RememberingStage, stop_after: float) -> None:
    """The law of the counters holds however the worker ends."""
    clock = FakeClock()
    shutdown = FakeShutdown(clock, stop_after=stop_after)
    metrics = Metrics(SERVICE)
    health = Health(clock=clock)
    conditions = Conditions(shutdown, health, metrics, NO_LIMIT, Backoff(jitter=lambda: 0.5), clock)
    source = WatchedSource(broker.source(Subscription(SERVICE, "worker-1", (IN,)), stage), broker, shutdown)
    try:
        Worker(source, stage, conditions).run()
    finally:
        received, accepted, abandoned = (
            metrics.value(f"items_{fate}_total") for fate in ("received", "accepted", "abandoned")
        )
        rejected = metrics.value("items_rejected_total", reason=REASON.code)
        assert received == accepted + rejected + abandoned + source.in_hand


def _all_committed(broker: FakeBroker) -> bool:
    return all(standing.behind == 0 for standing in broker.standings(SERVICE, [IN]))


def _naive_counts(broker: FakeBroker) -> Counter[bytes]:
    """Every n good records of a key in a partition, in their order."""
    offsets: dict[tuple[Partition, bytes], list[int]] = {}
    for record in broker.read(IN):
        if not _is_bad(record):
            offsets.setdefault((record.partition, record.key), []).append(record.offset)
    return Counter(
        count_value(partition, its_offsets[start : start + EVERY])
        for (partition, _), its_offsets in offsets.items()
        for start in range(0, len(its_offsets) - EVERY + 1, EVERY)
    )


def _places_of_bad_records(broker: FakeBroker) -> Counter[str]:
    return Counter(f"{record.partition.number}/{record.offset}" for record in broker.read(IN) if _is_bad(record))


def _places_of_letters(broker: FakeBroker) -> Counter[str]:
    headers = [dict(letter.headers) for letter in broker.read(dead_letters(SERVICE))]
    return Counter(f"{each[PREFIX + 'partition'].decode()}/{each[PREFIX + 'offset'].decode()}" for each in headers)


def _is_bad(record: StoredRecord) -> bool:
    return record.value.startswith(BAD)
