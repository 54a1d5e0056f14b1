from datetime import UTC, datetime, timedelta

import pytest

from producer.journal_clock import JournalClock


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        pytest.param("Europe/Vienna", datetime(2026, 1, 5, 12), datetime(2026, 1, 5, 11), id="winter"),
        pytest.param("Europe/Vienna", datetime(2026, 7, 5, 12), datetime(2026, 7, 5, 10), id="summer"),
        pytest.param("America/New_York", datetime(2026, 7, 5, 12), datetime(2026, 7, 5, 16), id="west"),
        pytest.param("Asia/Kolkata", datetime(2026, 7, 5, 12), datetime(2026, 7, 5, 6, 30), id="half an hour"),
        pytest.param("Europe/Vienna", datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30), id="first pass"),
        pytest.param("Europe/Vienna", datetime(2026, 3, 29, 3), datetime(2026, 3, 29, 1), id="just after spring"),
    ],
)
def test_local_time_becomes_utc_by_the_zone(zone: str, local: datetime, utc: datetime) -> None:
    clock = JournalClock(zone)

    assert clock.to_utc(local) == utc.replace(tzinfo=UTC)


def test_the_repeated_hour_is_resolved_by_the_order_of_the_entries() -> None:
    clock = JournalClock("Europe/Vienna")
    first_pass = [clock.to_utc(datetime(2026, 10, 25, 2, minute)) for minute in (5, 30, 55)]

    second_pass = [clock.to_utc(datetime(2026, 10, 25, 2, minute)) for minute in (5, 30, 55)]

    assert [b - a for a, b in zip(first_pass, second_pass, strict=True)] == [timedelta(hours=1)] * 3
    assert first_pass + second_pass == sorted(first_pass + second_pass)


def test_a_rewind_in_the_second_pass_stays_in_the_second_pass() -> None:
    clock = JournalClock("Europe/Vienna")
    clock.rewind(datetime(2026, 10, 25, 1, 10, tzinfo=UTC))

    assert clock.to_utc(datetime(2026, 10, 25, 2, 20)) == datetime(2026, 10, 25, 1, 20, tzinfo=UTC)


def test_without_a_zone_the_offset_that_the_partition_states_counts() -> None:
    clock = JournalClock()
    clock.state_offset(-18_000, datetime(2026, 7, 5, 12))
    clock.state_offset(None, datetime(2026, 7, 5, 12))

    assert clock.to_utc(datetime(2026, 7, 5, 12)) == datetime(2026, 7, 5, 17, tzinfo=UTC)


def test_peeking_changes_nothing() -> None:
    clock = JournalClock("Europe/Vienna")

    clock.peek(datetime(2026, 10, 25, 2, 50))

    assert clock.to_utc(datetime(2026, 10, 25, 2, 10)) == datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
