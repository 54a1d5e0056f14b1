"""The courier settles each event of a batch by the answers to its requests, whatever their order."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from runtime.errors import Unavailable
from runtime.flow import Outcome, Reason
from runtime.record import StoredRecord
from sinks.courier import Courier, Post
from sinks.judgement import Judgement
from tests.unit.sinks.samples import stored, verdict

BAD = Reason("bad", "the event is bad")


@dataclass(frozen=True)
class Pace:
    batch_events: int = 100
    batch_bytes: int = 1_000_000
    requests_in_parallel: int = 2


@dataclass
class Siem:
    """Takes numbers; blames those below zero, with or without naming them. `stored` is what it holds."""

    names_the_bad: bool = True
    down_after: int | None = None
    stored: list[int] = field(default_factory=list)
    requests: list[list[int]] = field(default_factory=list)

    def __call__(self, bodies: Sequence[bytes]) -> Judgement:
        numbers = [int(body) for body in bodies]
        self.requests.append(numbers)
        if self.down_after is not None and len(self.requests) > self.down_after:
            raise Unavailable("down", retry_after=5.0)
        bad = next((index for index, number in enumerate(numbers) if number < 0), None)
        if bad is None:
            self.stored.extend(numbers)
            return Judgement(accepted=range(len(numbers)))
        if not self.names_the_bad:
            return Judgement(blamed=BAD)
        self.stored.extend(numbers[:bad])
        return Judgement(accepted=range(bad), rejected=[(bad, BAD)], again=range(bad + 1, len(numbers)))


@contextmanager
def courier(post: Post, pace: Pace = Pace(), beat: Callable[[], None] = lambda: None) -> Iterator[Courier]:
    made = Courier(post, pace, beat)
    try:
        yield made
    finally:
        made.close()


def deliver(post: Post, numbers: Sequence[int], pace: Pace = Pace()) -> Outcome[StoredRecord]:
    with courier(post, pace) as made:
        return made.deliver(events(numbers))


def events(numbers: Sequence[int]) -> list[tuple[StoredRecord, bytes]]:
    bodies = [str(number).encode() for number in numbers]
    return [(stored(verdict(abs(number)), index), bodies[index]) for index, number in enumerate(numbers)]


def rejected(outcome: Outcome[StoredRecord]) -> list[int]:
    return [rejection.item.offset for rejection in outcome.rejected]


def deferred(outcome: Outcome[StoredRecord]) -> list[int]:
    return [record.offset for record in outcome.deferred]


def test_a_batch_goes_out_in_requests_of_bounded_count() -> None:
    siem = Siem()

    outcome = deliver(siem, range(7), Pace(batch_events=3, requests_in_parallel=1))

    assert siem.requests == [[0, 1, 2], [3, 4, 5], [6]]
    assert outcome == Outcome(rejected=[], deferred=[])


def test_a_batch_goes_out_in_requests_of_bounded_size() -> None:
    siem = Siem()

    deliver(siem, [1000, 2000, 30, 40, 5_000_000, 6], Pace(batch_bytes=6, requests_in_parallel=1))

    assert siem.requests == [[1000], [2000, 30], [40], [5_000_000], [6]]


def test_nothing_to_deliver_is_no_request() -> None:
    siem = Siem()

    deliver(siem, [])

    assert siem.requests == []


@pytest.mark.parametrize("names", [pytest.param(True, id="named"), pytest.param(False, id="halved")])
@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([-1], id="alone"),
        pytest.param([-1, 2, 3, 4, 5], id="first"),
        pytest.param([1, 2, -3, 4, 5], id="in the middle"),
        pytest.param([1, 2, 3, 4, -5], id="last"),
        pytest.param([-1, -2, 3, -4, -5], id="most"),
        pytest.param([-1, -2, -3], id="all"),
    ],
)
def test_bad_events_are_rejected_alone_and_their_neighbours_are_stored_once(names: bool, numbers: list[int]) -> None:
    siem = Siem(names_the_bad=names)

    outcome = deliver(siem, numbers)

    assert rejected(outcome) == [index for index, number in enumerate(numbers) if number < 0]
    assert siem.stored == [number for number in numbers if number >= 0]
    assert deferred(outcome) == []


def test_a_sink_that_is_down_from_the_start_holds_the_batch_in_its_own_words() -> None:
    siem = Siem(down_after=0)

    with pytest.raises(Unavailable, match="down") as held:
        deliver(siem, range(5), Pace(batch_events=2))

    assert held.value.retry_after == 5.0


def test_after_trouble_no_further_request_is_begun_and_the_rest_is_deferred() -> None:
    siem = Siem(down_after=1)

    outcome = deliver(siem, range(10), Pace(batch_events=2, requests_in_parallel=1))

    assert siem.requests == [[0, 1], [2, 3]]
    assert deferred(outcome) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert outcome.retry_after == 5.0


def test_an_event_that_no_answer_names_is_held() -> None:
    def forgetful(bodies: Sequence[bytes]) -> Judgement:
        return Judgement(accepted=[0, 2], rejected=[(3, BAD)], trouble=Unavailable("busy"))

    outcome = deliver(forgetful, range(5))

    assert rejected(outcome) == [3]
    assert deferred(outcome) == [1, 4]


def test_two_requests_are_under_way_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=30)

    def post(bodies: Sequence[bytes]) -> Judgement:
        both.wait()
        return Judgement(accepted=range(len(bodies)))

    assert deliver(post, range(4), Pace(batch_events=2)) == Outcome(rejected=[], deferred=[])


def test_the_outcome_is_in_the_order_of_the_batch_whatever_the_order_of_the_answers() -> None:
    second_is_answered = threading.Event()

    def post(bodies: Sequence[bytes]) -> Judgement:
        if bodies[0] == b"0":
            assert second_is_answered.wait(30)
        else:
            second_is_answered.set()
        return Judgement(rejected=[(0, BAD), (1, BAD)])

    assert rejected(deliver(post, range(4), Pace(batch_events=2))) == [0, 1, 2, 3]


def test_a_siem_that_asks_for_less_gets_one_request_at_a_time() -> None:
    threads: list[int] = []

    def post(bodies: Sequence[bytes]) -> Judgement:
        threads.append(threading.get_ident())
        return Judgement(accepted=range(len(bodies)), slow=True)

    with courier(post, Pace(batch_events=1)) as made:
        made.deliver(events([1]))
        threads.clear()
        made.deliver(events(range(8)))

    assert set(threads) == {threading.get_ident()}


def test_a_siem_that_no_longer_asks_for_less_gets_several_again() -> None:
    slow = iter([True, False, False])
    threads: list[int] = []

    def post(bodies: Sequence[bytes]) -> Judgement:
        threads.append(threading.get_ident())
        return Judgement(accepted=range(len(bodies)), slow=next(slow, False))

    with courier(post, Pace(batch_events=1)) as made:
        made.deliver(events([1]))
        made.deliver(events(range(2)))
        threads.clear()
        made.deliver(events(range(2)))

    assert threading.get_ident() not in threads


def test_the_loop_beats_with_every_answer() -> None:
    beats: list[int] = []

    with courier(Siem(), Pace(batch_events=1), lambda: beats.append(1)) as made:
        made.deliver(events(range(3)))

    assert len(beats) == 3


def test_a_bug_in_a_thread_is_not_swallowed() -> None:
    def broken(bodies: Sequence[bytes]) -> Judgement:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        deliver(broken, range(4), Pace(batch_events=2))
