"""The reader `file`: every form a journal is saved in, the end that is final, and files that are not what they seem."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from producer.file_reader import FileReader, position_name
from producer.reader import JournalRow, Page, Place
from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from runtime.errors import ConfigError
from schemas.codec import encode
from tests.fakes.reader import row
from tests.fakes.saved_journal import as_outfile_csv, as_outfile_json, as_rows, as_type5
from tests.unit.sinks.samples import VERDICT

ROWS = [written.row for written in Partition(SimulatorSettings(entries=40)).written()]
SOCKET_ROWS = [one for one in ROWS if one.entry_type == "SK"]

Save = Callable[[bytes], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(content: bytes) -> Path:
        file = tmp_path / "saved"
        file.write_bytes(content)
        return file

    return write


def pages_of(reader: FileReader, limit: int, after: Place | None = None) -> list[Page]:
    pages = [reader.read(after, limit)]
    while not pages[-1].final:
        pages.append(reader.read(pages[-1].place, limit))
    return pages


def rows_of(pages: Sequence[Page]) -> list[JournalRow]:
    return [one for page in pages for one in page.rows]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        pytest.param(as_rows(ROWS), "ndjson", id="rows"),
        pytest.param(b"\xef\xbb\xbf" + as_rows(ROWS) + b"\n", "ndjson", id="rows-with-a-byte-order-mark"),
        pytest.param(as_type5(ROWS), "type5", id="type5"),
    ],
)
@pytest.mark.parametrize("told", [True, False], ids=["told", "auto"])
def test_raw_entries_are_the_rows_that_were_saved(save: Save, content: bytes, form: str, told: bool) -> None:
    reader = FileReader(save(content), form if told else "auto")

    assert rows_of(pages_of(reader, 7)) == ROWS


@pytest.mark.parametrize(
    ("content", "form"),
    [
        pytest.param(as_outfile_csv(ROWS), "csv", id="csv"),
        pytest.param(as_outfile_csv(ROWS, ";"), "csv", id="semicolons"),
        pytest.param(as_outfile_csv(ROWS, "\t"), "csv", id="tabs"),
        pytest.param(as_outfile_json(ROWS), "ndjson", id="json"),
    ],
)
@pytest.mark.parametrize("told", [True, False], ids=["told", "auto"])
def test_an_outfile_gives_places_times_and_fields(save: Save, content: bytes, form: str, told: bool) -> None:
    reader = FileReader(save(content), form if told else "auto")

    found = rows_of(pages_of(reader, 7))

    assert [(one.place, one.timestamp) for one in found] == [(one.place, one.timestamp) for one in SOCKET_ROWS]
    assert all(one.fields is not None and one.fields.detail_type in "ACDFIOPRSUX" for one in found)
    assert {one.job_number for one in found} == {one.job_number for one in SOCKET_ROWS}


def test_only_the_last_page_is_final_and_stands_just_behind_the_last_entry(save: Save) -> None:
    pages = pages_of(FileReader(save(as_rows(ROWS[:6]))), 3)

    assert [(len(page.rows), page.at_end, page.final) for page in pages] == [(3, False, False), (3, True, True)]
    assert pages[-1].place == ROWS[5].place
    assert pages[-1].read_at > ROWS[5].timestamp


def test_reading_goes_on_behind_a_stored_place(save: Save) -> None:
    file = save(as_rows(ROWS))

    assert rows_of(pages_of(FileReader(file), 7, ROWS[11].place)) == ROWS[12:]


def test_a_file_that_was_read_to_its_end_ends_at_once(save: Save) -> None:
    page = FileReader(save(as_rows(ROWS))).read(ROWS[-1].place, 7)

    assert (list(page.rows), page.place, page.final) == ([], ROWS[-1].place, True)


def test_a_place_of_another_file_is_not_missed(save: Save) -> None:
    page = FileReader(save(as_rows(ROWS[:3]))).read(row(999).place, 7)

    assert list(page.rows) == ROWS[:3]
    assert page.final


def test_the_same_entry_twice_does_not_keep_reading_in_a_circle(save: Save) -> None:
    twice = [ROWS[0], ROWS[1], ROWS[0], ROWS[2]]

    assert rows_of(pages_of(FileReader(save(as_rows(twice))), 3)) == twice


def test_a_page_that_was_not_settled_is_read_again(save: Save) -> None:
    reader = FileReader(save(as_rows(ROWS)))

    first, again = reader.read(None, 5), reader.read(None, 5)

    assert list(first.rows) == list(again.rows) == ROWS[:5]


LINES = as_rows(ROWS[:3])
LATIN = as_outfile_csv(SOCKET_ROWS).replace(b"\r\n", b"\xfc\r\n", 3).replace(b"\xfc", b"", 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "holds no entries", id="empty"),
        pytest.param(b"\n\n", "holds no entries", id="blank-lines"),
        pytest.param(as_outfile_csv([]), "holds no entries", id="only-column-names"),
        pytest.param(LINES + b"{secret\n", "line 4: not JSON", id="cut-off-line"),
        pytest.param(LINES + b"[1]\n", "line 4: not a JSON object", id="a-list"),
        pytest.param(LINES + b'{"entry_data": "secret"}\n', "line 4: receiver_library is missing", id="no-place"),
        pytest.param(LINES + b'{"a": "secret"}\n', "line 4: .*whole QASYSKJ5", id="other-json"),
        pytest.param(b"a,b\n1,secret\n", "whole QASYSKJ5", id="another-table"),
        pytest.param(as_outfile_csv(SOCKET_ROWS[:3]) + b"1,secret\n", "line 5: 2 values under 62", id="a-short-line"),
        pytest.param(
            as_outfile_csv(SOCKET_ROWS[:3]).replace(b"2026-11", b"secret-", 1), "line 2: the timestamp", id="time"
        ),
        pytest.param(LATIN, "line 3: not UTF-8; save it as CSV UTF-8", id="latin-1"),
        pytest.param(as_outfile_csv(SOCKET_ROWS).decode().encode("utf-16"), "UTF-16; save it as CSV", id="utf-16"),
        pytest.param(b"\x80\x81\x82", "neither UTF-8 nor", id="binary"),
        pytest.param(b"PK\x03\x04\x14", "an Excel workbook", id="workbook"),
        pytest.param(gzip.compress(LINES), "compressed; decompress it", id="gzip"),
        pytest.param(b"[\n " + LINES.replace(b"\n", b",") + b"]", "a JSON array; save one object a line", id="array"),
        pytest.param(b"# ours\n\n[networks]\ninternal = []\n", "TOML, such as a policy", id="toml"),
        pytest.param(b'mode = "ports"\n', "TOML, such as a policy", id="toml-that-begins-with-a-key"),
        pytest.param(encode(VERDICT), "line 1: verdict of sk2siem, no entry", id="a-record-of-ours"),
        pytest.param(as_type5(SOCKET_ROWS[:3], 100), "record 1: .*ENTDTALEN", id="type5-cut-off"),
        pytest.param(as_type5(ROWS[:3])[:-5000], "record 2 is cut off", id="type5-file-cut-off"),
    ],
)
def test_what_is_no_saved_journal_is_refused_by_file_and_line(save: Save, content: bytes, words: str) -> None:
    file = save(content)

    with pytest.raises(ConfigError, match=words) as raised:
        pages_of(FileReader(file), 100)

    assert str(file) in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"SK2SIEM_PRODUCER__FILE: .*nowhere cannot be read"):
        FileReader(tmp_path / "nowhere").check()


def test_a_file_that_no_setting_named_is_called_as_its_caller_does(save: Save) -> None:
    for content in (b"", LINES + b"{"):
        with pytest.raises(ConfigError, match=r"^SOURCE") as raised:
            pages_of(FileReader(save(content), called="SOURCE"), 100)
        assert "SK2SIEM_PRODUCER__FILE" not in str(raised.value)


def test_a_check_says_where_the_file_begins(save: Save) -> None:
    assert str(ROWS[0].place.sequence) in FileReader(save(as_rows(ROWS))).check()


def test_closing_never_raises(save: Save) -> None:
    reader = FileReader(save(as_rows(ROWS)))
    reader.read(None, 1)

    reader.close()
    reader.close()


def test_each_file_has_a_position_of_its_own(tmp_path: Path) -> None:
    names = {position_name(tmp_path / name) for name in ("a", "b", "./a")}

    assert len(names) == 2
    assert all(len(name) <= 21 for name in names)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(ROWS, 0, id="in order"),
        pytest.param([*ROWS[20:], *ROWS[:20]], 1, id="the end first"),
        pytest.param([one for one in ROWS for _ in range(2)], 1, id="each twice"),
    ],
)
def test_a_file_that_is_not_in_order_is_read_and_said_to_be_so_once(
    save: Save, rows: list[JournalRow], told: int
) -> None:
    reader = FileReader(save(as_rows(rows)))

    with capture_logs() as lines:
        read = rows_of(pages_of(reader, 7))

    assert read == rows
    assert sum("not in the order of the journal" in line["event"] for line in lines) == told
