"""A dead letter of the producer, saved as a file, is read again after a fix; the live journal is left alone."""

from pathlib import Path

import orjson
import pytest

from producer.decode import DETAIL_TYPES
from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.reader import JournalRow
from producer.service import build
from producer.settings import IbmiSettings, ProducerSettings
from producer.simulator.encoder import EntryData, encode_entry
from producer.simulator.settings import SimulatorSettings
from producer.socket_fields import SocketFields
from producer.source import JournalSource
from producer.stage import Decode
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from runtime.worker import run_worker
from schemas.codec import decode_as
from schemas.ids import entry_id
from schemas.records import DetailType, Entry, Position
from schemas.topics import ENTRIES, POSITIONS, dead_letters
from tests.fakes.reader import ListReader, row
from tests.fakes.running import running_as

TELNET = encode_entry(EntryData("A", "10.1.1.5", 23, "10.9.8.7", 50123))
UNKNOWN = b"\xe9" + TELNET[1:]
OF_COLUMNS = SocketFields("Z", "10.1.1.5", "23", "10.9.8.7", "50124")
ROWS = [
    row(1, TELNET),
    row(2, UNKNOWN),
    row(3, b"\xc1"),
    JournalRow(row(4).place, row(4).timestamp, "SK", b"", "QTVTELNET", program="QTVSERVER", fields=OF_COLUMNS),
    row(5, TELNET),
]


class Broker:
    """One broker's file, and what stands in it."""

    def __init__(self, path: Path) -> None:
        self.port = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown())

    def entries(self) -> list[Entry]:
        return [decode_as(Entry, record.value) for record in self.port.read(ENTRIES) if record.type == Entry.type]

    def position(self, journal: str) -> list[str]:
        stored = [decode_as(Position, record.value) for record in self.port.read(POSITIONS)]
        return [one.sequence for one in stored if one.journal == journal]

    def letters(self) -> list[bytes]:
        return [record.value for record in self.port.read(dead_letters("producer"))]


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    """After a live producer has met three rows that it could not decode."""
    made, live = Broker(tmp_path / "broker.db"), running_as("producer")
    journal = Journal("PROD1", "QSYS/QAUDJRN", "list", JournalClock("UTC"), 1)
    publisher = made.port.publisher("sk2siem.producer.PROD1.QSYS.QAUDJRN")
    source = JournalSource(ListReader(ROWS, final=True), publisher, journal, ProducerSettings(system="PROD1"), live)
    assert run_worker(source, Decode(journal, live.metrics), live.conditions) == 0
    assert len(made.letters()) == 3
    return made


def read_again(broker: Broker, file: Path) -> int:
    settings = ProducerSettings(system="PROD1", reader="file", file=file, time_zone="UTC")
    again = running_as("producer")
    return run_worker(*build(settings, IbmiSettings(), SimulatorSettings(), broker.port, again), again.conditions)


def test_dead_letters_are_read_again_after_a_fix(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "letters.ndjson"
    saved.write_bytes(b"\n".join(broker.letters()))
    monkeypatch.setitem(DETAIL_TYPES, "Z", DetailType.ACCEPT)

    code = read_again(broker, saved)

    assert code == 0
    mended = [entry for entry in broker.entries() if entry.reader == "file"]
    expected = [entry_id(ROWS[at].timestamp, "PROD1", "AUDRCV0001", at + 1) for at in (1, 3)]
    assert [entry.id for entry in mended] == expected
    assert [(entry.remote_port, entry.program) for entry in mended] == [(50123, None), (50124, "QTVSERVER")]


def test_what_is_still_broken_is_a_dead_letter_again_in_the_same_form(broker: Broker, tmp_path: Path) -> None:
    before = [orjson.loads(letter) for letter in broker.letters()]
    saved = tmp_path / "letters.ndjson"
    saved.write_bytes(b"\n".join(broker.letters()))

    read_again(broker, saved)

    assert [orjson.loads(letter) for letter in broker.letters()] == [*before, *before]


def test_the_position_of_the_live_journal_stays(broker: Broker, tmp_path: Path) -> None:
    before = broker.position("QSYS/QAUDJRN")
    saved = tmp_path / "letters.ndjson"
    saved.write_bytes(b"\n".join(broker.letters()))

    read_again(broker, saved)

    assert broker.position("QSYS/QAUDJRN") == before
