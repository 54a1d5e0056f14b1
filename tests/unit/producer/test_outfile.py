"""The columns of QASYSKJ5 are found by where they begin, whatever they are called."""

from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from producer.outfile import ENTRY, HEADING, HEADING_COLUMNS, SINCE_7_3, fields_by_column, fields_by_header, row_of
from producer.raw_row import Malformed
from producer.reader import Place
from producer.socket_fields import SocketFields
from runtime.errors import ConfigError

Catalogue = list[tuple[str, str, int]]


def catalogue(end: int = 1680) -> Catalogue:
    """A model file in which a column begins wherever the layout says, and nowhere else; names say nothing."""
    starts = [1, *(position for position in sorted({**HEADING, **ENTRY, **SINCE_7_3}) if position < end), end]
    columns = [(f"C{number}", "CHAR", following - start) for number, (start, following) in enumerate(pairwise(starts))]
    return [(name, "TIMESTMP", 10) if start == 29 else (name, kind, size) for start, (name, kind, size) in _at(columns)]


def _at(columns: Catalogue) -> list[tuple[int, tuple[str, str, int]]]:
    at, found = 1, []
    for column in columns:
        found.append((at, column))
        at += column[2]
    return found


def test_each_field_is_the_column_that_begins_at_its_place() -> None:
    found = fields_by_column(catalogue())

    assert found.keys() == {*HEADING.values(), *ENTRY.values(), *SINCE_7_3.values()}
    assert len(set(found.values())) == len(found)


def test_a_release_without_tls_columns_has_none() -> None:
    found = fields_by_column(catalogue(1570))

    assert found.keys() == {*HEADING.values(), *ENTRY.values()}


@pytest.mark.parametrize(
    ("at", "position"),
    [pytest.param(0, 6, id="heading"), pytest.param(-4, 1315, id="entry")],
)
def test_another_layout_is_refused_by_position(at: int, position: int) -> None:
    columns = catalogue()
    columns.insert(at, ("NEW", "CHAR", 1))

    with pytest.raises(ConfigError, match=f"begins at position {position}"):
        fields_by_column(columns)


def test_bit_data_is_read_as_ebcdic_and_numbers_in_any_form() -> None:
    row = row_of(
        {
            "sequence": b"\xf0\xf0\xf1\xf7",
            "timestamp": "2026-11-22-02.15.00.123456",
            "receiver": "AUDRCV0001",
            "receiver_library": "QGPL      ",
            "job_name": "JOB",
            "job_number": Decimal("1234"),
            "detail_type": b"\xc1",
            "local_address_short": "10.1.1.5",
            "local_address": b"\x40" * 46,
            "local_port": 23,
            "socket_descriptor": -1,
            "filter_length": 2,
            "filter_data": b"\x01\x02\x40",
        }
    )

    assert row.place == Place("QGPL", "AUDRCV0001", 17)
    assert row.timestamp == datetime(2026, 11, 22, 2, 15, 0, 123456)
    assert (row.job_name, row.job_number, row.user) == ("JOB", "001234", None)
    assert row.fields == SocketFields("A", "10.1.1.5", "23", socket_descriptor=-1, filter_data="0102")


def test_a_task_of_the_licensed_internal_code_has_no_job_number() -> None:
    values = {"sequence": "1", "timestamp": datetime(2026, 11, 22), "job_name": "TELNETTASK", "job_number": 0}

    assert row_of(values).job_number is None


def header(*without: str, more: int = 0) -> list[str]:
    """The first line of an outfile that was saved without some of its columns, or is of a later release."""
    certain = {"timestamp": "JOTSTP", "local_port": "SKLPRT", "remote_address_short": "SKRADR"}
    fields = [*HEADING_COLUMNS, *ENTRY.values(), *SINCE_7_3.values()]
    return [certain.get(name, "C") for name in fields if name not in without] + ["C"] * more


@pytest.mark.parametrize(
    ("columns", "count"),
    [
        pytest.param(header(), len(SINCE_7_3), id="whole"),
        pytest.param(header(more=3), len(SINCE_7_3), id="of a later release"),
        pytest.param(header(*SINCE_7_3.values()), 0, id="from before 7.3"),
    ],
)
def test_a_whole_outfile_is_known_by_its_header(columns: list[str], count: int) -> None:
    found = fields_by_header(columns)

    assert len(found.keys() & set(SINCE_7_3.values())) == count
    assert found.keys() >= set(ENTRY.values())


@pytest.mark.parametrize(
    "without",
    [
        pytest.param(("secure_properties",), id="the last column"),
        pytest.param(("local_address",), id="one in between"),
        pytest.param(("host_name", "secure_version", "secure_properties"), id="the last three"),
    ],
)
def test_an_outfile_that_lacks_a_column_is_refused(without: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="save all of them"):
        fields_by_header(header(*without))


def test_an_entry_of_tls_without_its_protocol_is_no_entry() -> None:
    values = {"sequence": "17", "timestamp": "2026-11-22-02.15.00.123456", "detail_type": "S"}

    with pytest.raises(Malformed, match="without its protocol and cipher"):
        row_of(values)
