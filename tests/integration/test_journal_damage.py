"""What becomes of a journal in the course of years, and what the reader does about each: rows of docs/positions.md."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dev.ibmi import Control, JournalEntry
from producer.display_journal import LATE_LIST_SECONDS, REFUSED_SECONDS, DisplayJournalReader
from producer.reader import Page, Place, PlaceLost
from runtime.errors import Halt, Unavailable
from tests.fakes.clock import FakeClock
from tests.integration.journal import FIRST, LIBRARY, NOW, Open, entry, journal_queries, place, read_all

SECOND = "AUDRCV0002"
LATER = NOW + timedelta(hours=3, seconds=7)
MANY_RECEIVERS = 2_100


def sequences(page: Page) -> list[int]:
    return [row.place.sequence for row in page.rows]


def reached(reader: DisplayJournalReader) -> Place:
    """The journal's end, with what the reader knows of its receiver."""
    found = read_all(reader, None)[1].place
    assert found is not None
    return found


def first_of_a_new_journal(sequence: int, receiver: str = FIRST) -> JournalEntry:
    return entry(sequence, receiver=receiver)._replace(timestamp=LATER)


def test_several_changes_between_two_polls_are_followed_one_by_one(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2)])
    behind = reached(reader)
    wanted = []
    for hours in (1, 2, 3):
        name = control.rotate(at=NOW + timedelta(hours=hours))
        sequence = control.attached().last_sequence + 1
        control.append([entry(sequence, receiver=name)])
        wanted.append(sequence)

    found, last = read_all(reader, behind)

    assert found == wanted
    assert last.place == place(wanted[-1], "AUDRCV0004")
    assert last.missed == ()


def test_a_receiver_in_the_middle_that_is_deleted_repeats_nothing_older(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2), entry(3)])
    second = control.rotate(at=NOW + timedelta(hours=3))
    control.append([entry(6, receiver=second), entry(7, receiver=second)])
    stored = replace(place(6, second), attached_at=NOW + timedelta(hours=3))
    third = control.rotate(at=NOW + timedelta(hours=6))
    control.append([entry(10, receiver=third)])
    control.delete_receiver(second)

    with pytest.raises(PlaceLost, match=f"behind it is QGPL/{third}, from entry 9") as lost:
        reader.read(stored, 100)
    page = reader.read(lost.value.resume, 100)

    assert lost.value.resume == place(8, third)
    assert sequences(page) == [10]


def test_a_receiver_deleted_right_before_a_reset_leaves_a_gap(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2), entry(3)])
    behind = reached(reader)
    deleted = control.rotate(at=NOW + timedelta(hours=1))
    third = control.rotate(reset_sequence=True, at=NOW + timedelta(hours=2))
    control.append([entry(2, receiver=third)])
    control.delete_receiver(deleted)

    at_the_end = reader.read(behind, 100)
    following = reader.read(at_the_end.place, 100)

    assert at_the_end.place == place(4)
    (missed,) = following.missed
    assert (missed.after, missed.until, missed.count) == (place(4), place(1, third), None)
    assert sequences(following) == [2]


def test_a_reset_right_behind_the_position_is_no_gap(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2), entry(3)])
    behind = reached(reader)
    second = control.rotate(reset_sequence=True, at=NOW + timedelta(hours=1))
    control.append([entry(2, receiver=second)])

    at_the_end = reader.read(behind, 100)
    following = reader.read(at_the_end.place, 100)

    assert (sequences(following), following.missed) == ([2], ())


def test_a_reset_and_a_receiver_of_the_same_numbers_are_not_taken_for_what_follows(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append(entry(number) for number in range(2, 9))
    stored = reached(reader)
    second = control.rotate(reset_sequence=True, at=NOW + timedelta(hours=3))
    control.append(entry(number, receiver=second) for number in range(2, 9))
    third = control.rotate(at=NOW + timedelta(hours=6))
    control.append([entry(11, receiver=third)])
    control.delete_receiver(FIRST)

    with pytest.raises(PlaceLost) as lost:
        reader.read(stored, 100)
    found, _last = read_all(reader, lost.value.resume)

    assert found == [*range(2, 9), 11]


@pytest.mark.parametrize("status", ["FREED", "ONLINE"])
def test_a_receiver_saved_with_its_storage_freed_is_passed_over_with_a_gap(
    control: Control, open_reader: Open, status: str
) -> None:
    clock = FakeClock()
    reader = open_reader(clock=clock)
    control.append([entry(2), entry(3)])
    second = control.rotate()
    control.append([entry(6, receiver=second)])
    control.free_receiver(FIRST, status=status)

    if status == "ONLINE":
        with pytest.raises(Unavailable, match="CPF7053"):
            reader.read(place(2), 100)
        clock.advance(REFUSED_SECONDS + 1)
    page = reader.read(place(2), 100)
    following = reader.read(page.place, 100)

    (missed,) = page.missed
    assert page.rows == []
    assert (missed.after, missed.until, missed.count) == (place(2), place(5, second), 2)
    assert sequences(following) == [6]


def test_a_journal_created_anew_is_read_from_its_beginning(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 9))
    stored = reached(reader)
    control.delete_journal()

    with pytest.raises(Unavailable, match="no receiver"):
        reader.read(stored, 100)
    control.append([first_of_a_new_journal(1), first_of_a_new_journal(2)])
    with pytest.raises(PlaceLost) as lost:
        reader.read(stored, 100)

    assert sequences(reader.read(lost.value.resume, 100)) == [1, 2]


