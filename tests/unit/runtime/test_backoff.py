"""How long the loop waits before the next try."""

import pytest

from runtime.backoff import Backoff


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"),
    [
        pytest.param(0, 0.125, 0.25, id="first"),
        pytest.param(1, 0.25, 0.5, id="second"),
        pytest.param(4, 2.0, 4.0, id="fifth"),
        pytest.param(5, 4.0, 8.0, id="at the longest"),
        pytest.param(60, 4.0, 8.0, id="long past it"),
        pytest.param(1_000_000, 4.0, 8.0, id="after days"),
    ],
)
def test_a_wait_lies_between_half_and_all_of_an_exponential(attempt: int, shortest: float, longest: float) -> None:
    assert Backoff(jitter=lambda: 0.0).delay(attempt, None) == shortest
    assert Backoff(jitter=lambda: 1.0).delay(attempt, None) == longest


def test_workers_do_not_return_in_step() -> None:
    delays = {Backoff().delay(5, None) for _ in range(20)}

    assert len(delays) > 1


@pytest.mark.parametrize("asked", [0.0, 0.01, 3600.0, float("inf")])
def test_a_wait_that_was_asked_for_is_kept_as_it_is(asked: float) -> None:
    assert Backoff(longest=8.0).delay(0, asked) == asked
