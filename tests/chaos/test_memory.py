"""Memories rebuilt from the committed offset, on a real Kafka, while workers are killed and partitions move."""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from dev.kafka import Kafka
from runtime.kafka import KafkaBroker
from schemas.topics import Topic, dead_letters
from tests.chaos.counting import PARTITIONS, SEED, Feeder, Process, broker_at, expected, is_settled
from tests.chaos.counting_worker import SERVICE
from tests.processes import wait_until

ROUNDS = 14
RECORDS_EACH = 250


@pytest.fixture
def broker(kafka: Kafka) -> Iterator[KafkaBroker]:
    made = broker_at(kafka.url)
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
            end, enough = time.monotonic() + dice.uniform(1.0, 3.0), len(feeder.acknowledged) + RECORDS_EACH
            while time.monotonic() < end or len(feeder.acknowledged) < enough:
                feeder.publish(dice.randrange(1, 20))
            down = dice.sample(workers, k=dice.choice((1, 1, 2)))
            for worker in down:
                worker.end(dice.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
        for worker in down:
            worker.start()
        wait_until("every record is counted", lambda: is_settled(broker, topic), 120)
        for worker in workers:
            worker.end(signal.SIGTERM)
    finally:
        for worker in workers:
            worker.discard()
        feeder.close()

    wanted = expected(broker, topic)
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
