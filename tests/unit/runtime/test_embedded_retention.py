"""Retention: what is older than its topic keeps goes, and offsets are never given twice."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.embedded import EmbeddedBroker
from runtime.embedded.file import open_file
from runtime.embedded.publisher import insert
from runtime.embedded.retention import DAY_MS, tidy
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.shutdown import Shutdown
from schemas.topics import Topic

WEEKLY, MONTHLY, FOR_EVER = "weekly", "monthly", "positions"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broker.db"


@pytest.fixture
def broker(path: Path) -> EmbeddedBroker:
    broker = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown())
    broker.ensure([Topic(WEEKLY, 1, 7), Topic(MONTHLY, 1, 30), Topic(FOR_EVER, 1, None, compact=True)])
    return broker


@pytest.fixture
def connection(broker: EmbeddedBroker, path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_file(path, create=False)
    yield connection
    connection.close()


def _publish(connection: sqlite3.Connection, topic: str, value: bytes, *, days_ago: float) -> None:
    insert(connection, [Record(topic, value, value, "number")])
    then = time.time_ns() // 1_000_000 - int(days_ago * DAY_MS)
    connection.execute(f'UPDATE "records {topic}" SET time_ms = ? WHERE value = ?', (then, value))


def _values(broker: EmbeddedBroker, topic: str) -> list[bytes]:
    return [record.value for record in broker.read(topic)]


def test_each_topic_keeps_its_records_for_its_own_time(
    broker: EmbeddedBroker, connection: sqlite3.Connection, path: Path
) -> None:
    for topic in (WEEKLY, MONTHLY, FOR_EVER):
        for days in (0.5, 8, 400):
            _publish(connection, topic, str(days).encode(), days_ago=days)

    deleted = tidy(connection, path)

    assert deleted == 3
    assert _values(broker, WEEKLY) == [b"0.5"]
    assert _values(broker, MONTHLY) == [b"0.5", b"8"]
    assert _values(broker, FOR_EVER) == [b"0.5", b"8", b"400"]


def test_there_is_nothing_to_tidy_twice(broker: EmbeddedBroker, connection: sqlite3.Connection, path: Path) -> None:
    _publish(connection, WEEKLY, b"old", days_ago=8)
    tidy(connection, path)

    assert tidy(connection, path) == 0


def test_an_offset_is_not_given_again_when_all_records_have_expired(
    broker: EmbeddedBroker, connection: sqlite3.Connection, path: Path
) -> None:
    _publish(connection, WEEKLY, b"old", days_ago=8)
    (old,) = broker.read(WEEKLY)

    tidy(connection, path)
    _publish(connection, WEEKLY, b"new", days_ago=0)

    (new,) = broker.read(WEEKLY)
    assert new.offset > old.offset
    assert broker.standings("anybody", [WEEKLY])[0].behind == 1


def test_a_compacted_topic_keeps_the_newest_record_of_each_key(broker: EmbeddedBroker) -> None:
    publisher = broker.publisher("publisher")
    publisher.claim()
    for value in (b"first", b"second"):
        publisher.publish([Record(FOR_EVER, b"a", value, "position"), Record(FOR_EVER, b"b", value, "position")])
    publisher.close()

    assert [(record.key, record.value) for record in broker.read(FOR_EVER)] == [(b"a", b"second"), (b"b", b"second")]
