"""A job is found by the sharpness with which it comes; people and chance are not."""

from collections.abc import Iterable
from random import Random

import pytest

from cli.report.recurrence import DAY, HOUR, Recurrence, Watched, recurrences, weekday

START = 20_759 * DAY  # a Monday
DAYS = 14
TWO = 2 * HOUR


def watched(days: int = DAYS) -> Watched:
    return Watched(START, START + days * DAY - 1)


def nightly(at: int = TWO, days: Iterable[int] = range(DAYS), jitter: int = 60, seed: int = 1) -> list[int]:
    rng = Random(seed)
    return [START + day * DAY + at + rng.randint(-jitter, jitter) for day in days]


def people(a_day: int, seed: int = 2, days: int = DAYS) -> list[int]:
    """Any time of the office hours, on working days."""
    rng = Random(seed)
    return [
        START + day * DAY + rng.randint(7 * HOUR, 18 * HOUR) for day in range(days) if day % 7 < 5 for _ in range(a_day)
    ]


def found(times: Iterable[int], days: int = DAYS) -> list[Recurrence]:
    return recurrences(sorted(times), watched(days))


def test_the_test_begins_on_a_monday() -> None:
    assert weekday(START) == 0


def test_a_nightly_job_is_found_with_its_time_and_its_days() -> None:
    (job,) = found(nightly())

    assert job.text == "daily 02:00 ± 1 min, 14 of 14 days"
    assert (job.connections, job.last) == (DAYS, nightly()[-1])


def test_a_job_is_found_among_people() -> None:
    (job,) = found([*nightly(at=10 * HOUR + 1800), *people(12)])

    assert job.text.startswith("daily 10:30")
    assert job.hits == DAYS


def test_a_night_that_was_missed_is_shown() -> None:
    (job,) = found(nightly(days=[day for day in range(DAYS) if day != 5]))

    assert (job.hits, job.expected, job.found[5]) == (13, 14, False)


def test_all_connections_of_one_run_belong_to_it() -> None:
    times = [start + 20 * number for start in nightly() for number in range(6)]

    (job,) = found(times)

    assert (job.connections, job.hits) == (6 * DAYS, DAYS)


def test_two_jobs_of_one_server_are_two() -> None:
    jobs = found([*nightly(), *nightly(at=22 * HOUR)])

    assert sorted(job.text for job in jobs) == [
        "daily 02:00 ± 1 min, 14 of 14 days",
        "daily 22:00 ± 1 min, 14 of 14 days",
    ]


def test_a_job_at_midnight_is_one_job() -> None:
    (job,) = found(nightly(at=0, days=range(1, DAYS)))

    assert job.text.startswith("daily 00:00")
    assert job.hits == DAYS - 1


def test_a_job_of_working_days_is_called_that() -> None:
    (job,) = found(nightly(days=[day for day in range(28) if day % 7 < 5]), days=28)

    assert job.text == "Monday to Friday 02:00 ± 1 min, 20 of 20 days"


def test_a_weekly_job_is_found_in_four_weeks() -> None:
    (job,) = found(nightly(days=(6, 13, 20, 27), jitter=30), days=28)

    assert job.text == "Sundays 02:00 ± 1 min, 4 of 4 days"


def test_a_job_whose_start_drifts_is_found_with_its_spread() -> None:
    (job,) = found(nightly(jitter=7 * 60))

    assert 4 * 60 <= job.within <= 12 * 60
    assert job.hits == DAYS


@pytest.mark.parametrize(("seconds", "words"), [(60, "every 1 min"), (900, "every 15 min"), (HOUR, "every 60 min")])
def test_what_comes_at_an_interval_is_found(seconds: int, words: str) -> None:
    rng = Random(3)

    (job,) = found(START + number * seconds + rng.randint(0, 5) for number in range(7 * DAY // seconds))

    assert job.text.startswith(words)
    assert job.second is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("a_day", [1, 3, 10, 60])
def test_people_are_no_job(a_day: int, seed: int) -> None:
    assert found(people(a_day, seed)) == []


@pytest.mark.parametrize("seed", range(20))
def test_who_arrives_in_the_morning_is_no_job(seed: int) -> None:
    rng = Random(seed)
    mornings = [START + day * DAY + 8 * HOUR + int(rng.gauss(0, 15 * 60)) for day in range(DAYS) if day % 7 < 5]

    assert found([*mornings, *people(5, seed)]) == []


def test_two_nights_prove_nothing() -> None:
    assert found(nightly(days=range(2)), days=2) == []


def test_days_that_were_not_watched_are_not_expected() -> None:
    times = nightly(days=range(4, DAYS))

    (job,) = recurrences(times, Watched(START + 3 * DAY + 12 * HOUR, START + DAYS * DAY - 1))

    assert (job.hits, job.expected) == (10, 10)


def test_nothing_recurs_in_nothing() -> None:
    assert found([]) == []
