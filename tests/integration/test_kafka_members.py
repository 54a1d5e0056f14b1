"""Members of a group beside each other: who is busy, rebuilds, or has just ended, holds the others only for a while."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from kafka import TopicPartition
from kafka.future import Future
from kafka.protocol.consumer import SyncGroupRequest

from dev.kafka import Kafka
from runtime.broker import Subscription
from runtime.errors import BatchLost
from runtime.flow import Batch, Forgetful, Memory, Settled
from runtime.health import Health
from runtime.kafka import KafkaBroker
from runtime.kafka.client import Clients
from runtime.kafka.member import Assignment
from runtime.kafka.source import KafkaSource
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from runtime.service import Running
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.topics import Topic
from tests.processes import wait_until

PARTITIONS = 4
RECORDS = 20
BATCH_SIZE = 10
DEADLINE_SECONDS = 60


class Group:
    """A topic with records in each partition, and members of one group on it, each with all that is its own."""

    def __init__(self, server: Kafka, resources: ExitStack) -> None:
        self.name = uuid4().hex[:8]
        self.topic = f"numbers-{self.name}"
        self.places = {TopicPartition(self.topic, number) for number in range(PARTITIONS)}
        self.health = Health()
        self._server = server
        self._settings = BrokerSettings(url=server.url)
        self._resources = resources
        broker = self._broker("publisher")
        broker.ensure([Topic(self.topic, PARTITIONS, 7)])
        publisher = broker.publisher(self.name)
        publisher.claim()
        publisher.publish(
            [Record(self.topic, b"key", b"value", "number", n) for n in range(PARTITIONS) for _ in range(RECORDS)]
        )
        publisher.close()

    def member(self, worker: str, memory: Memory | None = None) -> KafkaSource:
        source = self._broker(worker).source(Subscription(self.name, worker, (self.topic,)), memory or Forgetful())
        self._resources.callback(source.close)
        return source

    def silent(self, worker: str) -> None:
        """A member that ends between JoinGroup and SyncGroup, as far as Kafka can see."""
        withheld = threading.Event()
        consumer = Clients(self._settings, (self._server.bootstrap,), worker).member(f"sk2siem.{self.name}", 1)
        self._resources.callback(consumer.close, autocommit=False, timeout_ms=0)
        manager = consumer._coordinator._manager
        send = manager.send

        def withhold(request: object, *arguments: Any, **options: Any) -> Any:
            if isinstance(request, SyncGroupRequest):
                withheld.set()
                return Future()
            return send(request, *arguments, **options)

        manager.send = withhold
        consumer.subscribe([self.topic])
        wait_until("the member is about to sync", lambda: consumer.poll(100) == {} and withheld.is_set())

    def _broker(self, worker: str) -> KafkaBroker:
        running = Running(self.name, worker, Shutdown(), self.health, Metrics("test"))
        broker = KafkaBroker(self._settings, running, batch_size=BATCH_SIZE)
        self._resources.callback(broker.close)
        return broker


class SlowMemory(Forgetful):
    """Depends on everything, and waits at each record of a rebuild for `seconds`, or for less: until it is released."""

    def __init__(self, seconds: float) -> None:
        self.read = 0
        self.released = threading.Event()
        self._seconds = seconds

    def rebuild(
        self, partition: Partition, records: Iterable[StoredRecord], undecided_from: Offset | None = None
    ) -> None:
        for _ in records:
            self.read += 1
            self.released.wait(self._seconds)

    def needed_from(self, partition: Partition) -> Offset | None:
        return Offset(0)


def owned(source: KafkaSource) -> set[TopicPartition]:
    return source._owned


def batch_of(source: KafkaSource) -> Batch[StoredRecord]:
    """The next batch with items; one that is lost is asked for again."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        try:
            batch = source.poll(0.1)
        except BatchLost:
            source.abandon()
        else:
            if batch and batch.items:
                return batch
    raise AssertionError("no batch came")


