"""The verdicts on simulated partitions against what really happened on the wire, while auditing comes and goes."""

from functools import cache
from pathlib import Path

import pytest

from enricher.catalogue import load_catalogue
from enricher.policy_file import load_policy
from schemas.records import VerdictKind, changed
from tests.truth import BUSY_HOURS, Confusion, Connection, confusion, judged, lie_of, rows_of, truth_of

SEEDS = (11, 12, 13)
CATALOGUE = load_catalogue()


@cache
def found() -> Confusion:
    return confusion(SEEDS)


def test_no_verdict_is_a_lie() -> None:
    assert found().lies == []


def test_the_journals_have_every_kind_of_truth_often_enough() -> None:
    truths = {truth for truth, _ in found().counts}

    assert truths == {"encrypted", "weakly encrypted", "clear text", "never left", "no data"}
    assert found().connections >= 20_000


@pytest.mark.parametrize("verdict", ["unknown tls-not-audited", "secure tls", "secure encrypted-protocol"])
def test_auditing_comes_and_goes_while_connections_are_encrypted(verdict: str) -> None:
    assert found().counts["encrypted", verdict] > 50


@cache
def connections() -> tuple[Connection, ...]:
    hour = BUSY_HOURS.model_copy(update={"days": 0.02, "seed": 14})
    return tuple(judged(rows_of(hour), CATALOGUE, load_policy(Path("default"), CATALOGUE)))


def first(truth: str) -> Connection:
    return next(one for one in connections() if truth_of(one) == truth and one.verdict)


@pytest.mark.parametrize(
    ("truth", "called"),
    [
        pytest.param("encrypted", VerdictKind.INSECURE, id="encrypted, called insecure"),
        pytest.param("clear text", VerdictKind.SECURE, id="clear text, called secure"),
        pytest.param("clear text", VerdictKind.UNKNOWN, id="clear text on a clear-text port, called unknown"),
        pytest.param("never left", VerdictKind.INSECURE, id="loopback, called insecure"),
    ],
)
def test_a_lie_would_be_found(truth: str, called: VerdictKind) -> None:
    connection = first(truth)
    assert connection.verdict is not None

    lying = connection._replace(verdict=changed(connection.verdict, verdict=called, reason="no-upgrade"))

    assert lie_of(lying, CATALOGUE) is not None
