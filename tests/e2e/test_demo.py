"""The demo as anybody runs it: it ends by itself, and what it prints is what is in its files."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = 4_000
DEADLINE_SECONDS = 150
SUMMARY = re.compile(
    r"^([\d,]+) connections of DEMO with ([\d,]+) addresses between .+: ([\d,]+) insecure \(\d+%\), ([\d,]+) unknown, "
    r"([\d,]+) secure\. ([\d,]+) alerts, ([\d,]+) corrections, from ([\d,]+) journal entries\.$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    printed: str
    errors: str
    output: Path


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SK2SIEM_")}
    return {**clean, **settings, "PYTHONPATH": str(ROOT)}


def _hear_hang_ups() -> None:
    """Under nohup, and in some runners, SIGHUP is ignored, and children inherit that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextmanager
def demo(folder: Path, *, entries: int, environ: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Its processes are ended however the test ends."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "demo", "--entries", str(entries)],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_hang_ups,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()


def run(folder: Path, **settings: str) -> Finished:
    with demo(folder, entries=ENTRIES, environ=environment(**settings)) as process:
        printed, errors = process.communicate(timeout=DEADLINE_SECONDS)
    return Finished(process.returncode, printed, errors, folder / "demo-output")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return run(tmp_path_factory.mktemp("demo"))


def lines_of(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def standing(verdicts: Iterable[dict[str, object]]) -> dict[object, dict[str, object]]:
    """Verdicts by id, without those that a correction supersedes."""
    by_id = {verdict["id"]: verdict for verdict in verdicts}
    superseded = {verdict["supersedes"] for verdict in by_id.values()}
    return {key: verdict for key, verdict in by_id.items() if key not in superseded}


def test_it_ends_by_itself_with_success(finished: Finished) -> None:
    assert (finished.code, finished.errors) == (0, "")


def test_the_printed_totals_are_those_of_the_files(finished: Finished) -> None:
    verdicts = standing(lines_of(finished.output / "verdicts.ndjson"))
    alerts = lines_of(finished.output / "alerts.ndjson")
    kinds = [verdict["verdict"] for verdict in verdicts.values()]

    summary = SUMMARY.search(finished.printed)

    assert summary is not None
    connections, _, insecure, unknown, secure, raised, _, _ = (int(text.replace(",", "")) for text in summary.groups())
    assert connections == len(kinds) > 0
    assert insecure == kinds.count("insecure") > 0
    assert unknown == kinds.count("unknown")
    assert secure == kinds.count("secure") > 0
    assert raised == len({alert["id"] for alert in alerts}) > 0


def test_every_connection_of_the_journal_is_in_the_files_once(finished: Finished) -> None:
    """Counted from the entries themselves: each entry is the origin of one verdict or of one event."""
    entries = entries_in(finished.output / "broker.db")
    verdicts = lines_of(finished.output / "verdicts.ndjson")
    events = lines_of(finished.output / "events.ndjson")

    told = [line["id"] for line in (*verdicts, *events)]
    accepts = {entry["id"] for entry in entries if entry["detail_type"] == "A"}
    helpers = {event["id"] for event in events if event["reason"] == "helper-port"}

    assert len(told) == len(set(told))
    assert accepts <= {verdict["id"] for verdict in verdicts} | helpers
    assert set(told) >= accepts
    summary = SUMMARY.search(finished.printed)
    assert summary is not None
    assert int(summary.group(8).replace(",", "")) == len(entries) > ENTRIES * 0.9


def test_every_printed_file_exists(finished: Finished) -> None:
    listed = finished.printed.split("Files\n")[1].split("\n\n")[0].split()

    assert "demo-output/verdicts.ndjson" in listed
    assert [name for name in listed if not (finished.output.parent / name).exists()] == []


def test_the_report_that_is_offered_counts_what_the_demo_counted(finished: Finished) -> None:
    offer = finished.printed.splitlines()[-1].partition(": ")[2]
    assert offer == "sk2siem report demo-output --html report.html"

    command = [sys.executable, "-P", "-m", "cli", *offer.split()[1:-2], "--json"]
    made = subprocess.run(command, cwd=finished.output.parent, env=environment(), capture_output=True, check=True)

    found = json.loads(made.stdout.splitlines()[0])
    summary = SUMMARY.search(finished.printed)
    assert summary is not None
    counted = [int(summary.group(number).replace(",", "")) for number in range(1, 6)]
    assert counted == [found[name] for name in ("connections", "remotes", "insecure", "unknown", "secure")]


def test_a_second_demo_in_the_same_folder_starts_afresh(finished: Finished) -> None:
    again = run(finished.output.parent)

    summaries = [SUMMARY.search(one.printed) for one in (finished, again)]
    assert again.code == 0
    assert len({found.groups() for found in summaries if found}) == 1


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="ctrl-c"),
        pytest.param(signal.SIGTERM, id="sigterm"),
        pytest.param(signal.SIGHUP, id="terminal-closed"),
    ],
)
def test_a_stop_ends_every_process_and_is_no_failure(number: signal.Signals, tmp_path: Path) -> None:
    with demo(tmp_path, entries=2_000_000, environ=environment()) as process:
        assert process.stdout is not None
        process.stdout.readline()
        children = psutil.Process(process.pid).children(recursive=True)

        process.send_signal(number)
        printed, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (0, "")
    assert "Stopped before the journal ended" in printed
    assert len(children) == 3
    assert [child for child in children if child.is_running()] == []


def test_a_service_that_cannot_start_ends_the_demo_with_its_words_and_its_exit_code(tmp_path: Path) -> None:
    finished = run(tmp_path, SK2SIEM_ENRICHER__POLICY=str(tmp_path / "missing.toml"))

    assert finished.code == 78
    assert "sk2siem: enricher ended with exit code 78" in finished.errors
    assert "missing.toml" in finished.errors
    assert "Traceback" not in finished.errors


def entries_in(broker: Path) -> list[dict[str, object]]:
    connection = sqlite3.connect(broker)
    try:
        rows = connection.execute("SELECT value FROM \"records sk.entries\" WHERE type = 'entry'").fetchall()
    finally:
        connection.close()
    return [json.loads(value) for (value,) in rows]
