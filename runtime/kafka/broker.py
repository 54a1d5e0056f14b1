"""The Broker port over a Kafka cluster."""

import time
from collections.abc import Iterator, Mapping, Sequence

from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError

from runtime.bounded import Bounded
from runtime.broker import Standing, Subscription, TopicState
from runtime.flow import Memory
from runtime.kafka.certificates import require_usable
from runtime.kafka.client import Clients
from runtime.kafka.errors import translated
from runtime.kafka.publisher import KafkaPublisher
from runtime.kafka.ranges import Ranges
from runtime.kafka.source import KafkaSource
from runtime.kafka.topics import ensure
from runtime.kafka.transactions import Transactions
from runtime.record import Partition, StoredRecord
from runtime.service import Running
from runtime.settings import BrokerSettings
from schemas.topics import Topic

DEFAULT_PORT = 9092
COORDINATOR_SECONDS = 15.0
COORDINATOR_PAUSE = 0.2


class KafkaBroker:
    """One cluster, as named by `kafka://host:port,host:port`."""

    def __init__(self, settings: BrokerSettings, running: Running, *, batch_size: int) -> None:
        """Raises ConfigError for certificates that cannot be used; connects to nothing."""
        require_usable(settings)
        hosts = settings.url.removeprefix("kafka://").rstrip("/").split(",")
        servers = tuple(host if ":" in host else f"{host}:{DEFAULT_PORT}" for host in map(str.strip, hosts))
        self._servers = servers
        self._clients = Clients(settings, servers, running.worker)
        self._running = running
        self._batch_size = batch_size
        self._ranges = Ranges(self._clients, running.shutdown)
        self._bounded = Bounded(
            running.shutdown, stuck_after=running.stuck_after, grace=running.grace, beat=running.health.beat
        )

    def source(self, subscription: Subscription, memory: Memory) -> KafkaSource:
        return KafkaSource(
            self._clients,
            subscription,
            memory,
            self._transactions(f"sk2siem.{subscription.service}.{subscription.worker}"),
            self._ranges,
            metrics=self._running.metrics,
            batch_size=self._batch_size,
            beat=self._running.health.beat,
        )

    def publisher(self, identity: str) -> KafkaPublisher:
        return KafkaPublisher(self._transactions(identity), self._ranges)

    def ensure(self, topics: Sequence[Topic]) -> list[TopicState]:
        with translated("creating topics"):
            admin = self._clients.admin()
            try:
                return ensure(admin, topics)
            finally:
                admin.close()

    def partitions(self, topic: str) -> int:
        return len(self._ranges.partitions(topic))

    def read(self, topic: str, start: Mapping[int, int] | None = None) -> Iterator[StoredRecord]:
        places = [Partition(topic, number) for number in self._ranges.partitions(topic)]
        with self._ranges.reading() as read:
            for place, (first, end) in self._ranges.ends(places).items():
                yield from read(place, max(first, (start or {}).get(place.number, first)), end)

    def size(self, topic: str) -> int:
        """With the markers of transactions."""
        places = [Partition(topic, number) for number in self._ranges.partitions(topic)]
        return sum(end - first for first, end in self._ranges.ends(places).values())

    def standings(self, service: str, topics: Sequence[str]) -> list[Standing]:
        places = [Partition(topic, number) for topic in topics for number in self._ranges.partitions(topic)]
        ends = self._ranges.ends(places)
        with translated("reading committed offsets"):
            admin = self._clients.admin()
            try:
                committed = self._committed(admin, f"sk2siem.{service}")
            finally:
                admin.close()
        return [
            Standing(place, committed.get(place, first), end, expired=first > 0)
            for place, (first, end) in ((place, ends[place]) for place in places)
        ]

    def _committed(self, admin: KafkaAdminClient, group: str) -> dict[Partition, int]:
        """A new cluster makes its topic of offsets when it is first asked for one, and is not available until then."""
        deadline = time.monotonic() + COORDINATOR_SECONDS
        while True:
            try:
                found = admin.list_group_offsets({group: None}).get(group, {})
            except CoordinatorNotAvailableError:
                if time.monotonic() > deadline or self._running.shutdown.wait(COORDINATOR_PAUSE):
                    raise
            else:
                return {Partition(*place): offset.offset for place, offset in found.items() if offset.offset >= 0}

    def check(self) -> str:
        with translated(f"reaching {','.join(self._servers)}"):
            admin = self._clients.admin()
            try:
                return f"Kafka at {','.join(self._servers)}: {len(admin.list_topics())} topics"
            finally:
                admin.close()

    def close(self) -> None:
        self._bounded.close()

    def _transactions(self, identity: str) -> Transactions:
        return Transactions(self._clients, identity, self._bounded)
