"""What the cells of Db2 for i mean."""

from decimal import Decimal

import pytest

from producer.journal_sql import levels_of, number, offset_seconds, text


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        pytest.param(Decimal("0"), 0, id="utc"),
        pytest.param(Decimal("10000"), 3600, id="an-hour-east"),
        pytest.param(Decimal("-53000"), -19800, id="half-hours-west"),
        pytest.param(Decimal("124500"), 45900, id="quarters"),
        pytest.param(None, None, id="unknown"),
    ],
)
def test_a_time_duration_becomes_seconds(duration: Decimal | None, seconds: int | None) -> None:
    assert offset_seconds(duration) == seconds


@pytest.mark.parametrize(
    ("control", "levels", "extension", "expected"),
    [
        pytest.param("*AUDLVL   *NOQTEMP", "*NETSCK   *NETSECURE", "*NONE", {"*NETSCK", "*NETSECURE"}, id="one-list"),
        pytest.param(
            "*AUDLVL", "*NETSECURE*NETTELSVR", "*NONE", {"*NETSECURE", "*NETTELSVR"}, id="slots-without-blank"
        ),
        pytest.param("*AUDLVL", "*NETSCK *AUDLVL2", "*NETUDP", {"*NETSCK", "*AUDLVL2", "*NETUDP"}, id="both-lists"),
        pytest.param("*AUDLVL", "*NETSCK", "*NETUDP", {"*NETSCK"}, id="the-second-list-is-not-in-force"),
        pytest.param("*NONE", "*NETSCK", "*NONE", set(), id="auditing-is-off"),
        pytest.param("*AUDLVL", "*NONE", "*NONE", set(), id="nothing-is-audited"),
        pytest.param("*NOTAVL", "*NOTAVL", "*NOTAVL", None, id="no-authority"),
        pytest.param("*AUDLVL", None, None, set(), id="blank"),
    ],
)
def test_the_levels_in_force_follow_from_three_system_values(
    control: str, levels: str | None, extension: str | None, expected: set[str] | None
) -> None:
    rows = [("QAUDCTL", control), ("QAUDLVL", levels), ("QAUDLVL2", extension)]

    assert levels_of(rows) == expected


def test_levels_are_unknown_when_a_value_is_not_listed() -> None:
    assert levels_of([("QAUDCTL   ", "*AUDLVL")]) is None


def test_cells_lose_their_padding_and_large_numbers_keep_their_digits() -> None:
    assert text("QTCP      ") == "QTCP"
    assert text("          ") is None
    assert number(Decimal("18446744073709551600")) == 18446744073709551600
