"""A partition that gives nothing though it has records: the consumer is replaced, and everything is delivered once."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import kafka
import pytest

from dev.kafka import Kafka
from runtime.bounded import Bounded
from runtime.broker import Subscription
from runtime.errors import BatchLost
from runtime.flow import Forgetful, Settled
from runtime.health import Health
from runtime.kafka import KafkaBroker
from runtime.kafka.client import Clients
from runtime.kafka.ranges import Ranges
from runtime.kafka.source import KafkaSource
from runtime.kafka.stalls import Stalls
from runtime.kafka.transactions import Transactions
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.service import Running
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.topics import Topic
from tests.fakes.clock import FakeClock

RECORDS = 1_500
BATCH_SIZE = 500
REREAD = 259
POLL_SECONDS = 0.2
DEADLINE_SECONDS = 120


class Reading:
    """One source on two partitions that are full of records, and where what it gave came from."""

    def __init__(self, server: Kafka) -> None:
        name = uuid4().hex[:8]
        topic = f"numbers-{name}"
        settings, shutdown = BrokerSettings(url=server.url), Shutdown()
        self.metrics = Metrics("test")
        self.given: Counter[tuple[int, int]] = Counter()
        self.clock = FakeClock()
        self._broker = KafkaBroker(settings, Running("test", name, shutdown, Health(), self.metrics), batch_size=1)
        self._bounded = Bounded(shutdown)
        clients = Clients(settings, (server.bootstrap,), name)
        self._publish(topic)
        self.source = KafkaSource(
            clients,
            Subscription(name, name, (topic,)),
            Forgetful(),
            Transactions(clients, name, self._bounded),
            Ranges(clients, shutdown),
            metrics=self.metrics,
            batch_size=BATCH_SIZE,
            stalls=Stalls(after=5 * POLL_SECONDS, clock=self.clock),
        )

    @property
    def consumer(self) -> Any:
        """The source's own client: from outside, nobody can stall it."""
        return self.source._member and self.source._member.consumer

    def until(self, enough: Callable[[], bool]) -> None:
        """Settle batch after batch, as the loop does."""
        end = time.monotonic() + DEADLINE_SECONDS
        while not enough():
            assert time.monotonic() < end, "the records did not come"
            try:
                batch = self.source.poll(POLL_SECONDS)
                if batch is None:  # time goes by only while nothing comes, however slow the machine is
                    self.clock.advance(POLL_SECONDS)
                else:
                    self.source.checkpoint(Settled(batch))
                    self.given.update((item.partition.number, item.offset) for item in batch.items)
            except BatchLost:
                self.source.abandon()

    def close(self) -> None:
        self.source.close()
        self._bounded.close()
        self._broker.close()

    def _publish(self, topic: str) -> None:
        self._broker.ensure([Topic(topic, 2, 7)])
        publisher = self._broker.publisher(topic)
        publisher.claim()
        publisher.publish(
            [Record(topic, b"key", b"value", "number", number) for number in (0, 1) for _ in range(RECORDS)]
        )
        publisher.close()


@pytest.fixture
def reading(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    monkeypatch.setattr("runtime.kafka.source.LOOK_SECONDS", 0.0)
    made = Reading(kafka)
    yield made
    made.close()


def paused(consumer: Any) -> None:
    """One partition is left out of every fetch."""
    consumer.pause(min(consumer.assignment(), key=consumer.position))


def parked(consumer: Any) -> None:
    """What a rebuild with the worker's own client would do: each partition alone is read again, up to where it was.

    The first one is parked, so that is the one that has most left.
    """
    places = {place: consumer.position(place) for place in consumer.assignment()}
    owned = sorted(places, key=lambda place: int(places[place]))
    consumer.pause(*owned)
    for place in owned:
        consumer.resume(place)
        consumer.seek(place, max(0, places[place] - REREAD))
        while consumer.position(place) < places[place]:
            consumer.poll(300)
        consumer.pause(place)
        consumer.seek(place, places[place])
    consumer.resume(*owned)


@pytest.mark.parametrize(
    "stall",
    [
        pytest.param(paused, id="paused"),
        pytest.param(
            parked,
            id="parked by the client",
            marks=pytest.mark.skipif(kafka.__version__ != "3.0.12", reason="a fault of kafka-python 3.0.12"),
        ),
    ],
)
def test_a_stalled_partition_gets_a_new_consumer_and_gives_every_record_once(
    stall: Callable[[Any], None], reading: Reading
) -> None:
    reading.until(lambda: {number for number, _ in reading.given} == {0, 1})
    stalled = reading.consumer

    stall(stalled)
    reading.until(lambda: len(reading.given) == 2 * RECORDS)

    assert set(reading.given.values()) == {1}
    assert reading.metrics.value("source_stalls_total") == 1
    assert reading.consumer is not stalled