def test_a_name_that_is_used_again_is_another_receiver_though_it_holds_the_same_numbers(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append(entry(number) for number in range(2, 9))
    stored = reached(reader)
    control.delete_journal()
    control.append(first_of_a_new_journal(number) for number in range(1, 21))

    with pytest.raises(PlaceLost) as lost:
        reader.read(stored, 100)

    assert lost.value.resume == place(0)
    assert sequences(reader.read(lost.value.resume, 100)) == list(range(1, 21))


def test_what_was_read_ahead_of_a_journal_that_is_created_anew_meanwhile_is_not_trusted(
    control: Control, open_reader: Open
) -> None:
    control.append(entry(number) for number in range(2, 4002))
    reader = open_reader(connections=2)
    first = reader.read(None, 100).place
    control.delete_journal()
    control.append([first_of_a_new_journal(1)])

    def read_on() -> None:
        """To the end of what had been read ahead by then, be it all or nothing."""
        _found, last = read_all(reader, first)
        reader.read(last.place, 100)

    with pytest.raises(PlaceLost) as lost:
        read_on()

    assert lost.value.sure == place(0)
    assert lost.value.resume == place(0)


def test_a_clock_change_does_not_make_another_receiver_of_the_same(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2), entry(3)])

    page = reader.read(replace(place(2), attached_at=NOW + timedelta(hours=1)), 100)

    assert sequences(page) == [3]


def test_more_receivers_than_one_range_may_have_are_read_one_at_a_time(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append(
        entry(number, receiver=f"AUDRCV{number:04d}")._replace(timestamp=NOW + timedelta(days=number))
        for number in range(2, MANY_RECEIVERS + 1)
    )

    first = reader.read(None, 100)
    found, last = read_all(reader, place(MANY_RECEIVERS - 5, f"AUDRCV{MANY_RECEIVERS - 5:04d}"))

    assert first.lag == MANY_RECEIVERS - 1
    assert found == list(range(MANY_RECEIVERS - 4, MANY_RECEIVERS + 1))
    assert last.missed == ()


def test_an_attached_receiver_that_is_damaged_is_waited_for_and_given_up_once(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2), entry(3)])
    control.damage_receiver(FIRST)

    with pytest.raises(Unavailable, match="AUDRCV0001 cannot be read, change it"):
        reader.read(place(2), 100)
    second = control.rotate()
    page = reader.read(place(2), 100)

    (missed,) = page.missed
    assert (missed.after, missed.until) == (place(2), place(5, second))


def test_the_head_is_never_asked_for_what_does_not_exist_yet(control: Control, reader: DisplayJournalReader) -> None:
    control.set_head_is_an_error(True)
    control.append([entry(2)])
    first = reader.read(None, 100)
    control.forget_statements()

    second = reader.read(first.place, 100)

    assert second.at_end
    assert journal_queries(control) == []


def test_authority_lost_on_a_new_receiver_halts_at_its_beginning_and_loses_nothing(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2)])
    second = control.rotate()
    control.append([entry(5, receiver=second)])
    control.revoke_receiver(second)
    first = reader.read(None, 100)

    with pytest.raises(Halt, match=f"not authorised.*{second}"):
        reader.read(first.place, 100)
    control.grant_receiver(second)

    assert sequences(first) == [2]
    assert sequences(reader.read(first.place, 100)) == [5]


def test_a_list_that_is_late_is_waited_for(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2), entry(3)])
    stored = replace(reached(reader), sequence=5)

    with pytest.raises(Unavailable, match="late"):
        reader.read(stored, 100)
    control.append([entry(5), entry(6)])

    assert sequences(reader.read(stored, 100)) == [6]


def test_entries_that_an_abnormal_end_took_back_are_a_lost_position_whose_numbers_come_again(
    control: Control, open_reader: Open
) -> None:
    clock = FakeClock()
    reader = open_reader(clock=clock)
    control.append(entry(number) for number in range(2, 9))
    stored = reached(reader)
    control.lose_entries(3)

    with pytest.raises(Unavailable, match="late"):
        reader.read(stored, 100)
    clock.advance(LATE_LIST_SECONDS + 1)
    with pytest.raises(PlaceLost, match="ends with entry 5") as lost:
        reader.read(stored, 100)
    control.append([first_of_a_new_journal(6)])

    assert sequences(reader.read(lost.value.resume, 100)) == [6]


def test_a_receiver_deleted_while_it_is_read_is_a_lost_position(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 9))
    second = control.rotate()
    control.append([entry(11, receiver=second)])
    page = reader.read(None, 3)
    control.delete_receiver(FIRST)

    with pytest.raises(PlaceLost):
        reader.read(page.place, 3)


def test_every_range_of_the_special_values_is_refused_by_the_double_and_never_used(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2)])
    reader.read(None, 100)

    (query,) = journal_queries(control)

    assert "*CUR" not in query
    assert query.count("RECEIVER_NAME") >= 2


def test_the_first_place_of_a_time_is_found_in_whatever_receiver_it_stands(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2), entry(3)])
    second = control.rotate()
    at = NOW + timedelta(minutes=5)
    control.append([JournalEntry(LIBRARY, second, 6, at, "SK", b"\x40" * 100)])
    chain = reader.survey()

    assert reader.place_at(NOW - timedelta(days=9), chain) == place(1)
    assert reader.place_at(NOW + timedelta(minutes=1), chain) == place(5, second)
    assert reader.place_at(NOW + timedelta(hours=1), chain) == place(6, second)
