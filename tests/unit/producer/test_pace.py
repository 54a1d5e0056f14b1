"""How fast the journal is read: gently, unless that would cost entries or keep the SIEM waiting."""

from datetime import datetime, timedelta

import pytest

from producer.pace import LONGEST_WAIT_SECONDS, Pace
from producer.reader import JournalRow, Loss, Page, Place
from producer.settings import ProducerSettings

HERE = Place("AUDLIB", "AUDRCV0001", 1)
ROW = JournalRow(HERE, datetime(2026, 11, 22), "SK", b"")
SOON = Loss(timedelta(hours=5), timedelta(hours=6))
LATE = Loss(timedelta(days=9), timedelta(days=10))


def page(
    seconds: float, *, rows: int = 100, lag: int | None = 1000, at_end: bool = False, loss: Loss | None = None
) -> Page:
    return Page([ROW] * rows, HERE, at_end, datetime(2026, 11, 22), lag=lag, read_seconds=seconds, loss=loss)


def behind(pace: Pace, *lags: int | None, loss: Loss | None = None) -> float:
    """The rest behind the last of pages that are ten seconds apart, each of which took a second."""
    rest = 0.0
    for number, lag in enumerate(lags):
        rest = pace.rest(page(1.0, lag=lag, loss=loss), 10.0 * number)
    return rest


@pytest.mark.parametrize(
    ("lags", "loss", "rest"),
    [
        pytest.param([10_000], None, 0.0, id="at first nothing is known"),
        pytest.param([10_000, 9_000], None, 4.0, id="it shrinks: a fifth of the time"),
        pytest.param([10_000, 9_000], LATE, 4.0, id="deleted in nine days"),
        pytest.param([10_000, 9_000], SOON, 0.0, id="deleted in five hours"),
        pytest.param([10_000, 10_000], None, 0.0, id="it does not shrink"),
        pytest.param([10_000, 11_000], None, 0.0, id="it grows"),
        pytest.param([10_000_000, 9_999_000], None, 0.0, id="it would last longer than an hour"),
        pytest.param([10_000, 9_000, 9_500], None, 0.0, id="it shrank and grows"),
        pytest.param([None, None], None, 0.0, id="it is not known"),
    ],
)
def test_reading_rests_only_where_that_does_no_harm(lags: list[int | None], loss: Loss | None, rest: float) -> None:
    assert behind(Pace(ProducerSettings()), *lags, loss=loss) == pytest.approx(rest)


@pytest.mark.parametrize(
    ("seconds", "rest"),
    [pytest.param(50, 0.0, id="until the next look"), pytest.param(200, 4.0, id="and no longer")],
)
def test_what_is_about_to_be_deleted_counts_between_the_looks_at_it(seconds: float, rest: float) -> None:
    pace = Pace(ProducerSettings())
    pace.rest(page(1.0, lag=10_000), 0.0)
    pace.rest(page(1.0, lag=9_000, loss=SOON), 10.0)

    assert pace.rest(page(1.0, lag=8_000), 10.0 + seconds) == pytest.approx(rest)


def test_all_of_the_time_may_be_allowed() -> None:
    assert behind(Pace(ProducerSettings(read_share=1)), 10_000, 9_000) == 0.0


@pytest.mark.parametrize(
    ("seconds", "rest"),
    [
        pytest.param(0.02, 1.0, id="cheap"),
        pytest.param(0.5, 2.0, id="dear"),
        pytest.param(30, LONGEST_WAIT_SECONDS, id="too dear"),
    ],
)
def test_the_wait_at_the_end_goes_by_what_a_read_costs(seconds: float, rest: float) -> None:
    assert Pace(ProducerSettings()).rest(page(seconds, at_end=True), 0.0) == pytest.approx(rest)


@pytest.mark.parametrize(
    ("row_seconds", "limit"),
    [
        pytest.param(0.00002, 1000, id="fast"),
        pytest.param(0.0059, 338, id="as measured on a real system"),
        pytest.param(0.062, 100, id="with a locator for each"),
    ],
)
def test_a_page_is_as_large_as_two_seconds_allow(row_seconds: float, limit: int) -> None:
    pace = Pace(ProducerSettings())

    pace.rest(page(100 * row_seconds), 0.0)

    assert pace.limit == limit
    assert pace.rate == pytest.approx(1 / row_seconds)


def test_a_page_of_a_few_rows_says_nothing_about_their_cost() -> None:
    pace = Pace(ProducerSettings())

    pace.rest(page(3.0, rows=2), 0.0)

    assert pace.limit == 1000
