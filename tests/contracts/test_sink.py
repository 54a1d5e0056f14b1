"""What every sink promises, on every sink: a fake, Splunk's collector (a double), real servers, files."""

import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from runtime.errors import Unavailable
from runtime.flow import Outcome
from runtime.record import StoredRecord
from sinks.service import SINKS
from sinks.sink import Parcel
from tests.contracts.siems import RIGS, Rig, Siem
from tests.unit.sinks.samples import left, parcel, records, verdict

PartT = TypeVar("PartT")

MANY = 25  # several requests, the last one not full


@dataclass(frozen=True)
class Needs:
    """Only the part that is asked for is started."""

    request: pytest.FixtureRequest
    folder: Path

    def part(self, name: str, kind: type[PartT]) -> PartT:
        found = self.request.getfixturevalue(name)
        assert isinstance(found, kind)
        return found


def rigs(fits: Callable[[Rig], bool] = lambda _: True) -> list[str]:
    return [name for name, rig in RIGS.items() if fits(rig)]


@pytest.fixture(params=rigs())
def siem(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Siem]:
    with RIGS[request.param].open(Needs(request, tmp_path)) as made:
        yield made


choosy = pytest.mark.parametrize("siem", rigs(lambda rig: rig.choosy), indirect=True)
"""Those that look at what they take; a file takes everything."""
with_requests = pytest.mark.parametrize("siem", rigs(lambda rig: rig.requests), indirect=True)
outside = pytest.mark.parametrize("siem", rigs(lambda rig: rig.outside), indirect=True)


def parcels(count: int = MANY, start: int = 0) -> list[Parcel]:
    return [parcel(verdict(number), offset=number) for number in range(start, start + count)]


def ids(of: list[Parcel]) -> list[str]:
    return sorted(one.content.id for one in of)


def test_whatever_is_accepted_is_stored_once(siem: Siem) -> None:
    sent = parcels()

    outcome = siem.sink.send(sent)

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert sorted(siem.stored()) == ids(sent)


@choosy
@pytest.mark.parametrize(
    "places",
    [
        pytest.param([0], id="the first"),
        pytest.param([12], id="one in the middle"),
        pytest.param([MANY - 1], id="the last"),
        pytest.param([3, 4, 5, 20], id="several"),
        pytest.param(range(MANY), id="all"),
    ],
)
def test_bad_events_are_rejected_alone_and_their_neighbours_are_stored(siem: Siem, places: list[int]) -> None:
    sent = parcels()
    for place in places:
        sent[place] = parcel(siem.bad(place), offset=place)
    siem.sink.send(parcels(1, start=1000))

    outcome = siem.sink.send(sent)

    good = [one for place, one in enumerate(sent) if place not in places]
    assert [rejection.item for rejection in outcome.rejected] == [sent[place].record for place in places]
    assert list(outcome.deferred) == []
    assert sorted(siem.stored()) == ids(good + parcels(1, start=1000))


def test_a_fault_holds_everything_and_later_everything_is_delivered(siem: Siem) -> None:
    before, sent = parcels(3), parcels(start=100)
    siem.sink.send(before)

    with siem.fault():
        with pytest.raises(Unavailable) as held:
            siem.sink.send(sent)
        during = sorted(siem.stored())
    outcome = siem.sink.send(sent)

    assert str(held.value)
    assert during == ids(before)
    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert sorted(siem.stored()) == ids(before + sent)


def test_a_batch_is_taken_parcel_by_parcel_to_its_end(siem: Siem) -> None:
    sent = parcels()
    opened = iter(sent)

    siem.sink.send(opened)

    assert list(opened) == []
    assert sorted(siem.stored()) == ids(sent)


@with_requests
def test_after_trouble_the_rest_of_a_batch_is_taken_too_and_deferred(siem: Siem) -> None:
    sent = parcels(start=100)
    siem.sink.send(parcels(3))

    with ExitStack() as trouble:
        siem.hook.then = lambda: trouble.enter_context(siem.lost_answers())
        opened = iter(sent)
        outcome = siem.sink.send(opened)

    assert list(opened) == []
    assert left(sent, outcome)


def test_nothing_to_send_is_nothing(siem: Siem) -> None:
    siem.sink.send(parcels(1))

    outcome = siem.sink.send([])

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert len(siem.stored()) == 1


def test_a_check_says_what_it_reached_and_stores_nothing(siem: Siem) -> None:
    siem.sink.send(parcels(1))

    said = siem.sink.check()

    assert said
    assert len(siem.stored()) == 1


def test_a_check_that_fails_names_the_cause(siem: Siem) -> None:
    with pytest.raises(Unavailable, match=siem.cause):
        siem.misdirected.check()


def test_a_lost_answer_is_no_acceptance_and_nothing_is_lost(siem: Siem) -> None:
    before, sent = parcels(3), parcels(start=100)
    siem.sink.send(before)

    with siem.lost_answers():
        outcome = deliver(siem, sent)
    assert_accepted_are_stored(siem, sent, outcome)
    again = siem.sink.send(left(sent, outcome))

    assert (list(again.rejected), list(again.deferred)) == ([], [])
    assert_stored(siem, before + sent)


@with_requests
def test_trouble_in_the_middle_of_a_batch_holds_what_is_not_there(siem: Siem) -> None:
    before, sent = parcels(3), parcels(start=100)
    siem.sink.send(before)

    with ExitStack() as trouble:
        siem.hook.then = lambda: trouble.enter_context(siem.lost_answers())
        outcome = deliver(siem, sent)
    assert_accepted_are_stored(siem, sent, outcome)
    again = siem.sink.send(left(sent, outcome))

    assert list(outcome.deferred)
    assert outcome.why
    assert (list(again.rejected), list(again.deferred)) == ([], [])
    assert_stored(siem, before + sent)


@outside
def test_a_worker_that_is_killed_behind_its_delivery_costs_copies_at_most(siem: Siem) -> None:
    sent = parcels()

    killed_behind(lambda: siem.fresh().send(sent[:15]))
    outcome = siem.sink.send(sent)

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert_stored(siem, sent)


def test_every_sink_that_can_be_run_is_in_this_suite() -> None:
    assert {rig.sink for rig in RIGS.values()} == {"", *SINKS}


def deliver(siem: Siem, sent: list[Parcel]) -> Outcome[StoredRecord]:
    """What the loop makes of it: of a sink that raises, everything is deferred."""
    try:
        return siem.sink.send(sent)
    except Unavailable as error:
        return Outcome(deferred=records(sent), why=str(error))


def assert_accepted_are_stored(siem: Siem, sent: list[Parcel], outcome: Outcome[StoredRecord]) -> None:
    unsettled = {one.content.id for one in left(sent, outcome)}
    assert list(outcome.rejected) == []
    assert {*ids(sent)} - unsettled <= set(siem.stored())


def assert_stored(siem: Siem, sent: list[Parcel]) -> None:
    stored = siem.stored()
    assert sorted(set(stored)) == ids(sent)
    assert siem.copies or len(stored) == len(sent)


def killed_behind(work: Callable[[], object]) -> None:
    """Do it in a process of its own that is killed before it can say that it is done."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of threads, which only wait here
        pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        try:
            work()
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
