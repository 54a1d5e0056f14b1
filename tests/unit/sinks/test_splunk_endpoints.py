"""Several collectors: in turn, and those that failed only when their break is over or there is no other."""

import pytest

from sinks.splunk.endpoints import FIRST_BREAK_SECONDS, LONGEST_BREAK_SECONDS, Endpoints
from tests.fakes.clock import FakeClock


def test_requests_go_round() -> None:
    endpoints = Endpoints(["a", "b", "c"])

    assert [endpoints.in_turn()[0] for _ in range(4)] == ["a", "b", "c", "a"]


def test_one_that_failed_is_left_out_until_its_break_is_over() -> None:
    clock = FakeClock()
    endpoints = Endpoints(["a", "b"], clock)

    endpoints.failed("a")
    broken = [list(endpoints.in_turn()) for _ in range(2)]
    clock.advance(FIRST_BREAK_SECONDS)
    trial = list(endpoints.in_turn())

    assert broken == [["b"], ["b"]]
    assert trial == ["a", "b"]


def test_one_request_alone_tries_it_and_the_others_pass_by() -> None:
    clock = FakeClock()
    endpoints = Endpoints(["a", "b"], clock)
    endpoints.failed("a")
    clock.advance(FIRST_BREAK_SECONDS)

    first, second = list(endpoints.in_turn()), list(endpoints.in_turn())
    endpoints.answered("a")
    after = {endpoints.in_turn()[0] for _ in range(2)}

    assert (first, second) == (["a", "b"], ["b"])
    assert after == {"a", "b"}


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, FIRST_BREAK_SECONDS), (2, 2 * FIRST_BREAK_SECONDS), (3, 4 * FIRST_BREAK_SECONDS), (50, LONGEST_BREAK_SECONDS)],
)
def test_breaks_grow_up_to_a_limit(failures: int, seconds: float) -> None:
    clock = FakeClock()
    endpoints = Endpoints(["a", "b"], clock)

    for _ in range(failures):
        endpoints.failed("a")
    clock.advance(seconds - 0.1)
    before = list(endpoints.in_turn())
    clock.advance(0.1)

    assert before == ["b"]
    assert endpoints.in_turn()[0] == "a"


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        pytest.param(300.0, 300.0, id="longer than a break"),
        pytest.param(1.0, FIRST_BREAK_SECONDS, id="shorter than a break"),
        pytest.param(None, FIRST_BREAK_SECONDS, id="not said"),
    ],
)
def test_one_that_asks_for_time_is_left_out_for_so_long(retry_after: float | None, seconds: float) -> None:
    clock = FakeClock()
    endpoints = Endpoints(["a", "b"], clock)

    endpoints.failed("a", retry_after)
    clock.advance(seconds - 0.1)
    before = list(endpoints.in_turn())
    clock.advance(0.1)

    assert before == ["b"]
    assert endpoints.in_turn()[0] == "a"


def test_one_that_asked_for_time_is_not_asked_because_all_others_fail() -> None:
    clock = FakeClock()
    endpoints = Endpoints(["a", "b", "c"], clock)

    endpoints.failed("a", 60.0)
    endpoints.failed("a")
    endpoints.failed("b")
    endpoints.failed("c")

    assert sorted(endpoints.in_turn()) == ["b", "c"]


def test_where_all_asked_for_time_the_first_to_be_ready_is_asked() -> None:
    endpoints = Endpoints(["a", "b", "c"], FakeClock())

    for url, seconds in (("a", 60.0), ("b", 20.0), ("c", 40.0)):
        endpoints.failed(url, seconds)

    assert list(endpoints.in_turn()) == ["b"]


def test_when_all_failed_all_are_tried() -> None:
    endpoints = Endpoints(["a", "b"], FakeClock())

    endpoints.failed("a")
    endpoints.failed("b")

    assert sorted(endpoints.in_turn()) == ["a", "b"]
