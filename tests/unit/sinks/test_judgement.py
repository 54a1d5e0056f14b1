"""Retry-After and Date, as servers write it."""

from datetime import UTC, datetime

import pytest

from sinks.clock import time_of
from sinks.judgement import retry_after

NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param("0", 0.0, id="at once"),
        pytest.param("86400", 3600.0, id="an hour at most"),
        pytest.param("Sun, 22 Nov 2026 10:00:30 GMT", 30.0, id="a date"),
        pytest.param("Sun, 22 Nov 2026 09:00:00 GMT", 0.0, id="a date gone by"),
        pytest.param("Sun, 22 Nov 2026 10:00:05", 5.0, id="a date without a zone"),
        pytest.param("-5", None, id="less than nothing"),
        pytest.param("soon", None, id="neither"),
        pytest.param("", None, id="empty"),
        pytest.param("Thu, 01 Jan 9999999999 00:00:00 GMT", None, id="a year past all counting"),
        pytest.param("Thu, 01 Jan 2026 00:00:00 +9999999999999999", None, id="a zone past all counting"),
        pytest.param("9" * 5_000, 3600.0, id="seconds past all counting"),
    ],
)
def test_the_wait_that_a_server_asks_for(text: str, expected: float | None) -> None:
    assert retry_after({"Retry-After": text}, NOW) == expected


def test_no_header_is_no_wish() -> None:
    assert retry_after({}, NOW) is None


@pytest.mark.parametrize("text", ["", "noon", "Thu, 01 Jan 9999999999 00:00:00 GMT"])
def test_a_date_that_is_none_tells_no_time(text: str) -> None:
    assert time_of({"Date": text}) is None
