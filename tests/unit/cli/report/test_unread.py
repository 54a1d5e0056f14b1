"""What could not be read is counted and said, and takes the proof away, wherever the report reads."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from producer.raw_row import raw_of
from producer.reader import JournalRow
from producer.simulator.partition import Partition as Simulated
from producer.simulator.settings import SimulatorSettings
from runtime.dead_letters import dead_letter, headers_of
from runtime.embedded import EmbeddedBroker
from runtime.flow import Reason
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from runtime.shutdown import Shutdown
from schemas.codec import encode
from schemas.records import AnyRecord, changed
from schemas.topics import ENTRIES, VERDICTS, dead_letters
from tests.fakes.saved_journal import as_rows
from tests.unit.cli.report.reported import MONDAY, SECURE, status, verdict
from tests.unit.enricher.samples import ACCEPT

ROWS = [written.row for written in Simulated(SimulatorSettings(entries=300)).written()]
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BROKEN = Reason("unknown-detail-type", "the detailed entry type is none of ours")
PROOF = "everything was audited and read"


@pytest.fixture(autouse=True)
def folder(empty: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SK2SIEM_PRODUCER__SYSTEM", "PROD1")
    monkeypatch.setenv("SK2SIEM_PRODUCER__TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("SK2SIEM_BROKER__URL", f"sqlite:///{empty}/broker.db")
    return empty


def damaged(row: JournalRow) -> JournalRow:
    """With a detailed entry type that nobody knows."""
    return replace(row, entry_data=b"\xe9" + row.entry_data[1:])


def save(folder: Path, *broken: int) -> datetime:
    """A saved journal in which the SK entries with these numbers are damaged; gives the local time of the last one."""
    sockets = [row for row in ROWS if row.entry_type == "SK"]
    chosen = [sockets[number] for number in broken]
    (folder / "saved.ndjson").write_bytes(as_rows([damaged(row) if row in chosen else row for row in ROWS]))
    return chosen[-1].timestamp


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, dict[str, int], list[str]]:
    """The second sentence, the parts of the records that were read, and what could not be known."""
    assert run_command(["report", *arguments]) == 0
    conclusion = capsys.readouterr().out.splitlines()[1]
    assert run_command(["report", *arguments, "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (whole,) = (one["sums"][0] for one in found if one["kind"] == "summary")
    assert sum(whole["parts"].values()) == whole["total"]
    return conclusion, whole["parts"], found[-1]["limits"]


def test_rows_that_the_producer_rejects_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(folder, 3, 5, 8)

    conclusion, parts, limits = report(capsys, "saved.ndjson", "--service", "ssh")

    assert "that proves less than it seems" in conclusion
    assert parts["entries that could not be read"] == 3
    assert any(line.startswith("3 entries could not be read") for line in limits)


def test_rows_outside_the_time_asked_for_do_not_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = save(folder, 3, 200)

    _, parts, _ = report(capsys, "saved.ndjson", "--since", f"{last + MINUTE}+01:00")
    assert "entries that could not be read" not in parts

    _, parts, _ = report(capsys, "saved.ndjson", "--since", f"{last - MINUTE}+01:00")
    assert parts["entries that could not be read"] == 1


def test_a_plan_says_that_nothing_seen_proves_little(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(folder, 3)

    assert run_command(["plan", "saved.ndjson", "--close-port", "4711"]) == 0

    said = capsys.readouterr().out
    assert "nothing that was seen breaks, but that proves less than it seems" in said.splitlines()[0]
    assert "1 entry could not be read" in said


def row_letter(local: datetime, system: str = "PROD1") -> Record:
    """What the producer of `system` could not read."""
    raw = raw_of(replace(damaged(ROWS[-1]), timestamp=local))
    headers = headers_of(BROKEN, "producer", "journal-row", (("__connect.errors.topic", "QSYS/QAUDJRN"),))
    return Record(
        dead_letters("producer"), f"{system}/QGPL/AUDRCV0001/7".encode(), orjson.dumps(raw), "dead-letter", 0, headers
    )


def entry_letter(time: datetime) -> Record:
    """What the enricher could not read."""
    value = encode(changed(ACCEPT, time=time))
    return dead_letter(
        StoredRecord(Partition(ENTRIES, 0), Offset(7), b"PROD1|10.9.8.7", value, "entry"), BROKEN, "enricher"
    )


def publish(folder: Path, letters: Sequence[Record]) -> None:
    """Nothing but secure connections of a week, and these dead letters."""
    records: list[AnyRecord] = [status(MONDAY), verdict(1, MONDAY, **SECURE), status(MONDAY + 7 * DAY)]
    broker = EmbeddedBroker(folder / "broker.db", metrics=Metrics("test"), shutdown=Shutdown())
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish([*(Record(VERDICTS, b"PROD1", encode(one), one.type) for one in records), *letters])
    publisher.close()


LOCAL = MONDAY.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("letters", "arguments", "count"),
    [
        pytest.param([row_letter(LOCAL + DAY), entry_letter(MONDAY + DAY)], [], 2, id="producer and enricher"),
        pytest.param([row_letter(LOCAL + DAY)], ["--since", "2026-11-05"], 0, id="before"),
        pytest.param([row_letter(LOCAL + 5 * DAY)], ["--until", "2026-11-05"], 0, id="after"),
        pytest.param([row_letter(LOCAL - HOUR)], ["--since", "2026-11-02"], 1, id="perhaps in it, by its local time"),
        pytest.param([entry_letter(MONDAY - HOUR)], ["--since", "2026-11-02"], 0, id="not in it, by its own time"),
        pytest.param([row_letter(LOCAL - 9 * DAY)], [], 0, id="older than what is left of the verdicts"),
        pytest.param([row_letter(LOCAL + DAY, "PROD2")], ["--system", "PROD1"], 0, id="another system"),
        pytest.param([row_letter(LOCAL + DAY)], ["--system", "PROD1"], 1, id="this system"),
    ],
)
def test_dead_letters_of_the_time_asked_for_count(
    letters: Sequence[Record], arguments: list[str], count: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(folder, letters)

    conclusion, _, limits = report(capsys, "broker", *arguments)

    assert [line[:1] for line in limits if "could not be read" in line] == ([str(count)] if count else [])
    assert (PROOF in conclusion) is (count == 0)


def test_what_was_published_again_has_been_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(folder, [entry_letter(MONDAY + DAY)])
    assert run_command(["dead-letters", "replay", "--service", "enricher"]) == 0
    capsys.readouterr()

    assert PROOF in report(capsys, "broker")[0]


def test_a_broker_without_the_topic_of_dead_letters_proves_nothing_and_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(folder, [])
    monkeypatch.setattr("cli.report.unread.SERVICES", ("nobody",))

    conclusion, _, limits = report(capsys, "broker")

    assert "that proves less than it seems" in conclusion
    assert "The topic sk.dead-letters.nobody is not there: what nobody could not read is not known." in limits
