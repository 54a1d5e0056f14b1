"""A saved journal through `run all`: analysed to its end, and then everything ends by itself."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import orjson
import pytest

from dev.kafka import Kafka
from dev.part import free_port
from producer.file_reader import position_name
from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.settings import BrokerSettings
from schemas.codec import decode_as
from schemas.ids import entry_id
from schemas.records import Position, Progress
from schemas.topics import ENTRIES, POSITIONS, all_topics
from tests.fakes.running import running_as
from tests.fakes.saved_journal import as_rows
from tests.processes import ServiceProcess, wait_until

ROWS = [written.row for written in Partition(SimulatorSettings(entries=1500)).written()]
SYSTEM = "SAVED1"
END_SECONDS = 120


@pytest.fixture(params=["embedded", "kafka"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A broker that nobody else reads from: `run all` ends when nothing is left, whoever left it."""
    if request.param == "embedded":
        yield f"sqlite:///{tmp_path / 'broker.db'}"
        return
    request.getfixturevalue("kafka")  # it proves that Kafka can be had
    with Kafka(port=free_port(), data=tmp_path / "kafka") as own:
        yield own.url


@pytest.fixture
def environment(url: str, tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "saved.ndjson").write_bytes(as_rows(ROWS))
    broker = broker_at(url)
    broker.ensure(all_topics())
    broker.close()
    return {
        "SK2SIEM_WORKER": f"analyst-{uuid4().hex[:8]}",
        "SK2SIEM_BROKER__URL": url,
        "SK2SIEM_OPS__PORT": "0",
        "SK2SIEM_PRODUCER__SYSTEM": SYSTEM,
        "SK2SIEM_PRODUCER__READER": "file",
        "SK2SIEM_PRODUCER__FILE": str(tmp_path / "saved.ndjson"),
        "SK2SIEM_PRODUCER__TIME_ZONE": "Europe/Berlin",
        "SK2SIEM_FILE__PATH": str(tmp_path / "verdicts"),
    }


def broker_at(url: str) -> Broker:
    return connect(BrokerSettings(url=url), running_as(), batch_size=1000)


def run_to_the_end(environment: Mapping[str, str], folder: Path) -> int | None:
    process = ServiceProcess("all", environment, folder, "run", "all")
    with process:
        wait_until("run all ends", lambda: process.process.poll() is not None, END_SECONDS)
        return process.process.poll()


def delivered(folder: Path, kind: str) -> Sequence[str]:
    documents = map(orjson.loads, (folder / "verdicts" / f"{kind}.ndjson").read_bytes().splitlines())
    return [document["id"] for document in documents if document["system"] == SYSTEM]


def test_a_saved_journal_is_judged_to_its_end_and_the_services_end(
    environment: Mapping[str, str], url: str, tmp_path: Path
) -> None:
    accepts = {
        entry_id(row.timestamp, SYSTEM, row.place.receiver, row.place.sequence)
        for row in ROWS
        if row.entry_type == "SK" and row.entry_data[:1] == b"\xc1"
    }

    code = run_to_the_end(environment, tmp_path)

    assert code == 0, (tmp_path / f"{environment['SK2SIEM_WORKER']}-all.log").read_text()
    found = [*delivered(tmp_path, "verdicts"), *delivered(tmp_path, "events")]
    assert len(found) == len(set(found))
    assert accepts <= set(found)
    broker = broker_at(url)
    progress = [decode_as(Progress, record.value) for record in broker.read(ENTRIES) if record.type == Progress.type]
    stored = [decode_as(Position, record.value) for record in broker.read(POSITIONS)]
    broker.close()
    assert {one.final for one in progress if one.system == SYSTEM and one.at_end} == {True}
    own = [one for one in stored if one.system == SYSTEM]
    assert {one.journal for one in own} == {position_name(tmp_path / "saved.ndjson")}
    assert own[-1].sequence == str(ROWS[-1].place.sequence)


@pytest.mark.parametrize("url", ["embedded"], indirect=True)
def test_a_producer_by_itself_ends_with_success_at_the_end_of_the_file(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    with ServiceProcess("producer", environment, tmp_path) as producer:
        assert producer.wait(END_SECONDS) == 0


@pytest.mark.parametrize("url", ["embedded"], indirect=True)
def test_the_same_file_again_ends_at_once_and_judges_nothing_twice(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    run_to_the_end(environment, tmp_path)
    before = delivered(tmp_path, "verdicts")

    assert run_to_the_end(environment, tmp_path) == 0
    assert delivered(tmp_path, "verdicts") == before
