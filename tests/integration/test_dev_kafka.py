"""The local Kafka is a real one: transactions, crashes, one process per data folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from dev.kafka import Kafka
from dev.part import STACK, Failed, free_port

PROJECT = STACK.parent


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker of its own: it is killed, and what other tests have left open would have to be finished first."""
    with Kafka(port=free_port(), data=tmp_path_factory.mktemp("kafka-of-its-own")) as part:
        yield part


@pytest.fixture
def topic(kafka: Kafka) -> str:
    name = f"topic-{uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    admin.close()
    return name


@pytest.fixture
def publisher(kafka: Kafka, topic: str) -> Iterator[KafkaProducer]:
    client = KafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=topic, acks="all")
    client.init_transactions()
    yield client
    client.close()


def read_committed(kafka: Kafka, topic: str, records: int) -> list[bytes]:
    """The first `records` values of the topic, or fewer when there are no more for a minute."""
    consumer = KafkaConsumer(
        bootstrap_servers=kafka.bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        consumer_timeout_ms=60_000,
    )
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    values = [record.value for _, record in zip(range(records), consumer, strict=False)]
    consumer.close()
    return values


def publish(publisher: KafkaProducer, topic: str, value: bytes) -> None:
    publisher.begin_transaction()
    publisher.send(topic, value, partition=0)
    publisher.commit_transaction()


def test_a_reader_of_committed_records_never_sees_an_aborted_one(
    kafka: Kafka, topic: str, publisher: KafkaProducer
) -> None:
    publish(publisher, topic, b"first")
    publisher.begin_transaction()
    publisher.send(topic, b"aborted", partition=0)
    publisher.abort_transaction()
    publish(publisher, topic, b"second")

    values = read_committed(kafka, topic, records=2)

    assert values == [b"first", b"second"]


def test_committed_records_survive_a_kill(kafka: Kafka, topic: str, publisher: KafkaProducer) -> None:
    publish(publisher, topic, b"before")
    publisher.close()
    read = read_committed(
        kafka, topic, records=1
    )  # a commit whose marker is not written yet can take minutes after a kill

    kafka.kill()
    ended = kafka.pid is None
    kafka.start()

    assert ended
    assert read == read_committed(kafka, topic, records=1) == [b"before"]


def test_a_second_start_on_the_same_data_is_refused(kafka: Kafka) -> None:
    with pytest.raises(Failed, match=f"already runs .* as process {kafka.pid}"):
        Kafka(port=free_port(), data=kafka.data).start()


def test_a_port_in_use_is_named(kafka: Kafka, tmp_path: Path) -> None:
    with pytest.raises(Failed, match=f"127.0.0.1:{kafka.port}"):
        Kafka(port=kafka.port, data=tmp_path).start()


def test_a_pid_file_left_behind_never_stops_a_stranger(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(f"{os.getpid()}\n")
    part = Kafka(data=tmp_path)

    part.stop()

    assert part.pid is None


def test_the_log_is_a_file_in_the_data_folder(kafka: Kafka) -> None:
    assert "Kafka Server started" in (kafka.data / "kafka.log").read_text()


@pytest.mark.usefixtures("kafka")
def test_the_command_starts_a_broker_that_outlives_it_and_stops_it(tmp_path: Path) -> None:
    port = free_port()

    started = dev_kafka("start", "--port", str(port), "--data", str(tmp_path))
    pid = Kafka(port=port, data=tmp_path).pid
    stopped = dev_kafka("stop", "--data", str(tmp_path))

    assert f"kafka://127.0.0.1:{port}" in started
    assert pid is not None
    assert stopped == "kafka stopped\n"
    assert Kafka(data=tmp_path).pid is None


def dev_kafka(*words: str) -> str:
    command = [sys.executable, "-m", "dev.kafka", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=120).stdout
