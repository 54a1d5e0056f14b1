"""What only the embedded source promises: one worker at a time, however the one before it ended."""

import fcntl
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from runtime.broker import Subscription
from runtime.brokers import connect
from runtime.embedded import EmbeddedBroker
from runtime.embedded.file import open_file
from runtime.embedded.publisher import insert
from runtime.embedded.source import EmbeddedSource
from runtime.errors import BatchLost, Unavailable
from runtime.flow import Batch, Forgetful, Reason, Rejection, Settled
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from runtime.service import Running
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.topics import Topic, dead_letters
from tests.fakes.clock import FakeClock

TOPIC, OUTPUT, SERVICE = "numbers", "doubled", "worker-test"
HOLDER = f"""
import sys
from pathlib import Path
from runtime.broker import Subscription
from runtime.embedded import EmbeddedBroker
from runtime.flow import Forgetful
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
broker = EmbeddedBroker(Path(sys.argv[1]), metrics=Metrics("test"), shutdown=Shutdown())
source = broker.source(Subscription("{SERVICE}", "first", ("{TOPIC}",)), Forgetful())
print(len(source.poll(5).items), flush=True)
sys.stdin.read()
"""


class SlowMemory(Forgetful):
    """Depends on everything, and takes 40 seconds over each record of a rebuild; notes whether it is alive then."""

    def __init__(self, clock: FakeClock, health: Health) -> None:
        self.alive: list[bool] = []
        self._clock = clock
        self._health = health

    def rebuild(
        self, partition: Partition, records: Iterable[StoredRecord], undecided_from: Offset | None = None
    ) -> None:
        for _ in records:
            self._clock.advance(40)
            self.alive.append(self._health.alive)

    def needed_from(self, partition: Partition) -> Offset | None:
        return Offset(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broker.db"


@pytest.fixture
def broker(path: Path) -> EmbeddedBroker:
    broker = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown())
    broker.ensure([Topic(TOPIC, 1, 7), Topic(OUTPUT, 1, 7), Topic(dead_letters(SERVICE), 1, 90)])
    return broker


@pytest.fixture
def source(broker: EmbeddedBroker) -> Iterator[EmbeddedSource]:
    source = _source(broker)
    yield source
    source.close()


def _source(broker: EmbeddedBroker, worker: str = "worker-1") -> EmbeddedSource:
    return broker.source(Subscription(SERVICE, worker, (TOPIC,)), Forgetful())


def _publish(path: Path, *values: bytes, topic: str = TOPIC) -> None:
    connection = open_file(path, create=False)
    insert(connection, [Record(topic, b"key", value, "number") for value in values])
    connection.close()


def _batch(source: EmbeddedSource) -> Batch[StoredRecord]:
    batch = source.poll(0.0)
    assert batch is not None
    return batch


def test_a_second_worker_waits_even_under_the_same_name(broker: EmbeddedBroker, path: Path) -> None:
    _publish(path, b"1")
    first, second = _source(broker, "same"), _source(broker, "same")
    batch = _batch(first)

    waiting = second.poll(0.0)
    first.checkpoint(Settled(batch))
    first.close()
    _publish(path, b"2")
    taken_over = _batch(second)
    second.close()

    assert waiting is None
    assert [record.value for record in taken_over.items] == [b"2"]


def test_a_second_worker_waits_whatever_name_it_knows_the_file_by(
    source: EmbeddedSource, path: Path, tmp_path: Path
) -> None:
    _publish(path, b"1")
    (tmp_path / "link.db").symlink_to(path)
    second = _source(EmbeddedBroker(tmp_path / "link.db", metrics=Metrics("test"), shutdown=Shutdown()))
    batch = _batch(source)

    waiting = second.poll(0.0)
    second.close()
    source.checkpoint(Settled(batch))

    assert waiting is None


def test_a_worker_that_was_overtaken_waits_until_the_other_one_ends(
    broker: EmbeddedBroker, source: EmbeddedSource, path: Path
) -> None:
    """As when somebody removes a lock file that looks stale."""
    _publish(path, b"1")
    overtaken = _batch(source)
    Path(f"{path}.{SERVICE}.lock").unlink()
    second = _source(broker, "second")
    batch = _batch(second)
    with pytest.raises(BatchLost):
        source.checkpoint(Settled(overtaken))

    source.abandon()
    while_the_other_works = source.poll(0.0)
    second.checkpoint(Settled(batch))
    _publish(path, b"2")
    second.close()

    assert while_the_other_works is None
    assert [record.value for record in _batch(source).items] == [b"2"]


