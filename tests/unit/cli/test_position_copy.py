"""`sk2siem position copy` carries a position from the embedded broker to another, once, and never over a newer one."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.main import run_command
from producer.positions import BrokerPositions, identity_of
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.shutdown import Shutdown
from schemas.records import Position, changed
from schemas.topics import POSITIONS, all_topics, position_key

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
POSITION = Position(
    "PROD1", "QSYS/QAUDJRN", "AUDLIB", "AUDRCV0001", "184467", 6, "w1", LONG_AGO, LONG_AGO, ("*NETSCK",), (7, 1, 0)
)


def broker(file: Path) -> EmbeddedBroker:
    made = EmbeddedBroker(file, metrics=Metrics("test"), shutdown=Shutdown())
    made.ensure(all_topics())
    return made


def store(file: Path, position: Position) -> None:
    with closing(broker(file).publisher(identity_of(position.system, position.journal))) as publisher:
        publisher.claim()
        publisher.publish([BrokerPositions(publisher, position.system, position.journal).record(position)])


def stored(file: Path) -> Position | None:
    with closing(broker(file).publisher("test")) as publisher:
        return BrokerPositions(publisher, POSITION.system, POSITION.journal).load()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The old broker and the new one, which is configured."""
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    monkeypatch.setenv("SK2SIEM_BROKER__URL", f"sqlite:///{new}")
    monkeypatch.setenv("SK2SIEM_PRODUCER__SYSTEM", "PROD1")
    broker(old)
    broker(new)
    return old, new


def test_a_position_is_carried_with_all_but_the_count_of_partitions(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = files
    store(old, POSITION)
    store(old, changed(POSITION, system="TEST1"))

    code = run_command(["position", "copy", str(old)])

    assert code == 0
    assert stored(new) == changed(POSITION, partitions=1)
    assert stored(old) == POSITION
    assert "QSYS/QAUDJRN of PROD1: AUDLIB/AUDRCV0001 184467, read up to" in capsys.readouterr().out


def test_a_position_that_is_stored_already_is_kept(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = files
    store(old, POSITION)
    store(new, changed(POSITION, sequence="184470"))

    assert run_command(["position", "copy", str(old)]) == 69
    assert stored(new) == changed(POSITION, sequence="184470")
    assert "stored here already" in capsys.readouterr().err


def test_while_a_producer_still_reads_there_nothing_is_carried(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = files
    store(old, changed(POSITION, time=datetime.now(UTC)))

    assert run_command(["position", "copy", str(old)]) == 69
    assert stored(new) is None
    assert "stop it and wait" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["position", "copy", "old.db"], ["system", "retire", "PROD1"]])
def test_a_position_that_cannot_be_read_is_said(
    command: list[str],
    files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(files[0].parent)
    for file in files:
        with closing(broker(file).publisher("test")) as publisher:
            publisher.claim()
            key = position_key("PROD1", "QSYS/QAUDJRN")
            publisher.publish([Record(POSITIONS, key, b'{"system": "PROD1"}', "position")])

    assert run_command(command) == 69
    assert "a stored position cannot be read (journal: missing); look at sk.positions" in capsys.readouterr().err


def test_a_file_without_the_system_is_said(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["position", "copy", str(files[0])]) == 69
    assert "no position of PROD1 is stored in" in capsys.readouterr().err
