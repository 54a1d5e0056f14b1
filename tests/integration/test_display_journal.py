"""The reader `display-journal` against the IBM i double, through pyodbc and unixODBC."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from subprocess import PIPE

import pytest

from dev.ibmi import Control, Ibmi, JournalEntry
from dev.part import STACK
from producer.display_journal import DisplayJournalReader
from producer.reader import JournalRow, Loss
from runtime.bounded import STUCK_EXIT_CODE
from runtime.errors import Halt, LoginRefused, PositionLost, Unavailable
from tests.integration.journal import (
    FIRST,
    LIBRARY,
    NOW,
    START,
    Open,
    Stuck,
    entry,
    journal_queries,
    place,
    read_all,
)

POLLS = """
import os
from producer.display_journal import DisplayJournalReader
from producer.odbc import Odbc
from producer.settings import IbmiSettings, ProducerSettings
from runtime.bounded import Bounded
from runtime.logs import configure
from runtime.shutdown import Shutdown

configure("info", "json")
given = {name.lower(): os.environ["SK2SIEM_IBMI__" + name] for name in ("SYSTEM", "USERNAME", "PASSWORD")}
shutdown = Shutdown()
shutdown.install()
reader = DisplayJournalReader(Odbc(IbmiSettings(**given), Bounded(shutdown, grace=0.5)), ProducerSettings())
page = reader.read(None, 10)
print("reading", flush=True)
while True:
    page = reader.read(page.place, 10)
