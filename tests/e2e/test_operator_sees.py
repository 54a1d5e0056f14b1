"""What an operator sees when a service cannot start, or cannot reach the IBM i; and that nothing is lost by it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from dev.ibmi import Ibmi, JournalEntry
from dev.ibmi.server import DRIVER
from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from schemas.topics import ENTRIES
from tests.e2e.small import Small
from tests.processes import ServiceProcess, stays, wait_until

BEFORE_THE_JOURNAL = datetime(2026, 11, 1)
ROWS = 300


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    made.init()
    yield made
    made.discard()


@pytest.fixture
def journal(ibmi: Ibmi) -> set[int]:
    """The numbers of the SK entries in a fresh journal."""
    settings = SimulatorSettings(start=datetime(2026, 11, 2), entries=ROWS)
    rows = [found.row for found in Partition(settings).written()]
    ibmi.control.reset(BEFORE_THE_JOURNAL)
    ibmi.control.set_clock(None)
    ibmi.control.advance(rows[0].place.sequence - 1)
    library, receiver, _ = ibmi.control.attached()
    ibmi.control.append(
        JournalEntry(library, receiver, row.place.sequence, row.timestamp, row.entry_type, row.entry_data)
        for row in rows
    )
    return {row.place.sequence for row in rows if row.entry_type == "SK"}


def reading(small: Small, ibmi: Ibmi, **settings: str) -> ServiceProcess:
    """A producer that reads the double."""
    return small.service("producer", **{**ibmi.exports(), "SK2SIEM_PRODUCER__READER": "display-journal", **settings})


def read(small: Small) -> set[int]:
    """The numbers of the published entries, of which there are no doubles."""
    found = small.ids(ENTRIES, "entry")
    assert set(found.values()) <= {1}
    return {int(one.rsplit("-", 1)[1]) for one in found}


def test_every_wrong_setting_is_named_at_once_and_no_value_is_printed(tmp_path: Path) -> None:
    wrong = {
        "SK2SIEM_BROKER__URL": "amqp://s3cret-1",
        "SK2SIEM_BROKER__ULR": "s3cret-2",
        "SK2SIEM_LOOP__BATCH_SIZE": "s3cret-3",
        "SK2SIEM_PRODUCER__TIME_ZONE": "S3cret/4",
        "SK2SIEM_SPLUNK__URL": "s3cret-5",
        "SK2SIEM_IBMI__PASSWORD": "s3cret-6",
    }

    ended = run_to_its_end(tmp_path, "run", "splunk", **wrong)

    lines = ended.stderr.splitlines()
    named = [line.split(": ")[1] for line in lines]
    assert ended.returncode == 78
    assert named == [
        "SK2SIEM_BROKER__ULR",
        "SK2SIEM_BROKER__URL",
        "SK2SIEM_LOOP__BATCH_SIZE",
        "SK2SIEM_PRODUCER__TIME_ZONE",
        "SK2SIEM_SPLUNK__TOKEN",
        "SK2SIEM_SPLUNK__URL",
    ]
    assert all(line.startswith("sk2siem: ") for line in lines)
    assert ended.stdout == ""
    assert "s3cret" not in ended.stderr.lower()
    assert list(tmp_path.iterdir()) == []


def test_every_setting_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    ended = run_to_its_end(tmp_path, "run", "producer")

    assert ended.returncode == 78
    assert ended.stderr.splitlines() == [
        f"sk2siem: SK2SIEM_{name}: must be set to run producer"
        for name in ("PRODUCER__SYSTEM", "IBMI__SYSTEM", "IBMI__USERNAME", "IBMI__PASSWORD")
    ]


def test_a_port_that_is_taken_is_named(small: Small) -> None:
    first = small.service("enricher")
    with first:
        wait_until("it answers", lambda: first.get("/livez")[0] == 200, 60)

        ended = run_to_its_end(small.folder, "run", "file", SK2SIEM_FILE__PATH="out", SK2SIEM_OPS__PORT=str(first.port))

    assert ended.returncode == 78
    assert ended.stderr.splitlines()[-1].startswith("sk2siem: SK2SIEM_OPS__PORT: cannot listen on 127.0.0.1")


def no_driver(folder: Path) -> dict[str, str]:
    (folder / "odbcinst.ini").write_text("")
    return {"ODBCSYSINI": str(folder)}


def no_library_of_the_driver(folder: Path) -> dict[str, str]:
    (folder / "odbcinst.ini").write_text(f"[{DRIVER}]\nDriver={folder}/missing.so\n")
    return {"ODBCSYSINI": str(folder)}


def no_odbc(folder: Path) -> dict[str, str]:
    """A libodbc that the loader finds first and cannot load."""
    (folder / "libodbc.so.2").write_text("")
    return {"LD_LIBRARY_PATH": str(folder)}


@pytest.mark.parametrize(
    ("without", "words"),
    [
        pytest.param(no_driver, "drivers are in odbcinst.ini", id="no driver"),
        pytest.param(no_library_of_the_driver, "drivers are in odbcinst.ini", id="its library is missing"),
        pytest.param(no_odbc, "install unixODBC", id="no ODBC"),
    ],
)
def test_a_missing_driver_ends_the_producer_with_one_line_that_says_what_to_install(
    without: Callable[[Path], dict[str, str]],
    words: str,
    small: Small,
    ibmi: Ibmi,
    journal: set[int],
    tmp_path: Path,
) -> None:
    (folder := tmp_path / "driver").mkdir()

    with reading(small, ibmi, **without(folder)) as producer:
        exit_code = producer.wait(60)
    check = run_to_its_end(tmp_path, "check", "producer", **(settings_of(small, ibmi) | without(folder)))
    with reading(small, ibmi) as mended:
        wait_until("with a driver it reads on", lambda: read(small) == journal, 60)
        mended.stop()

    said = [line for line in producer.log_text().splitlines() if words in line]
    assert exit_code == 78
    assert len(said) == 1
    assert "Traceback" not in producer.log_text()
    assert check.returncode == 78
    assert words in check.stderr.splitlines()[-1]


@pytest.mark.parametrize("reads_first", [pytest.param(False, id="at the start"), pytest.param(True, id="later")])
def test_a_refused_password_is_tried_once_and_the_producer_stays_and_says_so(
    reads_first: bool, small: Small, ibmi: Ibmi, journal: set[int]
) -> None:
    producer = reading(small, ibmi)
    if reads_first:
        producer.start()
        wait_until("it reads", lambda: read(small) == journal, 60)
    before = ibmi.control.log_ins()
    ibmi.control.refuse_password()
    ibmi.control.drop_connections()
    if not reads_first:
        producer.start()

    wait_until("it says so", lambda: "refused the user profile" in producer.get("/readyz")[1], 60)
    stays("a log-in was tried again", lambda: ibmi.control.log_ins() == before + 1, 4)
    alive, ready = producer.get("/livez")[0], producer.get("/readyz")
    exit_code = producer.stop()
    ibmi.control.accept_password()
    with reading(small, ibmi) as restarted:
        wait_until("it reads on after a restart", lambda: read(small) == journal, 60)
        restarted.stop()

    assert (alive, ready[0]) == (200, 503)
    assert "correct it and restart" in ready[1]
    (said,) = [line for line in producer.events("waiting") if line["level"] == "error"]
    assert "correct it and restart" in str(said["why"])
    assert exit_code == 0


def settings_of(small: Small, ibmi: Ibmi) -> dict[str, str]:
    return {
        **ibmi.exports(),
        "SK2SIEM_BROKER__URL": f"sqlite:///{small.path}",
        "SK2SIEM_PRODUCER__SYSTEM": "PROD1",
    }


def run_to_its_end(folder: Path, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """One command, with what it wrote to standard output and standard error apart."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SK2SIEM_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
