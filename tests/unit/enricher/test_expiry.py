"""An exception ends on its day, and the policy says so two weeks before, once a day."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from enricher.catalogue import load_catalogue
from enricher.expiry import exception_text, expiry_alerts
from enricher.policy import Notice, PolicyException
from enricher.policy_file import PORTS, load_policy
from enricher.ranges import read_addresses
from schemas.records import AlertKind, Severity, VerdictKind

LAST_DAY = date(2027, 3, 31)
BACKUP = PolicyException(
    addresses=read_addresses("10.9.8.0/24"),
    ports=frozenset({23}),
    system=None,
    verdict=VerdictKind.SECURE,
    reason="the old backup controller",
    owner="storage team",
    expires=LAST_DAY,
)
POLICY = replace(load_policy(PORTS, load_catalogue()), exceptions=(BACKUP,))


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2027, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        pytest.param(at(1, 1), True, id="long before"),
        pytest.param(at(3, 31, 23), True, id="in the last hour of its day"),
        pytest.param(at(4, 1, 0), False, id="at midnight after it"),
        pytest.param(at(4, 2), False, id="after it"),
    ],
)
def test_an_exception_holds_up_to_and_including_its_day(moment: datetime, holds: bool) -> None:
    assert BACKUP.is_in_force(moment) is holds
    assert (POLICY.exception_for("PROD1", "10.9.8.7", 23, moment) is BACKUP) is holds


@pytest.mark.parametrize(
    ("exception", "covered"),
    [
        pytest.param(BACKUP, True, id="address and port"),
        pytest.param(replace(BACKUP, ports=frozenset()), True, id="every port"),
        pytest.param(replace(BACKUP, system="PROD1"), True, id="this system"),
        pytest.param(replace(BACKUP, ports=frozenset({21})), False, id="another port"),
        pytest.param(replace(BACKUP, system="PROD2"), False, id="another system"),
        pytest.param(replace(BACKUP, addresses=read_addresses("10.9.8.1-10.9.8.6")), False, id="another address"),
    ],
)
def test_an_exception_covers_its_addresses_ports_and_system(exception: PolicyException, covered: bool) -> None:
    assert exception.covers("PROD1", "10.9.8.7", 23) is covered


def test_an_unknown_address_or_port_is_covered_by_no_list() -> None:
    assert not BACKUP.covers("PROD1", None, 23)
    assert not BACKUP.covers("PROD1", "10.9.8.7", None)


@pytest.mark.parametrize(
    ("before", "now", "raised"),
    [
        pytest.param(None, at(3, 17), "in 14 days", id="14 days before it ends, first progress ever"),
        pytest.param(at(3, 17, 23), at(3, 18, 0), "in 13 days", id="first progress of a new day"),
        pytest.param(at(3, 29), at(3, 31), "today", id="a day was skipped"),
        pytest.param(at(3, 29), at(3, 30), "tomorrow", id="the day before"),
        pytest.param(None, at(3, 16), None, id="15 days before"),
        pytest.param(at(3, 18, 1), at(3, 18, 2), None, id="second progress of the day"),
        pytest.param(at(3, 18), at(3, 17), None, id="the clock went back"),
        pytest.param(at(3, 31), at(4, 1, 0), None, id="it has ended"),
    ],
)
def test_the_end_is_announced_two_weeks_before_once_a_day(
    before: datetime | None, now: datetime, raised: str | None
) -> None:
    alerts = expiry_alerts(POLICY, "PROD1", before, now)

    titles = [alert.title for alert in alerts]
    assert titles == ([f"An exception of the policy ends {raised}: port 23 with 10.9.8.0/24"] if raised else [])


def test_what_covers_much_is_named_in_short() -> None:
    addresses = read_addresses("10.1.1.10-10.1.1.20")
    wide = replace(BACKUP, ports=frozenset({23, *range(8470, 8477)}), addresses=addresses, system="PROD1")
    ports = frozenset(range(1, 101, 2))

    assert exception_text(wide) == "ports 23, 8470-8476 with 10.1.1.10-10.1.1.20 on PROD1"
    assert exception_text(replace(BACKUP, ports=ports)) == "ports 1, 3, 5, 7, 9 and 45 more with 10.9.8.0/24"


def test_the_alert_names_who_answers_for_it_and_what_then_happens() -> None:
    (alert,) = expiry_alerts(POLICY, "PROD1", None, at(3, 20, 7))

    assert (alert.kind, alert.severity, alert.connection) == (AlertKind.EXCEPTION, Severity.MEDIUM, None)
    assert alert.id == f"20270320T000000000000-PROD1.exception{BACKUP.key}"
    assert len(alert.id) <= 64
    assert alert.description == (
        "The exception for port 23 with 10.9.8.0/24 (the old backup controller), answered for by storage team, "
        "is in force up to and including 2027-03-31. After that its connections are judged like all others."
    )
    assert alert.advice == (
        "Ask storage team whether it is still needed: encrypt these connections, or renew the exception."
    )


def test_a_repetition_on_the_same_day_has_the_same_id_and_another_day_or_system_another() -> None:
    ids = {
        expiry_alerts(POLICY, system, None, now)[0].id
        for system, now in (
            ("PROD1", at(3, 20, 7)),
            ("PROD1", at(3, 20, 9)),
            ("PROD1", at(3, 21, 7)),
            ("PROD2", at(3, 20, 7)),
        )
    }

    assert len(ids) == 3


def test_an_exception_of_another_system_is_not_announced_here() -> None:
    policy = replace(POLICY, exceptions=(replace(BACKUP, system="PROD2"),))

    assert expiry_alerts(policy, "PROD1", None, at(3, 20)) == []
    assert len(expiry_alerts(policy, "PROD2", None, at(3, 20))) == 1


def test_the_policy_may_be_silent_about_it() -> None:
    policy = replace(POLICY, alerts=POLICY.alerts - {Notice.EXCEPTION_ENDS})

    assert expiry_alerts(policy, "PROD1", None, at(3, 20)) == []


def test_the_key_of_an_exception_changes_with_what_it_says() -> None:
    renewed = replace(BACKUP, expires=LAST_DAY + timedelta(days=365))

    assert renewed.key != BACKUP.key
    assert re.fullmatch("[0-9]{10}", BACKUP.key)
    assert replace(BACKUP, addresses=read_addresses("10.9.8.0-10.9.8.255")).key == BACKUP.key
