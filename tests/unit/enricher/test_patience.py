"""Waiting in vain is rationed: whatever a name server does, what is lost over time has a bound."""

from hypothesis import given
from hypothesis import strategies as st

from enricher.patience import Patience
from tests.fakes.clock import FakeClock

DEADLINE = 0.25


def make(clock: FakeClock) -> Patience:
    return Patience(DEADLINE, most=1.0, share=0.02, clock=clock)


def wait_in_vain(patience: Patience, clock: FakeClock) -> float:
    seconds = patience.seconds()
    if seconds:
        clock.advance(seconds)
        patience.lost(seconds)
    return seconds


def test_after_a_few_waits_in_vain_nobody_waits() -> None:
    clock = FakeClock()
    patience = make(clock)

    waits = [wait_in_vain(patience, clock) for _ in range(10)]

    assert waits == [DEADLINE] * 4 + [0.0] * 6


def test_a_wait_that_is_rewarded_costs_nothing() -> None:
    patience = make(FakeClock())

    assert [patience.seconds() for _ in range(1000)] == [DEADLINE] * 1000


def test_in_time_it_tries_once_more_and_not_again_at_once() -> None:
    clock = FakeClock()
    patience = make(clock)
    while wait_in_vain(patience, clock):
        pass

    clock.advance(13)

    assert wait_in_vain(patience, clock) == DEADLINE
    assert wait_in_vain(patience, clock) == 0


def test_a_deadline_longer_than_the_budget_is_still_waited_for_once() -> None:
    clock = FakeClock()
    patience = Patience(5.0, most=1.0, share=0.02, clock=clock)

    assert [wait_in_vain(patience, clock) for _ in range(3)] == [5.0, 0.0, 0.0]


@given(st.lists(st.floats(0, 20), max_size=200))
def test_what_is_lost_has_a_bound(pauses: list[float]) -> None:
    clock = FakeClock(0.0)
    patience = make(clock)
    lost = 0.0

    for pause in pauses:
        clock.advance(pause)
        lost += wait_in_vain(patience, clock)

    assert lost <= 1.0 + 0.02 * clock.now + 1e-6
