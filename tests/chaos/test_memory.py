"""Memories rebuilt from the committed offset, on a real Kafka, while workers are killed and partitions move."""

import itertools
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from dev.kafka import Kafka
from runtime.health import Health
from runtime.kafka import KafkaBroker
from runtime.metrics import Metrics
from runtime.record import Partition, Record
from runtime.service import Running
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.topics import Topic, dead_letters
from tests.chaos.counting_worker import EVERY, SERVICE
from tests.e2e.processes import wait_until
from tests.fakes.stage import Counts, count_value

PARTITIONS = 4
KEYS = (b"a", b"b", b"c", b"d")
ROUNDS = 14
SEED = 7
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """One worker that is started again and again; without a stable name, each time under a new one."""

    number: int
    command: tuple[str, ...]
    log: Path
    stable: bool
    exit_codes: list[int] = field(default_factory=list)
    _names: Iterator[int] = field(default_factory=itertools.count)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        life = next(self._names)
        name = f"w{self.number}" if self.stable else f"w{self.number}-{life}"
        url, topic, output = self.command
        words = [sys.executable, "-m", "tests.chaos.counting_worker", url, name, topic, output, str(life)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, number: signal.Signals) -> None:
        """Signal it and note its exit code; one that had ended by itself is noted as what it was."""
        assert self._process
        self._process.send_signal(number)
        self.exit_codes.append(self._process.wait(60))

    def assignments(self) -> int:
        """How often it was given partitions, in all its lives."""
        return self.log.read_text().count("partitions assigned") if self.log.exists() else 0

    def discard(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Feeder:
    """Publishes numbered records to every partition, and knows what a count of them must come to."""

    def __init__(self, broker: KafkaBroker, topic: str) -> None:
        self._publisher = broker.publisher(f"feeder-{topic}")
        self._publisher.claim()
        self._topic = topic
        self._dice = random.Random(SEED)
        self._numbers = itertools.count()

    def publish(self, count: int) -> None:
        self._publisher.publish([self._record(partition) for partition in range(PARTITIONS) for _ in range(count)])

    def close(self) -> None:
        self._publisher.close()

    def _record(self, partition: int) -> Record:
        return Record(self._topic, self._dice.choice(KEYS), str(next(self._numbers)).encode(), "number", partition)


def expected(broker: KafkaBroker, topic: str) -> Counter[bytes]:
    """What one worker that is never disturbed would count."""
    counts = {Partition(topic, number): Counts(EVERY) for number in range(PARTITIONS)}
    return Counter(
        count_value(record.partition, offsets)
        for record in broker.read(topic)
        for offsets in counts[record.partition].add(record)
    )


@pytest.fixture
def broker(kafka: Kafka) -> Iterator[KafkaBroker]:
    running = Running("test", "test", Shutdown(), Health(), Metrics("test"))
    made = KafkaBroker(BrokerSettings(url=kafka.url), running, batch_size=1_000)
    yield made
    made.close()


@pytest.mark.chaos
def test_counts_are_exact_however_workers_are_killed_and_partitions_move(
    kafka: Kafka, broker: KafkaBroker, tmp_path: Path
) -> None:
    suffix = uuid4().hex[:8]
    topic, output = f"numbers-{suffix}", f"counts-{suffix}"
    broker.ensure([Topic(topic, PARTITIONS, 7), Topic(output, 1, 7), Topic(dead_letters(SERVICE), 1, 90)])
    dice = random.Random(SEED)
    feeder = Feeder(broker, topic)
    workers = [
        Process(number, (kafka.url, topic, output), tmp_path / f"w{number}.log", stable=number != 3)
        for number in (1, 2, 3)
    ]
    down: list[Process] = list(workers)

    try:
        for number in range(ROUNDS):
            before = _assignments(workers)
            for worker in down:
                worker.start()
            if number % 2:  # each second time they come to work; the others are killed as it happens
                wait_until("partitions are assigned", partial(_is_assigned, workers, before), 60)
            end = time.monotonic() + dice.uniform(1.0, 3.0)
            while time.monotonic() < end:
                feeder.publish(dice.randrange(1, 20))
            down = dice.sample(workers, k=dice.choice((1, 1, 2)))
            for worker in down:
                worker.end(dice.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
        for worker in down:
            worker.start()
        wait_until("every record is counted", lambda: _is_settled(broker, topic), 120)
        for worker in workers:
            worker.end(signal.SIGTERM)
    finally:
        for worker in workers:
            worker.discard()
        feeder.close()

    wanted = expected(broker, topic)
    assert sum(wanted.values()) > 1_000
    assert Counter(record.value for record in broker.read(output)) == wanted
    codes = Counter(code for worker in workers for code in worker.exit_codes)
    # a worker that is asked to stop before it listens to signals is ended by them
    assert codes.keys() <= {0, -signal.SIGKILL, -signal.SIGTERM}
    assert codes[-signal.SIGKILL] >= ROUNDS // 2
    assert _assignments(workers) >= ROUNDS // 2


def _is_assigned(workers: list[Process], before: int) -> bool:
    return _assignments(workers) > before


def _assignments(workers: list[Process]) -> int:
    return sum(worker.assignments() for worker in workers)


def _is_settled(broker: KafkaBroker, topic: str) -> bool:
    return all(standing.behind == 0 for standing in broker.standings(SERVICE, (topic,)))
