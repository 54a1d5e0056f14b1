"""`sk2siem report`: the same numbers from every source and in every form, and nothing that a name could do."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.main import run_command
from cli.report.asked import Selection
from cli.report.findings import find
from cli.report.terminal import show
from enricher.loss import loss_alert
from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.shutdown import Shutdown
from schemas.codec import encode
from schemas.records import AnyRecord, Endpoint, Verdict, VerdictKind, changed
from schemas.topics import VERDICTS
from tests.fakes.saved_journal import as_rows
from tests.unit.cli.report.reported import MONDAY, correction, dump, event, gap, outbound, status, verdict
from tests.unit.enricher.samples import accept, progress
from tests.unit.sinks.samples import ALERT

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FIRST = verdict(1, MONDAY)
TLS: dict[str, Any] = {"service": "telnet-ssl", "verdict": VerdictKind.SECURE, "reason": "tls", "advice": None}
RECORDS: Sequence[AnyRecord] = (
    status(MONDAY),
    FIRST,
    correction(FIRST),
    *(verdict(10 + n, MONDAY + n * DAY + 30 * MINUTE, "10.9.8.8") for n in range(7)),
    *(verdict(20 + n, MONDAY + n * MINUTE, "10.9.8.9", 992, **TLS) for n in range(5)),
    outbound(30, MONDAY, "10.2.2.2", 446, "ddm"),
    event(40, MONDAY),
    changed(ALERT, connection=FIRST, id=FIRST.id),
    status(MONDAY + 7 * DAY),
)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    dump(tmp_path / "records.ndjson", RECORDS)
    return tmp_path


def documents(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[dict[str, object]]]:
    assert run_command(["report", *arguments, "--json"]) == 0
    found: dict[str, list[dict[str, object]]] = {}
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        found.setdefault(document["kind"], []).append(document)
    return found


def counts(document: dict[str, object]) -> tuple[object, ...]:
    return tuple(document[name] for name in ("connections", "insecure", "unknown", "failed", "secure"))


def test_every_connection_counts_once_with_its_last_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(capsys, "records.ndjson")

    (summary,) = found["summary"]
    assert counts(summary) == (14, 8, 0, 0, 6)
    assert sum(int(str(group["connections"])) for group in found["group"]) == 14
    assert sum(int(str(day["connections"])) for day in found["day"]) == 14
    assert [sum(line["parts"].values()) == line["total"] for line in summary["sums"]] == [True] * 3  # type: ignore[attr-defined]


def test_a_job_is_said_to_recur(capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(capsys, "records.ndjson")

    (job,) = found["recurrence"]
    assert (job["address"], job["text"]) == ("10.9.8.8", "daily 01:30 ± 1 min, 7 of 7 days")


def test_data_connections_of_ftp_point_to_whoever_has_the_session(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump(folder / "ftp.ndjson", [outbound(n, MONDAY + n * DAY, "10.2.2.3", 50_000, "ftp-data") for n in range(7)])

    assert run_command(["report", "ftp.ndjson"]) == 0

    assert "Look at the scheduled jobs of 10.2.2.3." in capsys.readouterr().out


def test_one_service_is_the_third_of_the_classic_analyses(capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(capsys, "records.ndjson", "--service", "telnet")

    assert {group["service"] for group in found["group"]} == {"telnet"}
    assert counts(found["summary"][0])[0] == 8


def test_a_time_is_cut_out(capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(capsys, "records.ndjson", "--since", "2026-11-03", "--until", "2026-11-05")

    assert counts(found["summary"][0])[0] == 2


@pytest.mark.parametrize("by", ["remote", "name", "service", "day", "hour", "day,service"])
def test_whatever_it_is_grouped_by_the_sum_is_the_same(capsys: pytest.CaptureFixture[str], by: str) -> None:
    found = documents(capsys, "records.ndjson", "--by", by)

    assert sum(int(str(group["connections"])) for group in found["group"]) == 14


def test_a_broker_a_folder_and_a_file_give_the_same_report(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = folder / "sink"
    sink.mkdir()
    dump(sink / "verdicts.ndjson", [one for one in RECORDS if isinstance(one, Verdict)])
    dump(sink / "status.ndjson", [one for one in RECORDS if not isinstance(one, Verdict)])
    publish(folder / "broker.db", [one for one in RECORDS if one.type != "alert"])
    monkeypatch.setenv("SK2SIEM_BROKER__URL", f"sqlite:///{folder}/broker.db")

    reports = [
        documents(capsys, place) for place in ("records.ndjson", "sink", f"sqlite:///{folder}/broker.db", "broker")
    ]

    for found in reports:
        assert found["group"] == reports[0]["group"]
        assert found["recurrence"] == reports[0]["recurrence"]
        assert found["coverage"][0]["events"] == reports[0]["coverage"][0]["events"]
        assert found["coverage"][0]["limits"][-2:] == reports[0]["coverage"][0]["limits"][-2:]  # type: ignore[index]


def publish(file: Path, records: Sequence[AnyRecord]) -> None:
    broker = EmbeddedBroker(file, metrics=Metrics("test"), shutdown=Shutdown())
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish([Record(VERDICTS, b"PROD1", encode(record), record.type) for record in records])
    publisher.close()


def test_entries_are_judged_on_the_way(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SK2SIEM_ENRICHER__DNS__ENABLED", "false")
    dump(folder / "entries.ndjson", [progress(seconds=-60), accept(23), progress(seconds=60)])

    found = documents(capsys, "entries.ndjson")

    (group,) = found["group"]
    assert (group["service"], group["insecure"]) == ("telnet", 1)


def test_the_journal_itself_is_read_and_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    settings = {
        "PRODUCER__SYSTEM": "PROD1",
        "PRODUCER__READER": "simulator",
        "PRODUCER__TIME_ZONE": "Europe/Berlin",
        "SIMULATOR__DAYS": "0.3",
        "ENRICHER__DNS__ENABLED": "false",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"SK2SIEM_{name}", value)

    found = documents(capsys, "journal")

    (summary,) = found["summary"]
    assert summary["source"] == "QSYS/QAUDJRN of PROD1, by the reader simulator"
    assert int(str(summary["connections"])) > 100
    assert found["audit-levels"]
    assert list(folder.glob("*.db")) == []


@pytest.mark.parametrize("command", [["report"], ["plan", "--close-port", "23"]])
def test_a_saved_journal_is_refused_until_somebody_says_what_its_times_mean(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    rows = [written.row for written in Partition(SimulatorSettings(entries=10)).written()]
    (folder / "saved.ndjson").write_bytes(as_rows(rows))
    monkeypatch.setenv("SK2SIEM_PRODUCER__SYSTEM", "PROD1")

    assert run_command([*command, "saved.ndjson"]) == 78

    assert "set SK2SIEM_PRODUCER__TIME_ZONE: a file does not say" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["nowhere.ndjson"], 78, "nowhere.ndjson: no such file", id="no file"),
        pytest.param(["."], 78, "no verdicts.ndjson", id="another folder"),
        pytest.param(["ftp://host"], 78, "kafka://host:port", id="no broker"),
        pytest.param(["text.txt"], 78, "SK2SIEM_PRODUCER__SYSTEM", id="perhaps a saved journal"),
        pytest.param(["records.ndjson", "--by", "colour"], 2, "colour: one or more of remote", id="no dimension"),
        pytest.param(["records.ndjson", "--html", "no/where.html"], 78, "cannot be written", id="no folder"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    (folder / "text.txt").write_text("nothing of ours\n")

    assert run_command(["report", *arguments]) == code

    assert words in capsys.readouterr().err


def test_a_saved_journal_that_cannot_be_read_is_named_as_it_was_given(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SK2SIEM_PRODUCER__SYSTEM", "PROD1")
    monkeypatch.setenv("SK2SIEM_PRODUCER__TIME_ZONE", "Europe/Berlin")
    (folder / "latin.csv").write_bytes(b"SKENTL,SKSEQN\n1,M\xfcller\n")

    assert run_command(["report", "latin.csv"]) == 78

    assert capsys.readouterr().err == "sk2siem: latin.csv: line 2: not UTF-8; save it as CSV UTF-8\n"


def test_a_line_that_is_no_record_is_counted_and_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / "records.ndjson").open("ab") as file:
        file.write(b'{"id": "half a line\n')

    found = documents(capsys, "records.ndjson")

    assert found["summary"][0]["sums"][0]["parts"]["unreadable"] == 1  # type: ignore[index]
    assert "Records that could not be read and are left out: 1." in found["coverage"][0]["limits"]  # type: ignore[operator]


def test_nothing_seen_is_a_proof_only_where_everything_was_audited(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole: list[AnyRecord] = [
        status(MONDAY),
        *(verdict(n, MONDAY, port=992, **TLS) for n in range(3)),
        status(MONDAY + DAY),
    ]
    cases = {
        "whole": whole,
        "a gap": [*whole, gap(MONDAY + MINUTE)],
        "not audited": [*whole, status(MONDAY + MINUTE, ("*NETSCK",))],
        "no status": whole[1:4],
    }
    for name, records in cases.items():
        dump(folder / f"{name}.ndjson", records)

    said = {}
    for name in cases:
        assert run_command(["report", f"{name}.ndjson"]) == 0
        said[name] = capsys.readouterr().out.splitlines()[1]

    assert said.pop("whole").startswith("No insecure connection was seen, and everything was audited and read: 2026")
    assert {line.partition(", but")[2][:27] for line in said.values()} == {" that proves less than it s"}


def test_status_records_around_a_time_that_is_cut_out_say_that_it_was_read_and_audited(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = documents(capsys, "records.ndjson", "--since", "2026-11-03T00:00", "--until", "2026-11-05T00:00")

    (summary,), (levels,), (coverage,) = found["summary"], found["audit-levels"], found["coverage"]
    assert (summary["from"], summary["to"]) == ("2026-11-03T00:00:00+00:00", "2026-11-05T00:00:00+00:00")
    assert (levels["from"], levels["to"]) == (summary["from"], summary["to"])
    assert not [line for line in coverage["limits"] if line.startswith(("No ", "For "))]  # type: ignore[attr-defined]


def test_a_warning_that_entries_may_be_lost_is_no_gap(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warning = loss_alert(changed(progress(), loss_after_seconds=60))
    assert warning is not None
    dump(folder / "warned.ndjson", [status(MONDAY), FIRST, changed(warning, time=MONDAY)])

    assert "gap" not in documents(capsys, "warned.ndjson")


@pytest.mark.parametrize(("columns", "shown"), [(80, False), (200, True)])
def test_a_narrow_terminal_gets_fewer_columns_and_whole_addresses(columns: int, *, shown: bool) -> None:
    console = Console(width=columns, file=io.StringIO())
    show(find(RECORDS, Selection(), "a test"), ["remote", "service"], console)

    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert ("last seen (UTC)" in said) is shown
    assert "to 10.2.2.2 " in said
    assert "Move this client" in said


def test_what_recurs_is_not_told_from_less_than_three_days(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["report", "records.ndjson", "--until", "2026-11-03T00:00"]) == 0

    assert "What recurs by the clock cannot be told from less than 3 days." in capsys.readouterr().out


def test_the_terminal_shows_who_what_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["report", "records.ndjson"]) == 0

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0].startswith("14 connections of PROD1 with 4 addresses: 8 insecure (57%), 0 unknown (0%)")
    assert "telnet-ssl (992) tls 2026-11-02 00:04 5 38% -" in lines
    assert any(
        line.startswith("10.9.8.8 telnet (23) cleartext-port 2026-11-08 00:30 Move this client") for line in lines
    )
    assert any(line.startswith("10.9.8.8 telnet daily 01:30 ± 1 min, 7 of 7 days insecure Look at") for line in lines)


def test_a_spreadsheet_gets_every_group_and_computes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ends = [Endpoint("10.9.8.1", 50_000, f"{sign}cmd|' /c calc'!A0\n", "unconfirmed") for sign in "=+-@\t"]
    dump(folder / "named.ndjson", [verdict(n, MONDAY, f"10.9.8.{n}", source=end) for n, end in enumerate(ends)])

    assert run_command(["report", "named.ndjson", "--csv", "-"]) == 0

    for row in csv.reader(io.StringIO(capsys.readouterr().out)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) or "\n" in cell for cell in row)


def test_csv_counts_what_the_records_say(folder: Path) -> None:
    assert run_command(["report", "records.ndjson", "--csv", "groups.csv"]) == 0

    with (folder / "groups.csv").open(newline="") as file:
        found = Counter({row["remote"]: int(row["connections"]) for row in csv.DictReader(file)})
    assert found == {"10.9.8.7": 1, "10.9.8.8": 7, "10.9.8.9": 5, "10.2.2.2": 1}
