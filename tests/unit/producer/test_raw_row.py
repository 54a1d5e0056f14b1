"""A row as a line of JSON: what goes out comes back, and what is no row is refused in words that quote nothing."""

from datetime import datetime

import orjson
import pytest

from producer.raw_row import Malformed, raw_of, row_of
from producer.reader import JournalRow, Place
from producer.socket_fields import SocketFields

PLACE = Place("AUDLIB", "AUDRCV0001", 2**64)
WRITTEN = datetime(2026, 11, 22, 2, 15, 0, 123456)
LINE: dict[str, object] = {
    "receiver_library": "AUDLIB",
    "receiver": "AUDRCV0001",
    "sequence": "18446744073709551616",
    "timestamp": "2026-11-22-02.15.00.123456",
    "type": "SK",
    "entry_data": "c1f1",
}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(JournalRow(PLACE, WRITTEN, "SK", b"\xc1\xf1"), id="entry-data"),
        pytest.param(JournalRow(PLACE, WRITTEN, "SV", b"", "JOB", "USER", "123456", "ME", "PGM", "LIB"), id="heading"),
        pytest.param(
            JournalRow(PLACE, WRITTEN, "SK", b"", fields=SocketFields("A", "10.1.1.5", "23", socket_descriptor=-1)),
            id="fields",
        ),
    ],
)
def test_a_row_comes_back_as_it_was(row: JournalRow) -> None:
    assert row_of(orjson.loads(orjson.dumps(raw_of(row)))) == row


def test_the_documented_line_is_a_row() -> None:
    assert raw_of(JournalRow(PLACE, WRITTEN, "SK", b"\xc1\xf1")) == LINE
    assert row_of(LINE) == JournalRow(PLACE, WRITTEN, "SK", b"\xc1\xf1")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"sequence": 184467}, Place("AUDLIB", "AUDRCV0001", 184467), id="a-number"),
        pytest.param({"sequence": "00000000000000184467"}, Place("AUDLIB", "AUDRCV0001", 184467), id="zeros"),
        pytest.param({"receiver": "AUDRCV    "}, Place("AUDLIB", "AUDRCV", 2**64), id="blanks"),
    ],
)
def test_a_place_is_read_padded_or_not(changes: dict[str, object], expected: Place) -> None:
    assert row_of(LINE | changes).place == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"receiver": None}, "receiver is missing", id="no-receiver"),
        pytest.param({"type": " "}, "type is missing", id="blank-type"),
        pytest.param({"sequence": "secret"}, "sequence is not", id="sequence"),
        pytest.param({"sequence": True}, "sequence is not", id="sequence-is-true"),
        pytest.param({"timestamp": "secret"}, "timestamp is not", id="timestamp"),
        pytest.param({"timestamp": 5}, "timestamp is not", id="timestamp-is-a-number"),
        pytest.param({"timestamp": "2026-11-22T02:15:00Z"}, "has a zone", id="timestamp-with-a-zone"),
        pytest.param({"entry_data": "secret"}, "not hexadecimal", id="not-hexadecimal"),
        pytest.param({"entry_data": None}, "not hexadecimal", id="no-entry-data"),
        pytest.param({"fields": {}}, "detail_type", id="fields-without-a-type"),
        pytest.param({"fields": {"detail_type": "A", "local_port": 23}}, "something else", id="a-port-as-a-number"),
    ],
)
def test_what_is_no_row_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(Malformed, match=words) as raised:
        row_of(LINE | changes)

    assert "secret" not in str(raised.value)
