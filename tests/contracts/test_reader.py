"""What every reader of a journal promises, wherever it reads from: all entries, once, in order, and the same facts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from producer.decode import EntryFacts, decode
from producer.reader import JournalReader, JournalRow, Page, Place
from runtime.flow import Reason
from schemas.records import Entry, changed
from tests.contracts.readers import NAMES, ROWS, ReaderRig, rig_of

MOST_READS = 200
SOCKET_ROWS = [row for row in ROWS if row.entry_type == "SK"]


@pytest.fixture(params=NAMES)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReaderRig]:
    with rig_of(request.param, request, tmp_path) as made:
        yield made


def pages_of(reader: JournalReader, limit: int, after: Place | None = None) -> list[Page]:
    """Page after page, to the end of the journal."""
    pages = [reader.read(after, limit)]
    while not pages[-1].at_end:
        assert len(pages) < MOST_READS, "reading never comes to the end"
        pages.append(reader.read(pages[-1].place, limit))
    return pages


def rows_of(pages: Sequence[Page]) -> list[JournalRow]:
    return [row for page in pages for row in page.rows]


def places_of(rows: Sequence[JournalRow]) -> list[Place]:
    return [row.place for row in rows]


def expected_of(rig: ReaderRig) -> Sequence[JournalRow]:
    return SOCKET_ROWS if rig.columns else ROWS


def entries_of(rows: Sequence[JournalRow], reader: str) -> list[Entry | Reason]:
    facts = EntryFacts(
        "PROD1", "QSYS/QAUDJRN", reader, lambda local: local.replace(tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    )
    return [decode(row, facts) for row in rows if row.entry_type == "SK"]


def known_by_columns(entry: Entry | Reason) -> Entry:
    assert isinstance(entry, Entry), entry
    return changed(entry, entry_data_length=None, tail=None, filter_data=None)


@pytest.mark.parametrize("limit", [1000, 100, 7])
def test_every_entry_comes_once_and_in_order(rig: ReaderRig, limit: int) -> None:
    pages = pages_of(rig.reader(), limit)

    assert places_of(rows_of(pages)) == places_of(expected_of(rig))
    assert all(len(page.rows) <= limit * 3 // 2 for page in pages)
    assert [page.missed for page in pages if page.missed] == []


def test_reading_goes_on_behind_any_place(rig: ReaderRig) -> None:
    expected = expected_of(rig)
    reader = rig.reader()

    for count in range(1, len(expected), 61):
        found = rows_of(pages_of(reader, 100, expected[count - 1].place))

        assert places_of(found) == places_of(expected[count:])


def test_another_reader_goes_on_where_the_first_one_stopped(rig: ReaderRig) -> None:
    first = rig.reader().read(None, 50)

    found = rows_of(pages_of(rig.reader(), 100, first.place))

    assert places_of([*first.rows, *found]) == places_of(expected_of(rig))


def test_a_page_that_was_not_settled_comes_again(rig: ReaderRig) -> None:
    reader = rig.reader()
    first = reader.read(None, 50)
    reader.read(first.place, 50)

    again = reader.read(first.place, 50)

    assert places_of(again.rows) == places_of(expected_of(rig)[50:100])


def test_the_end_is_said_and_nothing_comes_behind_it(rig: ReaderRig) -> None:
    reader = rig.reader()
    last = pages_of(reader, 100)[-1]

    page = reader.read(last.place, 100)

    assert last.at_end
    assert (list(page.rows), page.place, page.at_end) == ([], last.place, True)
    assert last.read_at > ROWS[-1].timestamp or rig.name == "list"


def test_what_is_written_later_comes_later(rig: ReaderRig) -> None:
    if rig.append is None:
        assert pages_of(rig.reader(), 100)[-1].final, "a journal that cannot grow says that it has ended"
        return
    reader = rig.reader()
    place = pages_of(reader, 100)[-1].place
    written = _later(3)

    rig.append(written)
    found = rows_of(pages_of(reader, 2, place))

    assert places_of(found) == places_of(written)


def test_the_same_entries_give_the_same_facts(rig: ReaderRig) -> None:
    expected = [known_by_columns(entry) for entry in entries_of(ROWS, rig.name)]
    assert {entry.detail_type for entry in expected} >= set("ACSXIODFP")
    assert {entry.address_family for entry in expected} >= {"ipv4", "ipv6"}

    reader = rig.reader()
    found = entries_of(rows_of(pages_of(reader, 100)), reader.name)

    assert [known_by_columns(entry) for entry in found] == expected


def test_a_reader_is_named_and_what_it_cannot_know_is_null(rig: ReaderRig) -> None:
    reader = rig.reader()
    found = entries_of(rows_of(pages_of(reader, 100)), reader.name)

    assert reader.name == rig.name
    for entry, known in zip(found, entries_of(ROWS, rig.name), strict=True):
        assert isinstance(entry, Entry)
        assert isinstance(known, Entry)
        assert entry.reader == rig.name
        assert entry.entry_data_length == (None if rig.columns else known.entry_data_length)
        assert entry.filter_data in (known.filter_data, None)


def test_a_check_says_what_was_found(rig: ReaderRig) -> None:
    assert " " in rig.reader().check()


def test_closing_twice_does_no_harm(rig: ReaderRig) -> None:
    reader = rig.reader()
    reader.read(None, 1)

    reader.close()
    reader.close()


def _later(count: int) -> list[JournalRow]:
    """Copies of the last SK entry in the same receiver, all in the same second."""
    last = SOCKET_ROWS[-1]
    return [
        replace(
            last,
            place=replace(ROWS[-1].place, sequence=ROWS[-1].place.sequence + 5 * number),
            timestamp=ROWS[-1].timestamp + timedelta(days=4, microseconds=number),
        )
        for number in range(1, count + 1)
    ]
