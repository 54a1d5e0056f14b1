"""What recurs and who breaks, against what the simulator did: every nightly job, and nobody else."""

import sys
from functools import cache

import pytest

from producer.simulator.settings import SimulatorSettings
from tests.score import Score, scores

DAYS = SimulatorSettings(days=4, seed=5)


@cache
def scored() -> dict[str, Score]:
    return {score.what: score for score in scores(DAYS)}


def test_every_nightly_job_is_found_and_nobody_else() -> None:
    score = scored()["nightly jobs"]

    sys.stdout.write(f"{score.text}\n")
    assert (score.precision, score.recall) == (1.0, 1.0), score.found ^ score.true
    assert len(score.true) == 4


@pytest.mark.parametrize("what", ["without port 23", "without TLS 1.0"])
def test_the_plan_names_everybody_who_breaks_and_nobody_else(what: str) -> None:
    score = scored()[what]

    sys.stdout.write(f"{score.text}\n")
    assert (score.precision, score.recall) == (1.0, 1.0), score.found ^ score.true
    assert len(score.true) > 10
