"""Reading ahead takes as many connections as it takes for the next window to be there in time, and no more."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from producer.ahead import ReadAhead
from producer.entries import Stretch
from producer.reader import JournalRow, Place
from producer.receivers import Chain, Receiver

DAY = datetime(2026, 11, 22)
RECEIVER = Receiver("QGPL", "A", 1, 1_000_000, DAY, attached=True)
LIMIT = 10
MANY = 100


class Entries:
    """One connection to a journal where every number is an entry; each window takes `seconds`."""

    name = "fake"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def between(self, stretch: Stretch, limit: int) -> Sequence[JournalRow]:
        time.sleep(self._seconds)
        last = min(stretch.until, stretch.start + limit - 1)
        return [JournalRow(RECEIVER.at(number), DAY, "SK", b"") for number in range(stretch.start, last + 1)]

    def check(self, chain: Chain) -> None:
        """It answers."""


@contextmanager
def reading(seconds: float = 0.0) -> Iterator[ReadAhead]:
    def connect() -> Entries:
        return Entries(seconds)

    ahead = ReadAhead(connect(), connect, connections=4, widest=1000)
    chain = Chain((RECEIVER,), DAY + timedelta(hours=18), 0)
    try:
        ahead.begin(chain, RECEIVER, 1, LIMIT)
        yield ahead
    finally:
        ahead.close()


def taken(ahead: ReadAhead, after: Place) -> Place:
    window = ahead.take(after, LIMIT)
    assert window is not None
    return window.place


@pytest.mark.parametrize(
    ("seconds", "is_awaited", "expected"),
    [
        pytest.param(0.0, True, 1, id="what is there when it is wanted is enough"),
        pytest.param(0.02, False, 4, id="what is waited for is not"),
    ],
)
def test_windows_at_once_are_as_many_as_it_takes(seconds: float, is_awaited: bool, expected: int) -> None:
    with reading(seconds) as ahead:
        place = RECEIVER.before
        under_way = []
        for _ in range(MANY):
            while is_awaited and not all(job.rows.done() for job in ahead._jobs):
                time.sleep(0.001)
            under_way.append(len(ahead._jobs))
            place = taken(ahead, place)

    assert max(under_way[MANY // 2 :]) == expected


def test_a_window_brings_half_a_page_more_than_one_at_most() -> None:
    with reading() as ahead:
        place = RECEIVER.before
        for _ in range(MANY):
            window = ahead.take(place, LIMIT)
            assert window is not None
            assert 0 < len(window.rows) <= LIMIT * 3 // 2
            assert window.rows[0].place.sequence == place.sequence + 1
            place = window.place
