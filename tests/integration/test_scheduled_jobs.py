"""What a system opens itself every night is put beside its job scheduler, over the IBM i double."""

import json
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from cli.main import run_command
from dev.ibmi import Control, Ibmi
from tests.unit.cli.report.reported import MONDAY, dump, outbound, status, verdict

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SOON = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def nights(ibmi: Ibmi, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten nights at 02:01 by the system's clock: the system connects out, and a server connects in."""
    for name, value in {**ibmi.exports(), "SK2SIEM_PRODUCER__SYSTEM": "PROD1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    out = [outbound(n, MONDAY + n * DAY + 61 * MINUTE, "10.2.2.2", 446, "ddm") for n in range(10)]
    incoming = [verdict(100 + n, MONDAY + n * DAY + 61 * MINUTE) for n in range(10)]
    dump(tmp_path / "records.ndjson", [status(MONDAY), *out, *incoming, status(MONDAY + 10 * DAY)])
    control.network.schedule("NIGHTSYNC", time(2, 0), following=SOON)
    control.network.schedule("WEEKEND", time(2, 0), days="*SAT, *SUN", following=SOON)
    control.network.schedule("NOON", time(12, 0), following=SOON)


def recurring(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[str]]:
    assert run_command(["report", "records.ndjson", "--json", *words]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {one["address"]: one["scheduled_jobs"] for one in found if one["kind"] == "recurrence"}


def test_the_jobs_that_begin_then_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert recurring(capsys, "--jobs") == {
        "10.2.2.2": ["NIGHTSYNC at 02:00 (*ALL)", "WEEKEND at 02:00 (*SAT, *SUN)"],
        "10.9.8.7": [],
    }


def test_nobody_is_asked_unless_that_is_wanted(ibmi: Ibmi, capsys: pytest.CaptureFixture[str]) -> None:
    ibmi.control.forget_statements()

    assert recurring(capsys) == {"10.2.2.2": [], "10.9.8.7": []}
    assert ibmi.control.statements() == []


def test_without_job_control_no_time_is_known_and_the_report_is_made(
    control: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    control.network.set_job_control(granted=False)

    assert recurring(capsys, "--jobs")["10.2.2.2"] == []


def test_a_partition_that_cannot_be_asked_leaves_the_report_without_them(
    control: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    control.refuse_password()

    assert run_command(["report", "records.ndjson", "--jobs"]) == 0

    shown = capsys.readouterr()
    assert "sk2siem: the scheduled jobs are not in the report:" in shown.err
    assert "Look at the job scheduler of PROD1 (WRKJOBSCDE)." in shown.out
