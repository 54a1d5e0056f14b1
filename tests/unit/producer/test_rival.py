from datetime import UTC, datetime, timedelta

import pytest

from producer.rival import ALIVE_SECONDS, Rival
from schemas.records import Position

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def position(worker: str, age_seconds: float) -> Position:
    stored = NOW - timedelta(seconds=age_seconds)
    return Position("PROD1", "QSYS/QAUDJRN", "AUDLIB", "AUDRCV0001", "1", 6, worker, stored, stored, None)


@pytest.mark.parametrize(
    ("stored", "rival"),
    [
        pytest.param(None, None, id="nobody has ever read this journal"),
        pytest.param(position("me", 1), None, id="it was I"),
        pytest.param(position("other", 5), "other", id="another one, five seconds ago"),
        pytest.param(position("other", ALIVE_SECONDS + 1), None, id="another one, long ago"),
        pytest.param(position("other", -5), "other", id="its clock is a little ahead"),
        pytest.param(position("other", -3600), None, id="its clock is far ahead: only a change before our eyes counts"),
    ],
)
def test_a_rival_lives_when_its_position_is_young(stored: Position | None, rival: str | None) -> None:
    assert Rival("me", clock=lambda: 0.0, now=lambda: NOW).name(stored) == rival


def test_a_position_that_moves_before_our_eyes_is_alive_whatever_its_clock_says() -> None:
    rival = Rival("me", clock=lambda: 0.0, now=lambda: NOW)
    rival.name(position("other", 7200))

    assert rival.name(position("other", 7190)) == "other"


def test_a_rival_that_stands_still_is_dead_even_if_its_clock_is_ahead() -> None:
    seconds = [0.0]
    rival = Rival("me", clock=lambda: seconds[0], now=lambda: NOW)
    rival.name(position("other", -20))

    seconds[0] = ALIVE_SECONDS

    assert rival.name(position("other", -20)) is None