def test_a_lock_file_that_is_removed_while_it_is_taken_is_no_lock(
    broker: EmbeddedBroker, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, real = Path(f"{path}.{SERVICE}.lock"), fcntl.flock

    def flock(handle: int, how: int) -> None:
        real(handle, how)
        lock.unlink()

    _publish(path, b"1")
    source = _source(broker)
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", flock)
        meanwhile = source.poll(0.0)
    afterwards = _batch(source)
    source.close()

    assert meanwhile is None
    assert [record.value for record in afterwards.items] == [b"1"]


def test_a_worker_that_was_killed_leaves_its_place_to_the_next(broker: EmbeddedBroker, path: Path) -> None:
    _publish(path, b"1")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "1\n"
        second = _source(broker, "second")
        while_it_lives = second.poll(0.0)
        holder.kill()

    afterwards = _batch(second)
    second.close()

    assert while_it_lives is None
    assert [record.value for record in afterwards.items] == [b"1"]


def test_who_rebuilds_a_large_memory_is_alive(broker: EmbeddedBroker, path: Path) -> None:
    _publish(path, b"1", b"2", b"3")
    clock = FakeClock()
    health = Health(clock=clock)
    running = Running("test", "worker-1", Shutdown(), health, Metrics("test"))
    memory = SlowMemory(clock, health)
    alive = connect(BrokerSettings(url=f"sqlite:///{path}"), running, batch_size=10)
    first = alive.source(Subscription(SERVICE, "worker-1", (TOPIC,)), memory)
    first.checkpoint(Settled(first.poll(0.0) or Batch((), {})))
    first.close()

    again = alive.source(Subscription(SERVICE, "worker-1", (TOPIC,)), memory)
    again.poll(0.0)
    again.close()

    assert memory.alive == [True, True, True]


def test_a_worker_that_was_taken_over_can_checkpoint_nothing(
    broker: EmbeddedBroker, source: EmbeddedSource, path: Path
) -> None:
    _publish(path, b"1")
    batch = _batch(source)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE groups SET generation = generation + 1")
    connection.close()
    output = Record(OUTPUT, b"key", b"2", "number")

    with pytest.raises(BatchLost):
        source.checkpoint(Settled(batch, [output], [Rejection(batch.items[0], Reason("bad", "it is bad"))]))

    (standing,) = broker.standings(SERVICE, [TOPIC])
    assert standing.behind == 1
    assert list(broker.read(OUTPUT)) == []
    assert list(broker.read(dead_letters(SERVICE))) == []


def test_a_checkpoint_on_a_full_disk_can_be_made_when_there_is_room_again(broker: EmbeddedBroker, path: Path) -> None:
    _publish(path, b"1")
    connection = open_file(path, create=False)
    source = EmbeddedSource(
        connection,
        path,
        Subscription(SERVICE, "worker-1", (TOPIC,)),
        Forgetful(),
        metrics=Metrics("test"),
        wait=Shutdown().wait,
        batch_size=10,
    )
    settled = Settled(_batch(source), [Record(OUTPUT, b"key", b"x" * 1_000_000, "number")])
    connection.execute("PRAGMA max_page_count=100")

    with pytest.raises(Unavailable, match="disk full"):
        source.checkpoint(settled)
    while_full = broker.standings(SERVICE, [TOPIC])[0].behind, len(list(broker.read(OUTPUT)))
    connection.execute("PRAGMA max_page_count=10000")
    source.checkpoint(settled)
    source.close()

    assert while_full == (1, 0)
    assert (broker.standings(SERVICE, [TOPIC])[0].behind, len(list(broker.read(OUTPUT)))) == (0, 1)


def test_a_lock_that_cannot_be_opened_is_unavailable(source: EmbeddedSource, path: Path) -> None:
    Path(f"{path}.{SERVICE}.lock").mkdir()

    with pytest.raises(Unavailable, match=f"{SERVICE}.lock cannot be opened"):
        source.poll(0.0)


def test_a_batch_is_no_larger_than_asked_for(broker: EmbeddedBroker, path: Path) -> None:
    small = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown(), batch_size=2)
    source = _source(small)
    _publish(path, b"1", b"2", b"3")

    first = _batch(source)
    source.checkpoint(Settled(first))
    second = _batch(source)
    source.close()

    assert [len(first.items), len(second.items)] == [2, 1]


def test_a_batch_over_several_topics_is_no_larger_either(broker: EmbeddedBroker, path: Path) -> None:
    small = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown(), batch_size=3)
    source = small.source(Subscription(SERVICE, "worker-1", (TOPIC, OUTPUT)), Forgetful())
    for topic in (TOPIC, OUTPUT):
        _publish(path, b"1", b"2", topic=topic)

    first = _batch(source)
    source.checkpoint(Settled(first))
    second = _batch(source)
    source.close()

    assert [len(first.items), len(second.items)] == [3, 1]


def test_records_that_expired_unread_are_reported(broker: EmbeddedBroker, source: EmbeddedSource, path: Path) -> None:
    _publish(path, b"1")
    source.checkpoint(Settled(_batch(source)))
    _publish(path, b"2", b"3", b"4")
    with sqlite3.connect(path) as connection:
        connection.execute('DELETE FROM "records numbers" WHERE offset < 4')
    connection.close()
    source.abandon()

    source.close()
    again = _source(broker)
    with capture_logs() as lines:
        batch = _batch(again)
    again.close()

    assert [(line["event"], line["count"]) for line in lines] == [("records expired before they were read", 2)]
    assert [record.value for record in batch.items] == [b"4"]


def test_a_poll_ends_when_a_stop_is_requested(broker: EmbeddedBroker, path: Path) -> None:
    shutdown = Shutdown()
    shutdown.request()
    source = _source(EmbeddedBroker(path, metrics=Metrics("test"), shutdown=shutdown))

    assert source.poll(3600.0) is None
    source.close()