"""


def test_pages_follow_one_another_without_a_gap_or_a_copy(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 252))

    sequences, last = read_all(reader, None)

    assert sequences == list(range(2, 252))
    assert last.place == place(251)
    assert last.lag == 0
    assert last.missed == ()


def test_a_full_page_ends_at_its_last_row_and_says_what_is_left(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 252))

    page = reader.read(None, 100)

    assert page.place == page.rows[-1].place == place(101)
    assert not page.at_end
    assert page.lag == 150


def test_a_row_holds_what_the_journal_holds(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(7)])

    page = reader.read(None, 10)

    assert page.rows == [
        JournalRow(
            place=place(7),
            timestamp=START + timedelta(seconds=7),
            entry_type="SK",
            entry_data=(7).to_bytes(8, "big") + b"\x40" * 1062,
            job_name="QTVDEVICE",
            job_user="QTCP",
            job_number="012345",
            user="*NONE",
            program="QTVTELNET",
            program_library=None,
        )
    ]


def test_reading_goes_on_behind_a_position(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 22))

    page = reader.read(place(15), 100)

    assert [row.place.sequence for row in page.rows] == [16, 17, 18, 19, 20, 21]


def test_entries_of_type_sv_come_whole_and_in_their_place(control: Control, reader: DisplayJournalReader) -> None:
    long = JournalEntry(LIBRARY, FIRST, 3, START, "SV", bytes(range(256)) * 11 + b"\x01" * 195)
    control.append([entry(2), long, entry(4), entry(5, entry_type="PW")])

    page = reader.read(None, 100)

    assert [(row.place.sequence, row.entry_type) for row in page.rows] == [(2, "SK"), (3, "SV"), (4, "SK")]
    assert page.rows[1].entry_data == long.entry_data
    assert len(long.entry_data) == 3011


def test_the_head_is_the_position_though_no_wanted_entry_stands_there(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2)])
    control.advance(1000)

    page = reader.read(None, 100)

    assert page.place == place(1002)
    assert page.at_end


def test_a_poll_without_news_costs_no_journal_query(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2), entry(3)])
    first = reader.read(None, 100)
    control.forget_statements()

    second = reader.read(first.place, 100)

    assert second.rows == []
    assert second.place == place(3)
    assert second.at_end
    assert control.statements() != []
    assert journal_queries(control) == []


def test_the_clock_and_zone_of_the_partition_come_with_every_page(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.set_utc_offset(-(5 * 3600 + 1800))

    page = reader.read(None, 100)

    assert page.read_at == NOW
    assert page.utc_offset_seconds == -19800


def test_a_rare_entry_in_a_busy_journal_is_found_window_by_window(control: Control, open_reader: Open) -> None:
    control.advance(5000)
    control.append([entry(5002)])

    reader = open_reader(window=1000)
    first = reader.read(None, 100)
    sequences, last = read_all(reader, first.place)

    assert first.rows == []
    assert first.place == place(1000)
    assert not first.at_end
    assert sequences == [5002]
    assert last.place == place(5002)


def test_reading_crosses_into_the_next_receiver(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 6))
    second = control.rotate()
    control.append(entry(number, receiver=second) for number in range(8, 11))

    sequences, last = read_all(reader, None)

    assert sequences == [2, 3, 4, 5, 8, 9, 10]
    assert last.place == place(10, second)
    assert last.missed == ()


def test_each_query_stays_within_one_receiver(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2)])
    second = control.rotate()
    control.append([entry(5, receiver=second)])

    pages = [reader.read(None, 100)]
    pages.append(reader.read(pages[0].place, 100))

    assert [page.place for page in pages] == [place(3), place(5, second)]
    assert [page.at_end for page in pages] == [False, True]


def test_a_sequence_that_starts_again_loses_and_repeats_nothing(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 6))
    second = control.rotate(reset_sequence=True, at=NOW + timedelta(minutes=1))
    control.append(entry(number, receiver=second) for number in range(2, 5))

    sequences, last = read_all(reader, None)

    assert sequences == [2, 3, 4, 5, 2, 3, 4]
    assert last.place == place(4, second)
    assert last.missed == ()


def test_rotations_in_the_repeated_hour_of_autumn_keep_their_order(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2)])
    second = control.rotate(at=datetime(2026, 11, 22, 4, 50))
    control.append([entry(5, receiver=second)])
    reached = read_all(reader, None)[1].place
    third = control.rotate(at=datetime(2026, 11, 22, 4, 10))
    control.append([entry(8, receiver=third)])

    sequences, last = read_all(reader, reached)

    assert sequences == [8]
    assert last.place == place(8, third)
    assert last.missed == ()


def test_a_deleted_receiver_that_was_read_to_its_end_is_no_loss(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2)])
    second = control.rotate()
    control.append([entry(5, receiver=second)])
    control.delete_receiver(FIRST)

    page = reader.read(place(3), 100)

    assert [row.place for row in page.rows] == [place(5, second)]
    assert page.missed == ()


def test_a_receiver_deleted_before_it_was_read_is_a_lost_position(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2), entry(3)])
    second = control.rotate()
    control.delete_receiver(FIRST)

    with pytest.raises(PositionLost, match=f"entry 2 of QGPL/AUDRCV0001.*{second}"):
        reader.read(place(2), 100)


def test_a_position_beyond_what_its_receiver_holds_is_lost(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2)])

    with pytest.raises(PositionLost):
        reader.read(place(500), 100)


def test_receivers_missing_in_between_are_a_gap_of_known_size(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2)])
    second = control.rotate()
    control.append(entry(number, receiver=second) for number in range(5, 10))
    third = control.rotate()
    control.append([entry(12, receiver=third)])
    control.delete_receiver(second)

    page = reader.read(place(3), 100)

    assert [row.place for row in page.rows] == [place(12, third)]
    (missed,) = page.missed
    assert (missed.after, missed.until, missed.count) == (place(3), place(11, third), 7)


def test_a_damaged_receiver_is_skipped_with_a_gap(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2), entry(3)])
    second = control.rotate()
    control.append([entry(6, receiver=second)])
    control.damage_receiver(FIRST)

    page = reader.read(place(2), 100)
    following = reader.read(page.place, 100)

    (missed,) = page.missed
    assert page.rows == []
    assert (missed.after, missed.until, missed.count) == (place(2), place(5, second), 2)
    assert [row.place for row in following.rows] == [place(6, second)]


def test_the_end_is_not_declared_while_the_attached_receiver_is_not_listed(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2)])
    second = control.rotate()
    control.hide_receiver(second)

    page = reader.read(None, 100)
    with pytest.raises(Unavailable, match="not listed yet"):
        reader.read(page.place, 100)
    control.show_receiver(second)
    last = reader.read(page.place, 100)

    assert not page.at_end
    assert last.at_end


def test_a_receiver_without_authority_halts(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2)])
    control.revoke_receiver(FIRST)

    with pytest.raises(Halt, match="CPF9802"):
        reader.read(None, 100)


def test_a_journal_that_cannot_be_seen_halts(control: Control, reader: DisplayJournalReader) -> None:
    control.set_journal_authority(granted=False)

    with pytest.raises(Halt, match="QSYS/QAUDJRN"):
        reader.read(None, 100)


def test_a_refusal_without_a_reason_is_waited_out_where_the_range_is_listed(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2)])
    control.set_terse_errors(True)
    control.revoke_receiver(FIRST)

    with pytest.raises(Unavailable, match="listed"):
        reader.read(place(1), 100)


def test_audit_levels_come_at_the_end_and_not_with_every_page(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2), entry(3)])
    control.set_system_value("QAUDLVL", "*NETSCK   *AUDLVL2")
    control.set_system_value("QAUDLVL2", "*NETSECURE")

    behind = reader.read(None, 1)
    first = reader.read(behind.place, 100)
    second = reader.read(first.place, 100)

    assert behind.audit_levels is None
    assert first.audit_levels == frozenset({"*NETSCK", "*AUDLVL2", "*NETSECURE"})
    assert second.audit_levels is None


def test_a_lost_link_is_waited_for_and_then_nothing_is_missing(control: Control, reader: DisplayJournalReader) -> None:
    control.append(entry(number) for number in range(2, 302))
    first = reader.read(None, 100)
    control.drop_after(10)

    with pytest.raises(Unavailable):
        reader.read(first.place, 100)
    sequences, _last = read_all(reader, first.place)

    assert sequences == list(range(102, 302))


def test_a_refused_password_is_never_tried_again(control: Control, open_reader: Open) -> None:
    reader = open_reader()
    control.refuse_password()

    with pytest.raises(LoginRefused, match="refused"):
        reader.read(None, 100)
    control.accept_password()
    control.forget_statements()

    with pytest.raises(LoginRefused, match="refused"):
        reader.read(None, 100)
    assert control.statements() == []


def test_a_wrong_password_is_refused_without_being_shown(open_reader: Open) -> None:
    reader = open_reader(password="not-this-one")

    with pytest.raises(LoginRefused) as raised:
        reader.check()

    assert "not-this-one" not in str(raised.value)


def test_a_frozen_partition_cannot_hold_the_process(control: Control, open_reader: Open) -> None:
    reader = open_reader(stuck_after=0.5)
    control.append([entry(2)])
    page = reader.read(None, 100)
    control.freeze()

    with pytest.raises(Stuck, match="listing the receivers"):
        reader.read(page.place, 100)


def test_a_process_that_waits_for_a_frozen_partition_still_obeys_sigterm(control: Control, ibmi: Ibmi) -> None:
    environment = {**os.environ, **ibmi.exports(), "PYTHONPATH": str(STACK.parent)}
    process = subprocess.Popen([sys.executable, "-c", POLLS], env=environment, stdout=PIPE, stderr=PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "reading\n"

    control.freeze()
    process.terminate()
    _out, last_words = process.communicate(timeout=60)

    assert process.returncode == STUCK_EXIT_CODE
    assert "listing the receivers did not return" in last_words


def test_when_entries_will_be_deleted_comes_with_a_page_and_not_with_every_one(
    control: Control, reader: DisplayJournalReader
) -> None:
    control.append([entry(2), entry(3)])
    control.rotate(at=NOW + timedelta(hours=3))
    control.set_clock(NOW + timedelta(hours=4))
    control.set_delete_receivers(True)

    first = reader.read(place(1), 1)
    second = reader.read(first.place, 1)

    assert first.loss == Loss(timedelta(), timedelta(minutes=10))
    assert second.loss is None


def test_numbers_beyond_63_bits_are_read(control: Control, reader: DisplayJournalReader) -> None:
    top = 18_446_744_073_709_551_500
    control.append(entry(top + number, receiver="AUDRCV0002") for number in range(3))

    page = reader.read(place(top, "AUDRCV0002"), 100)

    assert sequences_of(page.rows) == [top + 1, top + 2]
    assert page.at_end


def test_check_says_what_was_found(control: Control, reader: DisplayJournalReader) -> None:
    control.append([entry(2)])

    found = reader.check()

    assert "IBMIDBL (IBM i 7.5) answers: QSYS/QAUDJRN has 1 receivers listed" in found
    assert "*NETSECURE" in found
    assert journal_queries(control) != []


def sequences_of(rows: Sequence[JournalRow]) -> list[int]:
    return [row.place.sequence for row in rows]
