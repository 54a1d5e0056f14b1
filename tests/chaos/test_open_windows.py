"""Workers die between any two steps while windows are open, partitions move, and the policy changes: each connection
gets its first verdict, and just one unless it was open when the policy changed."""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dev.kafka import Kafka
from tests.chaos.enricher_lives import STAGES, Death, Worker
from tests.chaos.mortal import OFTEN, ONCE, STEPS
from tests.chaos.open_connections import prove

LATEST = 20
"""The latest batch in which death comes."""


@pytest.fixture(params=["embedded", "kafka"])
def kind(request: pytest.FixtureRequest) -> str:
    """Over Kafka a broker of its own is used, since topic names are fixed; the shared one proves that it can be had."""
    if request.param == "kafka":
        assert isinstance(request.getfixturevalue("kafka"), Kafka)
    return str(request.param)


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_each_connection_gets_its_first_verdict_however_workers_die(kind: str, tmp_path: Path) -> None:
    with STAGES[kind](tmp_path, 5) as stage:
        stage.play(deaths_of(kind, rounds=2 if kind == "embedded" else 1, seed=5))

        prove(stage.journal, stage.published(), *stage.policies())
        assert kind == "embedded" or any(len(names) > 1 for names in owners(stage.workers).values())


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_each_connection_gets_its_first_verdict_however_often_workers_die(kind: str, seed: int, tmp_path: Path) -> None:
    with STAGES[kind](tmp_path, seed) as stage:
        stage.play(deaths_of(kind, rounds=8, seed=seed))

        prove(stage.journal, stage.published(), *stage.policies())
        assert kind == "embedded" or any(len(names) > 1 for names in owners(stage.workers).values())


def deaths_of(kind: str, rounds: int, seed: int) -> deque[Death]:
    """Each step in each round once."""
    dice, found = random.Random(seed), deque[Death]()
    for _ in range(rounds):
        for step in dice.sample(sorted(STEPS[kind]), len(STEPS[kind])):
            found.append(Death(step, 1 if step in ONCE else dice.randint(1, OFTEN.get(step, LATEST))))
    return found


def owners(workers: Sequence[Worker]) -> Mapping[str, set[str]]:
    """Which workers each partition of Kafka has been assigned to."""
    found: dict[str, set[str]] = {}
    for worker in workers:
        for log in {life.log: life for life in worker.lives}.values():
            for event in log.events("partitions assigned"):
                partitions = event["partitions"]
                assert isinstance(partitions, list)
                for partition in partitions:
                    found.setdefault(partition, set()).add(str(event["worker"]))
    return found
