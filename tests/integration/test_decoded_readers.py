"""The readers that are given columns, `audit-journal-sk` and `cpyaudjrne`, against the IBM i double."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from dev.ibmi import Control, Ibmi, JournalEntry
from producer.audit_journal_sk import AuditJournalSkEntries
from producer.cpyaudjrne import WHOLE_RECEIVER, CpyaudjrneEntries
from producer.display_journal import WINDOW, DisplayJournalReader
from producer.odbc import Odbc
from producer.reader import Page, Place
from producer.settings import ProducerSettings
from producer.simulator.encoder import EntryData, encode_entry
from runtime.bounded import Bounded
from runtime.errors import ConfigError, Halt, PositionLost, Unavailable
from runtime.shutdown import Shutdown
from tests.contracts.readers import ibmi_settings
from tests.integration.journal import FIRST, LIBRARY, NOW, START

TELNET = encode_entry(EntryData("A", "10.1.1.5", 23, "10.9.8.7", 50123, socket_descriptor=3))
DEFAULT = ProducerSettings()

Open = Callable[..., DisplayJournalReader]


@pytest.fixture
def opened(ibmi: Ibmi, control: Control) -> Iterator[Open]:
    readers: list[DisplayJournalReader] = []

    def open_one(name: str, settings: ProducerSettings = DEFAULT) -> DisplayJournalReader:
        copies = name == "cpyaudjrne"
        odbc = Odbc(ibmi_settings(ibmi), Bounded(Shutdown()), calls=copies)
        entries = CpyaudjrneEntries if copies else AuditJournalSkEntries
        window = WHOLE_RECEIVER if copies else WINDOW
        readers.append(DisplayJournalReader(odbc, settings, entries=entries, window=window))
        return readers[-1]

    yield open_one
    for reader in readers:
        reader.close()


both = pytest.mark.parametrize("name", ["audit-journal-sk", "cpyaudjrne"])


def entries(numbers: Sequence[int], receiver: str = FIRST, at: datetime = START, step: float = 1) -> list[JournalEntry]:
    """One SK entry of each number, `step` seconds apart."""
    return [
        JournalEntry(LIBRARY, receiver, number, at + timedelta(seconds=step * count), "SK", TELNET)
        for count, number in enumerate(numbers)
    ]


def sequences(page: Page) -> list[int]:
    return [row.place.sequence for row in page.rows]


def to_the_end(reader: DisplayJournalReader, limit: int, after: Place | None = None) -> tuple[list[int], Place | None]:
    found: list[int] = []
    for _ in range(1000):
        page = reader.read(after, limit)
        found += sequences(page)
        after = page.place
        if page.at_end:
            return found, after
    raise AssertionError("reading never comes to the end")


def copies(control: Control) -> list[str]:
    return [command for command in control.commands() if command.startswith("CPYAUDJRNE")]


def copied_since(control: Control) -> datetime:
    """From when on the last copy was."""
    found = re.search(r"FROMTIME\('(\d+)' '(\d+)'\)", copies(control)[-1])
    assert found, copies(control)[-1]
    return datetime.strptime(found[1] + found[2], "%y%m%d%H%M%S")


@both
def test_entries_of_the_same_moment_are_not_lost_between_pages(opened: Open, control: Control, name: str) -> None:
    control.append(entries(range(2, 42), step=0))

    assert to_the_end(opened(name), 7)[0] == list(range(2, 42))


@both
def test_a_receiver_that_is_gone_is_a_lost_position(opened: Open, control: Control, name: str) -> None:
    control.append(entries(range(2, 12)))
    reader = opened(name)
    place = reader.read(None, 5).place
    control.rotate()
    control.advance(5)
    control.delete_receiver(FIRST)

    with pytest.raises(PositionLost):
        reader.read(place, 5)


@both
def test_several_changes_of_receivers_at_once_are_followed(opened: Open, control: Control, name: str) -> None:
    control.append(entries(range(2, 12)))
    reader = opened(name)
    first, place = to_the_end(reader, 5)
    for _ in range(3):
        receiver = control.rotate()
        last = control.attached().last_sequence
        control.append(entries(range(last + 1, last + 4), receiver, NOW))

    found, _ = to_the_end(reader, 5, place)

    assert first == list(range(2, 12))
    assert found == [14, 15, 16, 19, 20, 21, 24, 25, 26]


@both
def test_a_reset_of_the_sequence_is_followed(opened: Open, control: Control, name: str) -> None:
    control.append(entries(range(2, 5)))
    reader = opened(name)
    _, place = to_the_end(reader, 5)
    receiver = control.rotate(reset_sequence=True)
    control.append(entries([2, 3], receiver, NOW))

    assert to_the_end(reader, 5, place)[0] == [2, 3]


@both
def test_another_journal_is_refused(opened: Open, name: str) -> None:
    with pytest.raises(ConfigError, match="QSYS/QAUDJRN only"):
        opened(name, ProducerSettings(journal_name="OTHER"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param("absent", "no SYSTOOLS.AUDIT_JOURNAL_SK", id="no-function"),
        pytest.param("without-remote-ends", "no column REMOTE_ADDRESS, REMOTE_PORT", id="no-remote-columns"),
        pytest.param("empty-remote-ends", "leaves REMOTE_ADDRESS empty", id="nothing-in-the-remote-columns"),
    ],
)
def test_a_function_that_does_not_say_who_connected_is_refused(
    opened: Open, control: Control, kind: str, words: str
) -> None:
    control.append(entries(range(2, 12)))
    control.offer_audit_journal_sk(kind)

    with pytest.raises(ConfigError, match=words) as raised:
        opened("audit-journal-sk").read(None, 5)

    assert "SK2SIEM_PRODUCER__READER=display-journal" in str(raised.value)


def test_a_check_refuses_it_too(opened: Open, control: Control) -> None:
    control.offer_audit_journal_sk("without-remote-ends")

    with pytest.raises(ConfigError, match="no column"):
        opened("audit-journal-sk").check()


def test_entries_older_than_yesterday_are_read(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 12), at=START - timedelta(days=400)))

    assert to_the_end(opened("audit-journal-sk"), 5)[0] == list(range(2, 12))


def test_many_pages_are_read_from_one_copy(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 102)))

    found, _ = to_the_end(opened("cpyaudjrne"), 10)

    assert found == list(range(2, 102))
    assert len(copies(control)) == 1


def test_a_copy_that_is_exhausted_in_the_middle_of_a_page_is_followed_by_a_small_one(
    opened: Open, control: Control
) -> None:
    control.append(entries(range(2, 32)))
    reader = opened("cpyaudjrne")
    first = reader.read(None, 20)
    control.set_clock(NOW + timedelta(seconds=60))
    control.append(entries(range(32, 42), at=NOW + timedelta(seconds=30)))
    before = len(copies(control))

    second = reader.read(first.place, 15)
    third = reader.read(second.place, 15)

    assert sequences(first) + sequences(second) + sequences(third) == list(range(2, 42))
    assert len(copies(control)) == before + 1
    assert copied_since(control) == NOW - timedelta(seconds=2)


def test_at_the_head_only_what_is_new_is_copied(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 12)))
    reader = opened("cpyaudjrne")
    _, place = to_the_end(reader, 20)
    control.set_clock(NOW + timedelta(seconds=5))
    control.append(entries([20, 21], at=NOW + timedelta(seconds=1)))

    found, _ = to_the_end(reader, 20, place)

    assert found == [20, 21]
    assert copied_since(control) == NOW - timedelta(seconds=2)


def test_where_nothing_is_new_nothing_is_copied(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 12)))
    reader = opened("cpyaudjrne")
    _, place = to_the_end(reader, 20)
    before = control.commands()

    page = reader.read(place, 20)

    assert page.at_end
    assert control.commands() == before


def test_entries_of_other_types_alone_move_the_position(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 5)))
    reader = opened("cpyaudjrne")
    _, place = to_the_end(reader, 20)
    control.set_clock(NOW + timedelta(hours=1))
    control.advance(1000)

    page = reader.read(place, 20)

    assert (sequences(page), page.at_end) == ([], True)
    assert page.place is not None
    assert page.place.sequence == 1004


@pytest.mark.parametrize("offset", [pytest.param(0, id="by-hand"), pytest.param(3600, id="autumn")])
def test_a_clock_that_was_set_back_loses_nothing(opened: Open, control: Control, offset: int) -> None:
    control.set_utc_offset(7200 if offset else 0)
    control.append(entries(range(2, 12), at=NOW - timedelta(minutes=1)))
    reader = opened("cpyaudjrne")
    _, place = to_the_end(reader, 20)
    control.set_utc_offset(offset)
    control.set_clock(NOW - timedelta(minutes=50))
    control.append(entries(range(12, 15), at=NOW - timedelta(minutes=55)))

    assert to_the_end(reader, 20, place)[0] == [12, 13, 14]


def test_a_lost_connection_loses_the_copy_and_nothing_else(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 32)))
    reader = opened("cpyaudjrne")
    first = reader.read(None, 10)
    control.drop_connections()
    with pytest.raises(Unavailable):
        reader.read(first.place, 10)

    found, _ = to_the_end(reader, 10, first.place)

    assert sequences(first) + found == list(range(2, 32))


def test_the_date_format_is_set_again_on_a_new_connection(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 12)))
    reader = opened("cpyaudjrne")
    _, place = to_the_end(reader, 20)
    control.drop_connections()
    with pytest.raises(Unavailable):
        reader.read(place, 20)
    control.set_clock(NOW + timedelta(seconds=5))
    control.append(entries([20], at=NOW + timedelta(seconds=1)))

    assert to_the_end(reader, 20, place)[0] == [20]
    assert copied_since(control) == NOW - timedelta(seconds=2)


def test_more_receivers_than_the_command_takes_are_read(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 4)))
    for _ in range(260):
        control.rotate()
    last = control.attached()
    control.append(entries([last.last_sequence + 1], last.receiver, NOW))

    found, _ = to_the_end(opened("cpyaudjrne"), 100)

    assert found == [2, 3, last.last_sequence + 1]


def test_without_special_authority_audit_the_copy_is_refused_in_words(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 4)))
    control.set_audit_authority(granted=False)

    with pytest.raises(Halt, match=r"special authority \*AUDIT.*CPF222E"):
        opened("cpyaudjrne").read(None, 10)


def test_a_check_copies_the_last_seconds_only(opened: Open, control: Control) -> None:
    control.append(entries(range(2, 12), at=NOW - timedelta(seconds=1), step=0))

    found = opened("cpyaudjrne").check()

    assert "entry 11" in found
    assert copied_since(control) == NOW - timedelta(seconds=2)
