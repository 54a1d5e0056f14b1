"""The brokers that have to keep the same promises: the fake, the embedded one and a real Kafka."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition

from dev.kafka import Kafka
from dev.part import free_port
from runtime.broker import Broker, Publisher, Subscription
from runtime.embedded import EmbeddedBroker
from runtime.embedded.file import open_file, topic_table
from runtime.embedded.retention import tidy
from runtime.flow import Forgetful, Memory, Source
from runtime.kafka import KafkaBroker
from runtime.metrics import Metrics
from runtime.record import Partition, StoredRecord
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.topics import Topic, dead_letters
from tests.fakes.broker import FakeBroker
from tests.fakes.running import running_as
from tests.fakes.script import Fault

BATCH_SIZE = 100
Expire = Callable[["Rig", Partition, int], None]


@dataclass
class Rig:
    """One broker under test, with names of its own, so that tests cannot meet on a shared broker.

    `connect` gives what another process would have: its own broker object, on the same data, under a worker name.
    `nowhere` is a broker that cannot be reached. `expire` lets a partition's retention delete what is before an offset.
    """

    kind: str
    connect: Callable[[str], Broker]
    nowhere: Callable[[], Broker]
    shares_partitions: bool
    expire: "Expire"
    suffix: str = field(default_factory=lambda: uuid4().hex[:8])
    open_parts: ExitStack = field(default_factory=ExitStack)

    @property
    def service(self) -> str:
        return f"service-{self.suffix}"

    @property
    def dead_letters(self) -> str:
        return dead_letters(self.service)

    def broker(self, worker: str = "worker-1") -> Broker:
        broker = self.connect(worker)
        self.open_parts.callback(broker.close)
        return broker

    def topic(self, name: str, *, partitions: int = 1, compact: bool = False) -> str:
        """A topic that exists."""
        topic = Topic(f"{name}-{self.suffix}", partitions, None if compact else 7, compact)
        self.broker().ensure([topic, Topic(self.dead_letters, 1, 90)])
        return topic.name

    def publisher(self, identity: str = "publisher") -> Publisher:
        publisher = self.broker().publisher(f"{identity}-{self.suffix}")
        self.open_parts.callback(publisher.close)
        return publisher

    def source(
        self, topics: Sequence[str], *, worker: str = "worker-1", memory: Memory | None = None, policy: str = ""
    ) -> Source[StoredRecord]:
        subscription = Subscription(self.service, worker, tuple(topics), policy)
        source = self.broker(worker).source(subscription, memory or Forgetful())
        self.open_parts.callback(source.close)
        return source


@pytest.fixture(params=["fake", "embedded", "kafka"])
def broker_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rig(broker_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    made = {"fake": _fake, "embedded": _embedded, "kafka": _kafka}[broker_kind](request, tmp_path)
    with made.open_parts:
        yield made


def _fake(request: pytest.FixtureRequest, folder: Path) -> Rig:
    broker = FakeBroker(batch_size=BATCH_SIZE)
    return Rig(
        "fake",
        lambda worker: broker,
        lambda: FakeBroker([Fault.UNAVAILABLE]),
        shares_partitions=True,
        expire=lambda rig, partition, until: broker.expire(partition, until),
    )


def _embedded(request: pytest.FixtureRequest, folder: Path) -> Rig:
    def connect(path: Path) -> Broker:
        return EmbeddedBroker(path, metrics=Metrics("contract"), shutdown=Shutdown(), batch_size=BATCH_SIZE)

    return Rig(
        "embedded",
        lambda worker: connect(folder / "broker.db"),
        lambda: connect(folder / "no such folder" / "broker.db"),
        shares_partitions=False,
        expire=lambda rig, partition, until: _grow_old(folder / "broker.db", partition, until),
    )


def _grow_old(path: Path, partition: Partition, until: int) -> None:
    """As retention deletes: by the age of records."""
    connection = open_file(path, create=False)
    try:
        connection.execute(f"UPDATE {topic_table(partition.topic)} SET time_ms = 0 WHERE offset < ?", (until,))
        tidy(connection, path)
    finally:
        connection.close()


def _kafka(request: pytest.FixtureRequest, folder: Path) -> Rig:
    server: Kafka = request.getfixturevalue("kafka")
    # As runtime.logs does; a captured line would hold on to the sockets that it is about.
    request.getfixturevalue("caplog").set_level(logging.CRITICAL, "kafka")
    # What is waited for is the same, only not for as long.
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    monkeypatch.setattr("runtime.kafka.client.CLAIM_TIMEOUT_MS", 5_000)
    monkeypatch.setattr("runtime.kafka.client.SESSION_TIMEOUT_MS", 6_000)

    def connect(url: str, worker: str) -> Broker:
        return KafkaBroker(BrokerSettings(url=url), running_as("contract", worker), batch_size=BATCH_SIZE)

    def nowhere() -> Broker:
        monkeypatch.setattr("runtime.kafka.client.BOOTSTRAP_TIMEOUT_MS", 1_000)
        return connect(f"kafka://127.0.0.1:{free_port()}", "nobody")

    return Rig(
        "kafka",
        lambda worker: connect(server.url, worker),
        nowhere,
        shares_partitions=True,
        expire=lambda rig, partition, until: _delete_records(server.url, partition, until),
    )


def _delete_records(url: str, partition: Partition, until: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=url.removeprefix("kafka://"))
    try:
        admin.delete_records({TopicPartition(*partition): until})
    finally:
        admin.close()
