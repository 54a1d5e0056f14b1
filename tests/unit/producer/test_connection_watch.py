"""Whoever audits nothing is told, and nobody else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from producer.connection_watch import LOOK_EVERY, ConnectionWatch, Ends
from producer.reader import JournalRow, Page, Place
from producer.socket_fields import SocketFields
from tests.fakes.clock import FakeClock
from tests.fakes.reader import row

ACCEPT, CONNECT, SECURE = b"\xc1", b"\xc3", b"\xe2"
NOW = datetime(2026, 11, 22, 12)


def connection(port: int) -> Ends:
    return "10.1.1.5", 23, "10.9.8.7", port


def page(*rows: JournalRow, at_end: bool = True) -> Page:
    return Page(rows, Place("AUDLIB", "AUDRCV0001", 7), at_end, NOW)


class Watched:
    """A watch that is looked at every five minutes and one second."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.present: frozenset[Ends] | None = frozenset([connection(1)])
        self.looks = 0
        self.watch = ConnectionWatch(self._look, self.clock)

    def _look(self) -> frozenset[Ends] | None:
        self.looks += 1
        return self.present

    def open(self, port: int) -> None:
        self.present = (self.present or frozenset()) | {connection(port)}

    def later(self, read: Page | None = None) -> int | None:
        self.clock.advance(LOOK_EVERY.total_seconds() + 1)
        return self.watch.unaudited(read or page())


def test_new_connections_that_no_entry_tells_of_are_told_by_the_look_after() -> None:
    watched = Watched()

    told = [watched.later()]
    watched.open(2)
    told += [watched.later()]
    watched.open(3)
    told += [watched.later(), watched.later()]

    assert told == [None, None, 2, None]


def test_connections_that_were_there_before_are_nothing_to_tell() -> None:
    watched = Watched()

    assert [watched.later() for _ in range(5)] == [None] * 5


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(1, ACCEPT)], id="accept"),
        pytest.param([row(1, SECURE), row(2, CONNECT)], id="connect"),
        pytest.param([replace(row(1), fields=SocketFields("A"))], id="columns"),
    ],
)
def test_an_entry_of_a_connection_says_that_auditing_works(rows: Sequence[JournalRow]) -> None:
    watched = Watched()
    watched.later()
    watched.open(2)
    watched.later()

    told = [watched.later(page(*rows)), watched.later(), watched.later()]

    assert told == [None, None, None]


def test_handshakes_alone_do_not_say_so() -> None:
    watched = Watched()
    watched.later()
    watched.open(2)
    watched.later()

    assert watched.later(page(row(1, SECURE))) == 1


def test_nothing_is_concluded_while_the_journal_is_not_read_to_its_end() -> None:
    watched = Watched()
    watched.later()
    watched.open(2)
    watched.later()

    assert watched.later(page(at_end=False)) is None
    assert watched.later() is None


def test_it_is_told_again_after_entries_came_and_ceased() -> None:
    watched = Watched()
    told = []
    for port in (2, 3):
        watched.later(page(row(1, ACCEPT)))
        watched.later()
        watched.open(port)
        watched.later()
        told.append(watched.later())

    assert told == [1, 1]


def test_a_busy_journal_costs_no_look() -> None:
    watched = Watched()

    for _ in range(9):
        watched.later(page(row(1, ACCEPT)))

    assert watched.looks == 0


def test_where_netstat_may_not_be_read_nothing_is_told() -> None:
    watched = Watched()
    watched.present = None

    assert [watched.later() for _ in range(4)] == [None] * 4
