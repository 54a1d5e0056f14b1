"""Auditing that does not suffice pages somebody once, and only where it is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from enricher.judge import Judge
from enricher.policy_file import load_policy
from runtime.record import Offset, Partition
from schemas.codec import decode
from schemas.records import Alert, AlertKind, Severity, Status, Verdict, changed
from schemas.topics import ENTRIES
from tests.unit.enricher.samples import LEVELS
from tests.unit.enricher.scripts import CATALOGUE, HOME, POLICY, Scripted, a, audit, progress, store

PORTS = load_policy(Path("ports"), CATALOGUE)
WITHOUT_SECURE = ("*NETSCK", "*NETTELSVR")


def alerts(*records: Scripted, judge: Judge | None = None, first: int = 1) -> list[Alert]:
    outputs = (judge or Judge(CATALOGUE, POLICY)).process(store(*records, first=first)).outputs
    return [one for output in outputs if isinstance(one := decode(output.type, output.value), Alert)]


@pytest.mark.parametrize(
    ("records", "titles"),
    [
        pytest.param(
            (progress(0), audit(1, WITHOUT_SECURE), progress(2, WITHOUT_SECURE)),
            ["Auditing of PROD1 is not sufficient: *NETSECURE was removed"],
            id="removed",
        ),
        pytest.param(
            (progress(0, ("*SECURITY",)), progress(1, ("*SECURITY",))),
            ["Auditing of PROD1 is not sufficient: *NETSCK, *NETSECURE, *NETTELSVR are not in force"],
            id="never there",
        ),
        pytest.param(
            (progress(0), audit(1, ()), audit(2, LEVELS), audit(3, WITHOUT_SECURE)),
            [
                "Auditing of PROD1 is not sufficient: *NETSCK, *NETSECURE, *NETTELSVR were removed",
                "Auditing of PROD1 is not sufficient: *NETSECURE was removed",
            ],
            id="off, on, and one off again",
        ),
        pytest.param(
            (progress(0), audit(1, WITHOUT_SECURE), audit(2, ("*NETSCK",))),
            [
                "Auditing of PROD1 is not sufficient: *NETSECURE was removed",
                "Auditing of PROD1 is not sufficient: *NETTELSVR was removed",
            ],
            id="one after the other",
        ),
        pytest.param((progress(0, None), progress(1, None)), [], id="not known"),
        pytest.param(
            (progress(0, WITHOUT_SECURE), progress(1, None), progress(2, WITHOUT_SECURE)),
            ["Auditing of PROD1 is not sufficient: *NETSECURE is not in force"],
            id="not known for a while",
        ),
        pytest.param((progress(0), audit(1, LEVELS)), [], id="sufficient"),
    ],
)
def test_each_change_is_told_once(records: tuple[Scripted, ...], titles: list[str]) -> None:
    assert [alert.title for alert in alerts(*records)] == titles


def test_the_alert_says_what_it_means_and_what_to_do() -> None:
    (alert,) = alerts(progress(0), audit(1, WITHOUT_SECURE))

    assert (alert.kind, alert.reason, alert.severity) == (AlertKind.AUDITING, "auditing", Severity.HIGH)
    assert alert.id == "20261122T021501123456-PROD1.auditing"
    assert alert.description == "On PROD1, without *NETSECURE TLS handshakes are not written to the journal."
    assert alert.advice == ("Add *NETSECURE to the audit levels (QAUDLVL or QAUDLVL2; QAUDCTL must have *AUDLVL).")
    assert (alert.connection, alert.verdict) == (None, None)


def test_mode_ports_does_not_need_handshakes() -> None:
    judge = Judge(CATALOGUE, PORTS)

    assert alerts(progress(0, WITHOUT_SECURE), judge=judge) == []


def test_only_the_copy_on_the_home_partition_is_told() -> None:
    elsewhere = Partition(ENTRIES, (HOME + 1) % 6)
    copies = [record._replace(partition=elsewhere) for record in store(progress(0, ()))]

    assert [output.type for output in Judge(CATALOGUE, POLICY).process(copies).outputs] == []


def test_a_restart_does_not_tell_it_again() -> None:
    records = store(progress(0, WITHOUT_SECURE), progress(10, WITHOUT_SECURE))
    before, after = Judge(CATALOGUE, POLICY), Judge(CATALOGUE, POLICY)
    before.process(records)
    low = before.needed_from(Partition(ENTRIES, HOME)) or Offset(0)

    after.rebuild(Partition(ENTRIES, HOME), [record for record in records if record.offset >= low])

    assert alerts(progress(20, WITHOUT_SECURE), judge=after, first=3) == []


def test_a_policy_can_leave_it_out() -> None:
    silent = replace(POLICY, alerts=frozenset())

    assert alerts(progress(0, ()), judge=Judge(CATALOGUE, silent)) == []


def test_a_level_that_covered_connections_until_7_3_is_not_trusted() -> None:
    (alert,) = alerts(progress(0, ("*NETCMN", "*NETSECURE", "*NETTELSVR")))

    assert alert.title == "Auditing of PROD1 is not sufficient: *NETSCK is not in force"
    assert alert.description.endswith("*NETCMN is in force, but since IBM i 7.3 it covers no connections any more.")


def test_connections_that_are_on_the_system_and_not_in_the_journal_are_told() -> None:
    (alert,) = alerts(changed(progress(0, None), unaudited_connections=3))

    assert (alert.kind, alert.reason, alert.severity) == (AlertKind.AUDITING, "auditing", Severity.HIGH)
    assert alert.id == "20261122T021500123456-PROD1.unaudited"
    assert "NETSTAT of PROD1 shows 3 new connections" in alert.description
    assert "*NETSCK" in (alert.advice or "")


def test_a_policy_can_leave_unaudited_connections_out() -> None:
    silent = Judge(CATALOGUE, replace(POLICY, alerts=frozenset()))

    assert alerts(changed(progress(0), unaudited_connections=3), judge=silent) == []


def test_a_verdict_that_rests_on_asserted_levels_says_so() -> None:
    early, late = (changed(progress(seconds), audit_levels_asserted=True) for seconds in (0, 30))
    records = store(early, a(10, 21), late, progress(100), a(200, 21, "10.9.8.8"), progress(300))

    outputs = Judge(CATALOGUE, POLICY).process(records).outputs

    verdicts = [one for output in outputs if isinstance(one := decode(output.type, output.value), Verdict)]
    assert [(one.reason, one.audit_levels, one.audit_levels_asserted) for one in verdicts] == [
        ("no-upgrade", LEVELS, True),
        ("no-upgrade", LEVELS, False),
    ]


def test_a_status_that_rests_on_asserted_levels_says_so() -> None:
    outputs = Judge(CATALOGUE, POLICY).process(store(changed(progress(0), audit_levels_asserted=True))).outputs

    (status,) = (one for output in outputs if isinstance(one := decode(output.type, output.value), Status))
    assert status.audit_levels_asserted
