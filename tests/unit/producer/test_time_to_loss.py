"""When unread entries will be deleted: what the receivers tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from producer.reader import Loss, Place
from producer.receivers import Chain, Receiver
from producer.time_to_loss import Deletion, LossWarning, time_to_loss

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START = datetime(2026, 11, 1)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEPT = Deletion(by_system=False)
GONE = Deletion(by_system=True, delay=timedelta(minutes=20))


def chain(first: int = 101) -> Chain:
    """Four receivers of a day each, the last one attached for six hours."""
    receivers = [
        Receiver("AUDLIB", f"R{day}", first + 100 * day, first + 100 * day + 99, START + day * DAY, attached=day == 3)
        for day in range(4)
    ]
    return Chain(receivers, START + 3 * DAY + 6 * HOUR, 0)


def place(day: int, listed: Chain) -> Place:
    return listed.receivers[day].at(listed.receivers[day].first + 10)


@pytest.mark.parametrize(
    ("day", "deletion", "expected"),
    [
        pytest.param(0, GONE, Loss(timedelta(), timedelta(minutes=10)), id="the system deletes it at any moment"),
        pytest.param(3, GONE, Loss(18 * HOUR + GONE.delay, 18 * HOUR + GONE.delay + HOUR / 6), id="when it is changed"),
        pytest.param(
            3, replace(GONE, filled=0.5), Loss(6 * HOUR + GONE.delay, 18 * HOUR + GONE.delay + HOUR / 6), id="when full"
        ),
        pytest.param(0, KEPT, Loss(timedelta(), DAY), id="the oldest is the next to go"),
        pytest.param(2, KEPT, Loss(2 * DAY, 3 * DAY), id="a younger one goes as late as the oldest"),
        pytest.param(3, KEPT, Loss(2 * DAY + 6 * HOUR, 3 * DAY + 6 * HOUR), id="the attached one counts from now"),
    ],
)
def test_the_time_to_loss_is_a_range(day: int, deletion: Deletion, expected: Loss) -> None:
    listed = chain()

    assert time_to_loss(listed, place(day, listed), deletion) == expected


def test_a_receiver_read_to_its_end_has_nothing_to_lose() -> None:
    listed = chain()

    assert time_to_loss(listed, listed.receivers[1].end, KEPT) == time_to_loss(listed, place(2, listed), KEPT)


def test_a_first_receiver_is_known_to_go_when_it_is_full() -> None:
    listed = Chain([Receiver("AUDLIB", "R0", 1, 100, START, attached=True)], START + 6 * HOUR, 0)

    assert time_to_loss(listed, listed.newest.at(3), replace(GONE, filled=0.25)) == Loss(
        18 * HOUR + GONE.delay, 18 * HOUR + GONE.delay + HOUR / 6
    )
    assert time_to_loss(listed, listed.newest.at(3), GONE) is None


def test_where_nothing_was_ever_deleted_nothing_is_known() -> None:
    listed = chain(first=1)

    assert time_to_loss(listed, place(0, listed), KEPT) is None


def test_a_warning_comes_once_for_each_mark_and_anew_after_it_was_safe() -> None:
    warning = LossWarning()
    behind = NOW - HOUR

    due = [
        warning.due(Loss(hours * HOUR, 30 * HOUR), behind, NOW) is not None
        for hours in (30, 20, 19, 11, 10, 2, 0, 0, 30, 5, 4)
    ]

    assert due == [False, True, False, True, False, True, True, False, False, True, False]


@pytest.mark.parametrize(
    ("loss", "progress"),
    [
        pytest.param(None, NOW - DAY, id="not known"),
        pytest.param(Loss(HOUR, HOUR), NOW - timedelta(minutes=1), id="reading keeps up"),
    ],
)
def test_nobody_is_warned_without_need(loss: Loss | None, progress: datetime) -> None:
    assert LossWarning().due(loss, progress, NOW) is None
