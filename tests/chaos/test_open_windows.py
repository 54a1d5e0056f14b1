"""Workers die between any two steps while windows are open, partitions move, and the policy changes: each connection
gets its first verdict, and just one unless it was open when the policy changed."""

import random
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dev.kafka import Kafka
from enricher.policy_file import load_policy
from tests.chaos.enricher_lives import FIRST_POLICY, STAGES, Death, Stage, Worker
from tests.chaos.mortal import OFTEN, ONCE, STEPS
from tests.chaos.open_connections import Line, moment
from tests.unit.enricher.scripts import CATALOGUE

LATEST = 20
"""The latest batch in which death comes."""
AROUND_THE_CHANGE = timedelta(seconds=50)


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

        prove(stage)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_each_connection_gets_its_first_verdict_however_often_workers_die(kind: str, seed: int, tmp_path: Path) -> None:
    with STAGES[kind](tmp_path, seed) as stage:
        stage.play(deaths_of(kind, rounds=8, seed=seed))

        prove(stage)


def deaths_of(kind: str, rounds: int, seed: int) -> deque[Death]:
    """Each step in each round once."""
    dice, found = random.Random(seed), deque[Death]()
    for _ in range(rounds):
        for step in dice.sample(sorted(STEPS[kind]), len(STEPS[kind])):
            found.append(Death(step, 1 if step in ONCE else dice.randint(1, OFTEN.get(step, LATEST))))
    return found


def prove(stage: Stage) -> None:
    first, later = load_policy(Path(FIRST_POLICY), CATALOGUE), load_policy(stage.later_policy, CATALOGUE)
    by_first, by_later = (stage.journal.undisturbed(policy) for policy in (first, later))
    found = stage.published()

    assert stage.journal.opened <= {line.connection for line in found}
    assert {*found} <= {*by_first, *by_later}
    judged = [{line.connection for line in found if line.policy == policy.hash} for policy in (first, later)]
    twice = {line for line, times in Counter(found).items() if times > 1}
    assert {line.connection for line in twice if line.policy} <= judged[0] & judged[1]
    start = min(moment(line) for line in found if line.policy == later.hash) - AROUND_THE_CHANGE
    end = max(moment(line) for line in found if line.policy == first.hash) + AROUND_THE_CHANGE
    assert all(line.is_of_entry and start < moment(line) < end for line in twice)
    for undisturbed, span in ((by_first, (datetime.min, start)), (by_later, (end, datetime.max))):
        expected = far_from_the_change(undisturbed, span)
        assert far_from_the_change(found, span) == expected
        assert sum(line.is_of_entry for line in expected) > 500
    assert judged[0] & judged[1], "nothing was open when the policy changed"
    assert all(len(names) > 1 for names in owners(stage.workers).values())


def far_from_the_change(found: Sequence[Line], span: tuple[datetime, datetime]) -> Counter[Line]:
    """What is about entries of that time, and what no policy judges."""
    return Counter(line for line in found if not line.is_of_entry or span[0] < moment(line) < span[1])


def owners(workers: Sequence[Worker]) -> Mapping[str, set[str]]:
    """Which workers each partition of Kafka has been assigned to."""
    found: dict[str, set[str]] = {}
    for worker in workers:
        for log in {life.log: life for life in worker.lives}.values():
            for event in log.events("partitions assigned"):
                partitions = event["partitions"]
                assert isinstance(partitions, list)
                for partition in partitions:
                    found.setdefault(partition, set()).add(worker.name)
    return found