def drain(source: KafkaSource, places: set[TopicPartition]) -> None:
    """Settle what comes until the partitions are owned and everything of them is settled."""
    ends = dict.fromkeys(places, RECORDS)
    while ends:
        batch = batch_of(source)
        source.checkpoint(Settled(batch))
        assert isinstance(batch.position, dict)
        ends = {place: end for place, end in ends.items() if batch.position.get(place, 0) < end}


class Polling:
    """A member that does nothing but poll, in a thread of its own; `at_end` makes it come to an end."""

    def __init__(self, source: KafkaSource, at_end: Callable[[], object] = lambda: None) -> None:
        self._source = source
        self._at_end = at_end
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self) -> KafkaSource:
        self._thread.start()
        return self._source

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._at_end()
        self._thread.join()

    def _poll(self) -> None:
        while not self._done.is_set():
            try:
                self._source.poll(0.1)
            except BatchLost:
                self._source.abandon()


@pytest.fixture
def group(kafka: Kafka) -> Iterator[Group]:
    with ExitStack() as resources:
        yield Group(kafka, resources)


def test_a_member_that_ended_at_its_first_assignment_gets_its_partitions_back(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It led the group then. Who is started again under its name gets what it had given itself, and leads no more."""
    assigned: list[object] = []
    first = group.member("one")
    with monkeypatch.context() as patch:
        patch.setattr(Assignment, "on_partitions_assigned", lambda _, places: assigned.append(places))
        wait_until("the member has its first assignment", lambda: first.poll(0.05) is None and bool(assigned))
    first.close()

    again = group.member("one")

    wait_until("it owns all again", lambda: again.poll(0.1) is None and owned(again) == group.places)
    assert assigned[0] == group.places


def test_a_member_that_ended_between_joining_and_syncing_holds_the_next_one_for_a_session_alone(group: Group) -> None:
    group.silent("one")

    newcomer = group.member("two")

    assert [newcomer.poll(0.1) for _ in range(5)] == [None] * 5
    assert owned(newcomer) == set()
    wait_until("the newcomer owns all", lambda: newcomer.poll(0.1) is None and owned(newcomer) == group.places)


def test_a_busy_member_holds_a_newcomer_for_the_poll_interval_and_takes_smaller_batches_from_then_on(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("client", "source"):
        monkeypatch.setattr(f"runtime.kafka.{module}.MAX_POLL_INTERVAL_MS", 2_000)
    busy = group.member("busy")
    batch = batch_of(busy)

    with Polling(group.member("newcomer")) as newcomer:
        wait_until("the newcomer owns all", lambda: owned(newcomer) == group.places)
        with pytest.raises(BatchLost, match="5 records at most"):
            busy.checkpoint(Settled(batch))
        busy.abandon()
        again = batch_of(busy)

    assert len(batch.items) == BATCH_SIZE
    assert len(again.items) == BATCH_SIZE // 2


def test_who_rebuilds_a_large_memory_is_alive(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SlowMemory(0.0)
    drain(group.member("one", memory), group.places)
    monkeypatch.setattr("runtime.kafka.source.STAY_SECONDS", 0.0)
    beats: list[int] = []
    monkeypatch.setattr(group.health, "beat", lambda: beats.append(memory.read))

    again = group.member("one", memory)
    wait_until("it owns all again", lambda: again.poll(0.1) is None and owned(again) == group.places)

    assert memory.read == PARTITIONS * RECORDS
    assert set(range(memory.read)) <= set(beats)


def test_who_rebuilds_a_large_memory_makes_room_for_a_newcomer_meanwhile(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(group.member("one", SlowMemory(0.0)), group.places)
    monkeypatch.setattr("runtime.kafka.source.STAY_SECONDS", 0.2)
    slow = SlowMemory(1.0)

    with Polling(group.member("one", slow), at_end=slow.released.set):
        wait_until("the rebuild has begun", lambda: slow.read > 0)
        with Polling(group.member("two")) as newcomer:
            wait_until("the newcomer owns half", lambda: len(owned(newcomer)) == PARTITIONS // 2)
            read = slow.read

    assert read < PARTITIONS * RECORDS
