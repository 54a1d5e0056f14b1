"""What is read next, and what moving the position would cost: the list of receivers decides."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from producer.cost import Cost, cost_of
from producer.course import BehindThePlace, Range, is_torn, next_range
from producer.reader import Missed, Place, PlaceLost
from producer.receivers import Chain, Receiver

DAY = datetime(2026, 11, 22)


def receiver(name: str, first: int, last: int, hour: float, *, now: bool = False) -> Receiver:
    return Receiver("QGPL", name, first, last, DAY + timedelta(hours=hour), attached=now)


A, B, C = receiver("A", 1, 10, 0), receiver("B", 11, 20, 6), receiver("C", 21, 30, 12, now=True)
RESET = receiver("B", 1, 10, 6)


def chain(*receivers: Receiver) -> Chain:
    return Chain(receivers, DAY + timedelta(hours=18), 0)


def as_told(_receiver: Receiver, _place: Place) -> bool:
    """What a partition says that is asked which receiver followed which: no other than is listed."""
    return True


def unknown(place: Place) -> Place:
    """A place of which it is not known when its receiver was attached."""
    return replace(place, attached_at=None)


def test_a_reset_receiver_that_did_not_follow_comes_behind_a_gap() -> None:
    found = next_range(chain(A, RESET), A.end, lambda _receiver, _place: False)

    assert found == Range(RESET, 1, (Missed(A.end, RESET.start, "receivers in between are gone"),))


@pytest.mark.parametrize(
    ("listed", "after", "expected"),
    [
        pytest.param(chain(A, B, C), None, Range(A, 1), id="from the oldest"),
        pytest.param(chain(A, B, C), A.at(4), Range(A, 5), id="within a receiver"),
        pytest.param(chain(A, B, C), A.before, Range(A, 1), id="before the first"),
        pytest.param(chain(A, B, C), A.end, Range(B, 11), id="into the next"),
        pytest.param(chain(A, B, C), C.end, Range(C, 31), id="at the end"),
        pytest.param(chain(A, RESET), A.end, Range(RESET, 1), id="into a reset one"),
        pytest.param(chain(B, C), A.end, Range(B, 11), id="its own is gone, read to its end"),
        pytest.param(chain(B, C), unknown(A.end), Range(B, 11), id="the same, attached nobody knows when"),
        pytest.param(
            chain(A, C),
            A.end,
            Range(C, 21, (Missed(A.end, C.start, "receivers in between are gone", 10),)),
            id="one in between is gone",
        ),
        pytest.param(
            chain(A, receiver("D", 5, 9, 18)),
            A.end,
            Range(receiver("D", 5, 9, 18), 5, (Missed(A.end, Place("QGPL", "D", 5), "receivers in between are gone"),)),
            id="one in between that was reset is gone",
        ),
    ],
)
def test_reading_goes_on_where_the_list_says(listed: Chain, after: Place | None, expected: Range) -> None:
    assert next_range(listed, after, as_told) == expected


@pytest.mark.parametrize(
    ("listed", "after", "resume"),
    [
        pytest.param(chain(B, C), A.at(4), B.before, id="pruned"),
        pytest.param(chain(B, C), unknown(A.at(4)), None, id="pruned, attached nobody knows when"),
        pytest.param(chain(A, C), B.at(14), C.before, id="taken out of the middle"),
        pytest.param(chain(replace(A, attached_at=C.attached_at)), A.at(4), A.before, id="its name used again"),
        pytest.param(chain(RESET, receiver("C", 11, 20, 12)), A.end, RESET.before, id="the same numbers after a reset"),
    ],
)
def test_a_lost_place_says_where_the_oldest_unread_entry_stands(
    listed: Chain, after: Place, resume: Place | None
) -> None:
    with pytest.raises(PlaceLost) as lost:
        next_range(listed, after, as_told)

    assert lost.value.resume == resume


def test_a_receiver_that_ends_before_the_place_is_said_to() -> None:
    with pytest.raises(BehindThePlace) as behind:
        next_range(chain(A, B, C), C.at(35), as_told)

    assert behind.value.resume == C.end


def test_the_hour_that_the_clock_was_set_back_makes_no_receiver_older() -> None:
    before, after = receiver("A", 1, 10, 3), receiver("B", 11, 20, 2.5, now=True)

    assert next_range(chain(after), before.end, as_told) == Range(after, 11)


@pytest.mark.parametrize(
    ("place", "stored", "expected"),
    [
        pytest.param(B.at(15), B.at(15), Cost("x", B.at(15), 15, 0, 0, 9), id="as it is"),
        pytest.param(A.before, B.at(15), Cost("x", A.before, 30, 15, 0, 18), id="back to the oldest"),
        pytest.param(C.end, B.at(15), Cost("x", C.end, 0, 0, 15, 0), id="on to the newest"),
        pytest.param(A.before, None, Cost("x", A.before, 30, 0, 0, 18), id="nothing was read yet"),
        pytest.param(
            B.before, receiver("Z", 1, 99, -6).at(40), Cost("x", B.before, 20, 0, 10, 12, None), id="it is lost"
        ),
    ],
)
def test_a_move_costs_what_is_read_twice_and_what_is_left_out(
    place: Place, stored: Place | None, expected: Cost
) -> None:
    assert cost_of("x", place, stored, chain(A, B, C)) == expected


@pytest.mark.parametrize(
    ("stored", "gone", "left_out"),
    [
        pytest.param(A.at(5), 5, 15, id="its receiver was deleted before it was read to its end"),
        pytest.param(A.end, 0, 10, id="its receiver was deleted behind it"),
        pytest.param(B.at(15), 0, 5, id="its receiver is there"),
        pytest.param(receiver("Z", 1, 99, -6).at(40), None, None, id="numbers begin anew"),
        pytest.param(None, 0, 0, id="nothing was read yet"),
    ],
)
def test_what_can_no_longer_be_read_counts_whatever_is_chosen(
    stored: Place | None, gone: int | None, left_out: int | None
) -> None:
    cost = cost_of("x", C.before, stored, chain(B, C))

    assert (cost.gone, cost.left_out if stored else 0) == (gone, left_out)


@pytest.mark.parametrize(
    ("listed", "after", "expected"),
    [
        pytest.param(chain(A, replace(C, first=23)), A.end, True, id="numbers are missing behind its end"),
        pytest.param(chain(A, RESET), A.end, True, id="numbers begin anew"),
        pytest.param(chain(A, B), A.end, False, id="numbers go on"),
        pytest.param(chain(A, RESET), A.at(4), False, id="it is not read to its end"),
        pytest.param(chain(A), A.end, False, id="nothing follows"),
    ],
)
def test_a_list_that_may_show_a_change_half_way_is_known(listed: Chain, after: Place, expected: bool) -> None:
    assert is_torn(listed, after) is expected
