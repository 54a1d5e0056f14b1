"""A source from which verdicts are missing says so, and is never a proof."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from cli.main import run_command
from cli.report.asked import Selection
from cli.report.findings import Findings, find
from cli.report.words import grave, sums
from schemas.records import Alert, AlertKind, AnyRecord, Verdict, changed
from tests.unit.cli.report.reported import MONDAY, SECURE, correction, dump, event, status, verdict
from tests.unit.sinks.samples import ALERT

DAY = timedelta(days=1)
FIRST = verdict(1, MONDAY)
CORRECTED = correction(FIRST)
AROUND = [status(MONDAY), status(MONDAY + 7 * DAY)]


def alert(about: Verdict) -> Alert:
    return changed(ALERT, id=about.id, time=about.time, connection=about)


def findings(*records: AnyRecord, services: Sequence[str] = ()) -> Findings:
    return find([*AROUND, *records], Selection(services=frozenset(services)), "a test")


def test_an_alert_without_its_verdict_stands_for_it() -> None:
    found = findings(alert(FIRST), alert(FIRST), alert(verdict(2, MONDAY, "10.9.8.9")))

    assert (found.connections, found.remotes, found.tally.sums.alerted) == (2, 2, 2)
    assert any("holds alerts without their verdicts (2): it may have been filtered" in line for line in grave(found))


@pytest.mark.parametrize("order", list(permutations([FIRST, CORRECTED, alert(FIRST), alert(CORRECTED)])))
def test_whatever_comes_first_an_alert_beside_its_verdict_changes_nothing(order: Sequence[AnyRecord]) -> None:
    found = findings(*order)

    assert (found.counts, found.tally.sums.alerted, grave(found)) == (findings(FIRST, CORRECTED).counts, 0, [])
    assert [sum(count for _, count in one.parts) == one.total for one in sums(found)] == [True] * 3


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([alert(FIRST), CORRECTED], id="the verdict was left out"),
        pytest.param([FIRST, alert(CORRECTED)], id="the correction was left out"),
    ],
)
def test_sums_add_up_where_verdicts_are_missing(records: Sequence[AnyRecord]) -> None:
    found = findings(*records)

    assert (found.connections, found.tally.sums.alerted, found.tally.sums.corrected) == (1, 1, 1)
    assert [sum(count for _, count in one.parts) == one.total for one in sums(found)] == [True] * 3


def test_an_alert_about_another_service_or_time_says_nothing_of_this_one() -> None:
    other = verdict(2, MONDAY, port=992, service="telnet-ssl", **SECURE)

    assert grave(findings(alert(FIRST), other, services=["telnet-ssl"])) == []


def test_a_correction_without_what_it_corrects_was_left_by_a_filter() -> None:
    found = findings(CORRECTED, correction(FIRST, 2))

    assert any("holds corrections without the verdicts that they supersede (1)" in line for line in grave(found))
    assert grave(findings(CORRECTED, changed(event(1, MONDAY), id=FIRST.id))) == []


@pytest.fixture
def folder(empty: Path) -> Path:
    gap = changed(ALERT, kind=AlertKind.AUDITING, verdict=None, connection=None, time=MONDAY)
    dump(empty / "status.ndjson", AROUND)
    dump(empty / "alerts.ndjson", [alert(verdict(n, MONDAY)) for n in (1, 2, 3)] + [gap])
    return empty


def test_a_folder_with_alerts_alone_tells_of_the_connections_in_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["report", ".", "--json"]) == 0

    summary = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (summary["connections"], summary["insecure"]) == (3, 3)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([".", "--service", "ssh"], id="alerts about others"),
        pytest.param(["status.ndjson"], id="status records alone"),
    ],
)
def test_status_records_without_verdicts_prove_nothing(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["report", *arguments]) == 0

    said = capsys.readouterr().out
    assert "that proves less than it seems" in said.splitlines()[1]
    assert "No verdict on PROD1 is in this source: it cannot say that nobody connected." in said


def test_a_plan_breaks_whom_alerts_are_about(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plan", ".", "--close-port", "23"]) == 0

    said = capsys.readouterr().out
    assert said.splitlines()[0].endswith("1 address breaks: 3 connections were seen of it.")
    assert "holds alerts without their verdicts (3)" in said


def test_a_plan_from_status_records_alone_knows_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plan", "status.ndjson", "--close-port", "23"]) == 0

    assert capsys.readouterr().out.startswith("No connection was seen in the time watched: what breaks with port 23")


def test_a_folder_whose_sink_is_set_to_filter_is_no_proof(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dump(folder / "verdicts.ndjson", [verdict(1, MONDAY, **SECURE)])
    (folder / "alerts.ndjson").unlink()
    monkeypatch.setenv("SK2SIEM_FILE__PATH", str(folder))
    monkeypatch.setenv("SK2SIEM_FILE__FORWARD__VERDICTS", "secure")

    assert run_command(["report", "."]) == 0

    assert "that proves less than it seems" in capsys.readouterr().out.splitlines()[1]


def test_a_folder_says_that_what_was_filtered_out_is_not_in_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump(folder / "verdicts.ndjson", [verdict(1, MONDAY, **SECURE)])
    (folder / "alerts.ndjson").unlink()

    assert run_command(["report", "."]) == 0

    said = capsys.readouterr().out
    assert said.splitlines()[1].endswith("UTC, as far as files can say.")
    assert "what SK2SIEM_FILE__FORWARD left out" in said
