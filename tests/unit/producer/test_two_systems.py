"""Two systems whose receivers have the same names and numbers share one broker and never meet."""

from pathlib import Path

import pytest

from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.settings import ProducerSettings
from producer.simulator.encoder import EntryData, encode_entry
from producer.source import JournalSource
from producer.stage import Decode
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from runtime.worker import run_worker
from schemas.codec import decode, decode_as
from schemas.records import Entry, Position
from schemas.topics import ENTRIES, POSITIONS, dead_letters
from tests.fakes.reader import ListReader, row
from tests.fakes.running import running_as

TELNET = encode_entry(EntryData("A", "10.1.1.5", 23, "10.9.8.7", 50123))
ROWS = [row(1, TELNET), row(2, b"\xc1"), row(3, TELNET)]


@pytest.fixture
def broker(tmp_path: Path) -> EmbeddedBroker:
    return EmbeddedBroker(tmp_path / "broker.db", metrics=Metrics("test"), shutdown=Shutdown())


def read(broker: EmbeddedBroker, system: str, count: int) -> None:
    """Read the first rows of a system's journal, in a process of its own."""
    running = running_as("producer", f"worker-of-{system}")
    journal = Journal(system, "QSYS/QAUDJRN", "list", JournalClock("UTC"), 1)
    publisher = broker.publisher(f"sk2siem.producer.{system}.QSYS.QAUDJRN")
    reader = ListReader(ROWS[:count], final=True)
    source = JournalSource(reader, publisher, journal, ProducerSettings(system=system), running)
    assert run_worker(source, Decode(journal, running.metrics), running.conditions) == 0


def test_each_has_its_own_ids_positions_and_dead_letters(broker: EmbeddedBroker) -> None:
    read(broker, "PROD1", 2)
    read(broker, "PROD2", 3)
    read(broker, "PROD1", 3)

    entries = [decode_as(Entry, record.value) for record in broker.read(ENTRIES) if record.type == Entry.type]
    stored = [decode_as(Position, record.value) for record in broker.read(POSITIONS)]
    assert len({entry.id for entry in entries}) == len(entries) == 4
    assert sorted((entry.system, entry.sequence) for entry in entries) == [
        (system, number) for system in ("PROD1", "PROD2") for number in ("1", "3")
    ]
    assert {(one.system, one.sequence) for one in stored if one.sequence == "3"} == {("PROD1", "3"), ("PROD2", "3")}
    assert {record.key[:5] for record in broker.read(dead_letters("producer"))} == {b"PROD1", b"PROD2"}


def test_every_record_names_its_system(broker: EmbeddedBroker) -> None:
    read(broker, "PROD1", 3)

    for topic in (ENTRIES, POSITIONS):
        assert {getattr(decode(record.type, record.value), "system", None) for record in broker.read(topic)} == {
            "PROD1"
        }
