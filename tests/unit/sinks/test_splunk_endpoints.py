"""Several collectors: in turn, and those that failed a moment ago only when there is no other."""

from sinks.splunk.endpoints import BENCH_SECONDS, Endpoints
from tests.fakes.clock import FakeClock


def test_requests_go_round() -> None:
    endpoints = Endpoints(["a", "b", "c"])

    assert [endpoints.in_turn()[0] for _ in range(4)] == ["a", "b", "c", "a"]


def test_one_that_failed_is_left_out_for_a_while() -> None:
    clock = FakeClock()
    endpoints = Endpoints(["a", "b"], clock)

    endpoints.failed("a")
    benched = [list(endpoints.in_turn()) for _ in range(2)]
    clock.advance(BENCH_SECONDS)
    back = [list(endpoints.in_turn()) for _ in range(2)]

    assert benched == [["b"], ["b"]]
    assert back == [["a", "b"], ["b", "a"]]


def test_when_all_failed_all_are_tried() -> None:
    endpoints = Endpoints(["a", "b"], FakeClock())

    endpoints.failed("a")
    endpoints.failed("b")

    assert sorted(endpoints.in_turn()) == ["a", "b"]
