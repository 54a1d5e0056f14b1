"""Kafka itself is killed right behind commits: a transaction that it leaves hanging must not hold anybody for long."""

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from dev.kafka import Kafka
from dev.part import free_port
from schemas.topics import Topic, dead_letters
from tests.chaos.counting import PARTITIONS, SEED, Feeder, Process, broker_at, expected, is_settled
from tests.chaos.counting_worker import SERVICE
from tests.processes import wait_until

KILLS = 3
RECORDS_EACH = 600
TOPIC, OUTPUT = "numbers", "counts"
BACK_WITHIN_SECONDS = 60


@pytest.mark.chaos
def test_nothing_is_lost_or_counted_twice_however_often_kafka_is_killed(tmp_path: Path) -> None:
    kafka = Kafka(free_port(), tmp_path / "kafka")
    workers = [
        Process(number, (kafka.url, TOPIC, OUTPUT), tmp_path / f"w{number}.log", stable=True) for number in (1, 2)
    ]
    dice = random.Random(SEED)
    with kafka:
        broker = broker_at(kafka.url)
        broker.ensure([Topic(TOPIC, PARTITIONS, 7), Topic(OUTPUT, 1, 7), Topic(dead_letters(SERVICE), 1, 90)])
        feeder = Feeder(broker, TOPIC)
        try:
            for worker in workers:
                worker.start()
            for _ in range(KILLS):
                end, enough = time.monotonic() + dice.uniform(2.0, 4.0), len(feeder.acknowledged) + RECORDS_EACH
                while time.monotonic() < end or len(feeder.acknowledged) < enough:
                    feeder.publish(dice.randrange(1, 20))
                kafka.kill()
                kafka.start()
                wait_until("Kafka takes records again", feeder.claim, BACK_WITHIN_SECONDS)
            feeder.publish(1)
            wait_until("every record is counted", lambda: is_settled(broker, TOPIC), 120)
            alive = [worker.is_alive for worker in workers]
            for worker in workers:
                worker.end(signal.SIGTERM)
            wanted, published = expected(broker, TOPIC), Counter(record.value for record in broker.read(TOPIC))
            counted = Counter(record.value for record in broker.read(OUTPUT))
        finally:
            for worker in workers:
                worker.discard()
            feeder.close()
            broker.close()

    assert published == Counter(feeder.acknowledged)
    assert counted == wanted
    assert alive == [True, True]
    assert [worker.exit_codes for worker in workers] == [[0], [0]]
