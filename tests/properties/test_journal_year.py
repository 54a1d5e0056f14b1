"""A whole year of hours: local time without a zone becomes the UTC time that it was, whatever the clocks do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from producer.journal_clock import JournalClock

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ZONES = [
    "Europe/Vienna",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Pacific/Apia",
]


def hours_of_the_year(step: timedelta = HOUR) -> Iterator[datetime]:
    moment = YEAR
    while moment.year == YEAR.year:
        yield moment
        moment += step


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def offset(moment: datetime, zone: str) -> int:
    found = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert found is not None
    return int(found.total_seconds())


def poll(clock: JournalClock, moment: datetime, zone: str) -> None:
    """What the source does at the journal's end: the partition states its offset, the past has been read."""
    clock.state_offset(offset(moment, zone), local(moment, zone))
    clock.pass_by(moment - timedelta(seconds=1))


@pytest.mark.parametrize("zone", ZONES)
def test_entries_of_every_hour_read_in_order_by_the_zone(zone: str) -> None:
    clock = JournalClock(zone)
    moments = list(hours_of_the_year(timedelta(minutes=10)))

    found = [clock.to_utc(local(moment, zone)) for moment in moments]

    assert found == moments


@pytest.mark.parametrize("configured", ["zone", "offset"])
@pytest.mark.parametrize("zone", ZONES)
def test_a_single_entry_of_an_hour_read_at_the_end_of_the_journal(zone: str, configured: str) -> None:
    clock = JournalClock(zone if configured == "zone" else "")
    wrong = []
    for hour in hours_of_the_year():
        written = hour + 31 * MINUTE
        for look in (hour, hour + 30 * MINUTE):
            poll(clock, look, zone)
        clock.state_offset(offset(hour + 32 * MINUTE, zone), local(hour + 32 * MINUTE, zone))
        if clock.to_utc(local(written, zone)) != written:
            wrong.append(written)

    assert wrong == []


@pytest.mark.parametrize("zone", ZONES)
def test_entries_on_both_sides_of_a_change_that_one_page_brings_are_told_apart_by_the_offset(zone: str) -> None:
    clock = JournalClock()
    wrong = []
    for hour in hours_of_the_year():
        poll(clock, hour - MINUTE, zone)
        clock.state_offset(offset(hour + MINUTE, zone), local(hour + MINUTE, zone))
        written = [hour - timedelta(milliseconds=100), hour, hour, hour + timedelta(milliseconds=100)]
        if [clock.to_utc(local(moment, zone)) for moment in written] != written:
            wrong.append(hour)

    assert wrong == []


def test_a_changed_time_zone_of_the_partition_is_believed_though_the_setting_says_otherwise() -> None:
    clock = JournalClock("Europe/Vienna")
    moved = datetime(2026, 6, 1, 12, tzinfo=UTC)
    contradictions, wrong = [], []
    for hour in hours_of_the_year():
        zone = "Europe/Vienna" if hour < moved else "America/Chicago"
        if clock.state_offset(offset(hour + MINUTE, zone), local(hour + MINUTE, zone)):
            contradictions.append(hour)
        if clock.to_utc(local(hour, zone)) != hour:
            wrong.append(hour)
        clock.pass_by(hour + MINUTE)

    assert wrong == []
    assert contradictions == [moved]


def test_entries_of_equal_time_have_equal_times_in_utc_in_the_repeated_hour_too() -> None:
    clock = JournalClock("Europe/Vienna")
    twice = [datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, tzinfo=UTC)]

    found = [clock.to_utc(local(moment, "Europe/Vienna")) for moment in twice for _ in range(3)]

    assert found == [moment for moment in twice for _ in range(3)]


def test_time_never_runs_backwards_over_the_year() -> None:
    clock = JournalClock("Europe/Vienna")

    found = [clock.to_utc(local(moment, "Europe/Vienna")) for moment in hours_of_the_year(7 * MINUTE)]

    assert all(earlier < later for earlier, later in pairwise(found))
