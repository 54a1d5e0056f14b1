"""The order of receivers, and what follows a place."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations

import pytest

from producer.reader import Place
from producer.receivers import Chain, Receiver, in_order


def receiver(name: str, first: int, last: int, attached: str, *, now: bool = False) -> Receiver:
    return Receiver("QGPL", name, first, last, datetime.fromisoformat(f"2026-10-25T{attached}"), attached=now)


def chain(*receivers: Receiver) -> Chain:
    return Chain(receivers, datetime(2026, 10, 25, 12), 0)


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(
            [receiver("A", 1, 10, "00:10"), receiver("B", 11, 20, "05:00"), receiver("C", 21, 30, "09:00", now=True)],
            id="by-attach-time",
        ),
        pytest.param(
            [receiver("A", 1, 10, "01:10"), receiver("B", 11, 20, "02:30"), receiver("C", 21, 30, "02:10", now=True)],
            id="twice-in-the-repeated-hour",
        ),
        pytest.param(
            [receiver("A", 1, 10, "02:50"), receiver("B", 11, 20, "02:10"), receiver("C", 21, 30, "04:00", now=True)],
            id="the-first-in-the-repeated-hour",
        ),
        pytest.param(
            [receiver("A", 1, 10, "02:50"), receiver("B", 1, 5, "02:10", now=True)],
            id="reset-in-the-repeated-hour",
        ),
        pytest.param(
            [receiver("A", 1, 10, "01:00"), receiver("B", 1, 10, "03:00"), receiver("C", 11, 12, "06:00", now=True)],
            id="numbers-that-occur-twice",
        ),
    ],
)
def test_receivers_stand_in_the_order_in_which_they_were_attached(expected: Sequence[Receiver]) -> None:
    for listed in permutations(expected):
        assert in_order(listed) == expected


def test_the_entries_behind_a_place_are_counted_over_receivers() -> None:
    listed = chain(receiver("A", 1, 10, "01:00"), receiver("B", 11, 20, "02:00"))

    assert listed.entries_after(Place("QGPL", "A", 4)) == 16
    assert listed.entries_after(Place("QGPL", "B", 20)) == 0
    assert listed.entries_after(Place("QGPL", "Z", 20)) is None


def test_a_deleted_receiver_that_had_been_read_to_its_end_is_continued() -> None:
    listed = chain(receiver("B", 11, 20, "02:00"))

    assert listed.continuing(Place("QGPL", "A", 10)) == listed.newest
    assert listed.continuing(Place("QGPL", "A", 9)) is None
