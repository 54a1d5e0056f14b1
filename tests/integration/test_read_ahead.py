"""Several connections read a backlog, and the entries come in journal order all the same."""

import random
from collections.abc import Iterator

import pytest

from dev.ibmi import Control, JournalEntry
from producer.reader import Place
from runtime.errors import Unavailable
from tests.fakes.clock import FakeClock
from tests.integration.journal import FIRST, Open, entry, journal_queries, place, read_all

SECOND = "AUDRCV0002"
SLOW_MILLISECONDS = 0.5


def connections_used(control: Control) -> int:
    return int(control.connections()["reading"])


def sparse(seed: int, first: int, last: int, receiver: str = FIRST) -> Iterator[JournalEntry]:
    """Entries whose numbers lie close together here and far apart there."""
    dice = random.Random(seed)
    number = first
    while number <= last:
        yield entry(number, receiver=receiver)
        number += dice.choice([1, 1, 1, 2, 50, 400])


def test_a_backlog_is_read_in_order_over_several_connections(control: Control, open_reader: Open) -> None:
    control.append(entry(number) for number in range(2, 4002))
    control.set_row_delay(SLOW_MILLISECONDS)
    control.forget_connections()

    sequences, last = read_all(open_reader(connections=4), None)

    assert sequences == list(range(2, 4002))
    assert last.place == place(4001)
    assert connections_used(control) == 4


@pytest.mark.parametrize("seed", range(3))
def test_windows_that_are_cut_off_or_empty_lose_and_repeat_nothing(
    control: Control, open_reader: Open, seed: int
) -> None:
    written = list(sparse(seed, 2, 60_000))
    control.append(written)
    second = control.rotate()
    start = control.attached().last_sequence + 1
    more = list(sparse(seed, start, start + 20_000, second))
    control.append(more)

    sequences, last = read_all(open_reader(connections=3), None, limit=50)

    assert sequences == [number.sequence for number in (*written, *more)]
    assert last.missed == ()


def test_one_connection_is_enough_where_little_is_left(control: Control, open_reader: Open) -> None:
    control.append(entry(number) for number in range(2, 150))
    control.forget_connections()

    sequences, _last = read_all(open_reader(connections=4), None)

    assert sequences == list(range(2, 150))
    assert connections_used(control) == 1


def test_a_refused_password_is_tried_once_and_one_connection_reads_on(control: Control, open_reader: Open) -> None:
    control.append(entry(number) for number in range(2, 3002))
    reader = open_reader(connections=4)
    reader.read(place(3000), 100)
    control.refuse_password()
    control.forget_connections()

    sequences, _last = read_all(reader, place(1))

    assert sequences == list(range(2, 3002))
    assert control.connections()["opened"] == 1


def test_a_lost_link_costs_no_entry(control: Control, open_reader: Open) -> None:
    clock = FakeClock()
    control.append(entry(number) for number in range(2, 3002))
    reader = open_reader(connections=4, clock=clock)
    sequences: list[int] = []
    after: Place | None = None
    for number in range(1000):
        if number == 5:
            control.drop_connections()
        try:
            page = reader.read(after, 100)
        except Unavailable:
            continue
        finally:
            clock.advance(20)
        sequences += [row.place.sequence for row in page.rows]
        after = page.place
        if page.at_end:
            break

    assert sequences == list(range(2, 3002))


def test_a_place_elsewhere_is_not_answered_from_what_was_read_ahead(control: Control, open_reader: Open) -> None:
    control.append(entry(number) for number in range(2, 3002))
    reader = open_reader(connections=4)
    reader.read(None, 100)

    page = reader.read(place(2000), 100)

    assert [row.place.sequence for row in page.rows] == list(range(2001, 2101))


def test_a_damaged_receiver_is_passed_over_once_though_several_connections_met_it(
    control: Control, open_reader: Open
) -> None:
    control.append(entry(number) for number in range(2, 2002))
    second = control.rotate()
    control.append([entry(2004, receiver=second)])
    control.damage_receiver(FIRST)
    reader = open_reader(connections=4)

    page = reader.read(None, 100)
    following = reader.read(page.place, 100)

    assert len(page.missed) == 1
    assert [row.place.sequence for row in following.rows] == [2004]
    assert journal_queries(control) != []
