"""Ids sort like the journal, fit where ids are kept, and differ wherever the place in the journal differs."""

from datetime import datetime

import pytest

from schemas.ids import correction_id, entry_id, gap_id, place_in
from schemas.records import EventId

TIME = datetime(2026, 11, 22, 2, 15, 0, 123456)
LONGEST = entry_id(datetime(2026, 12, 31, 23, 59, 59, 999999), "LONGNAME", "AUDRCV0001", 18_446_744_073_709_551_600)


def test_an_id_is_made_of_time_system_receiver_and_padded_sequence() -> None:
    made = entry_id(TIME, "PROD1", "AUDRCV0001", 184467)

    assert made == "20261122T021500123456-PROD1-AUDRCV0001-00000000000000184467"


def test_the_longest_id_has_at_most_64_characters() -> None:
    assert len(LONGEST) <= 64
    assert LONGEST == "20261231T235959999999-LONGNAME-AUDRCV0001-18446744073709551600"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param(
            entry_id(TIME, "PROD1", "AUDRCV0001", 9), entry_id(TIME, "PROD1", "AUDRCV0001", 10), id="sequence by number"
        ),
        pytest.param(
            entry_id(TIME, "PROD1", "AUDRCV0001", 9),
            entry_id(TIME, "PROD1", "AUDRCV0001", 18_446_744_073_709_551_600),
            id="the largest sequence",
        ),
        pytest.param(
            entry_id(TIME, "PROD1", "AUDRCV0001", 999),
            entry_id(TIME.replace(microsecond=123457), "PROD1", "AUDRCV0002", 1),
            id="time before a sequence that was reset",
        ),
        pytest.param(
            entry_id(TIME.replace(month=9), "PROD1", "AUDRCV0001", 1),
            entry_id(TIME.replace(month=10), "PROD1", "AUDRCV0001", 1),
            id="months",
        ),
        pytest.param(
            entry_id(TIME, "PROD1", "AUDRCV0001", 1),
            correction_id(entry_id(TIME, "PROD1", "AUDRCV0001", 1), 1),
            id="a correction after what it corrects",
        ),
    ],
)
def test_ids_sort_in_the_order_of_the_journal(earlier: EventId, later: EventId) -> None:
    assert earlier < later


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(entry_id(TIME.replace(year=2027), "PROD1", "AUDRCV0001", 1), id="the receiver name is used again"),
        pytest.param(entry_id(TIME, "PROD1", "AUDRCV0002", 1), id="the sequence was reset"),
        pytest.param(entry_id(TIME, "PROD2", "AUDRCV0001", 1), id="another system"),
        pytest.param(entry_id(TIME, "PROD1", "AUDRCV0001", 2), id="the next entry"),
    ],
)
def test_ids_differ_where_the_place_differs(other: EventId) -> None:
    assert other != entry_id(TIME, "PROD1", "AUDRCV0001", 1)


def test_a_correction_carries_the_id_of_what_it_corrects() -> None:
    assert correction_id(LONGEST, 2) == f"{LONGEST}.c2"


def test_a_gap_has_the_same_id_however_often_it_is_found() -> None:
    assert gap_id("PROD1", "AUDRCV0001", 190000) == "gap-PROD1-AUDRCV0001-00000000000000190000"


@pytest.mark.parametrize(
    ("journal_time", "sequence", "expected"),
    [
        pytest.param("2026-11-22-02.15.00.123456", "184467", True, id="what the id was made of"),
        pytest.param("2026-11-22-02.15.00.123457", "184467", False, id="another time"),
        pytest.param("2025-11-22-02.15.00.123456", "184467", False, id="another year"),
        pytest.param("2026-11-22-02.15.00.123456", "184468", False, id="another sequence"),
        pytest.param("2026-11-22-02.15.00.123456", "0184467", False, id="a sequence written otherwise"),
        pytest.param("2026-11-22 02:15:00.123456", "184467", False, id="a time written otherwise"),
        pytest.param("2026.11.22.02.15.00.123456", "184467", False, id="other signs between the digits"),
        pytest.param("2026-11-22-02.15.00.123456.", "184467", False, id="one sign more"),
        pytest.param("", "", False, id="nothing"),
    ],
)
def test_a_place_is_an_ids_when_the_id_tells_exactly_these_texts(
    journal_time: str, sequence: str, expected: bool
) -> None:
    one = entry_id(TIME, "PROD1", "AUDRCV0001", 184467)

    assert (place_in(one) == (journal_time, sequence)) is expected
