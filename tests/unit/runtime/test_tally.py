"""The tally of rejections: what is recent counts, and a row is broken by one good item."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.flow import RECENT, Reason, Rejection, Tally, newest

REASON = Reason("bad-value", "it is bad")


class Item:
    """Equal to nothing but itself, as records of the same bytes must not be mixed up."""


def after(tally: Tally, fates: str) -> Tally:
    """`x` is a rejected item, `.` an accepted one."""
    items = [Item() for _ in fates]
    rejected = [Rejection(item, REASON) for item, fate in zip(items, fates, strict=True) if fate == "x"]
    return tally.after(items, rejected)


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        pytest.param([""], Tally(0, 0, 0), id="nothing"),
        pytest.param(["..."], Tally(3, 0, 0), id="all good"),
        pytest.param([".xx"], Tally(3, 2, 2), id="bad at the end"),
        pytest.param(["xx."], Tally(3, 2, 0), id="good at the end"),
        pytest.param([".x", "xx"], Tally(4, 3, 3), id="a row over batches"),
        pytest.param([".x", "", "x"], Tally(3, 2, 2), id="an empty batch breaks no row"),
        pytest.param(["xx", "."], Tally(3, 2, 0), id="a good batch breaks it"),
    ],
)
def test_rejections_are_counted_over_batches(batches: list[str], expected: Tally) -> None:
    tally = Tally()

    for fates in batches:
        tally = after(tally, fates)

    assert tally == replace(expected, batches=len(batches))


@given(st.lists(st.text("x.", max_size=600), max_size=8))
def test_it_remembers_the_recent_past_only_and_never_more_rejections_than_items(batches: list[str]) -> None:
    tally = Tally()

    for fates in batches:
        tally = after(tally, fates)

    assert 0 <= tally.rejected <= tally.received <= RECENT


def test_of_several_stored_tallies_the_newest_counts_not_the_worst() -> None:
    worst = Tally(received=100, rejected=90, in_a_row=90, batches=4)
    later = Tally(received=10, rejected=0, in_a_row=0, batches=9)

    assert newest([worst, later]) == later


def test_an_old_disaster_fades_away() -> None:
    tally = after(Tally(), "x" * RECENT)

    for _ in range(10):
        tally = after(tally, "." * RECENT)

    assert tally.rejected < 5
