"""What machines are told: with --json each command prints whole JSON objects, a line each, and nothing else."""

import os
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from runtime.dead_letters import dead_letter
from runtime.embedded import EmbeddedBroker
from runtime.flow import Reason
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from runtime.shutdown import Shutdown
from schemas.codec import encode
from schemas.topics import VERDICTS, all_topics
from tests.unit.enricher.outcomes import BY_PORT

BROKEN = StoredRecord(Partition(VERDICTS, 0), Offset(17), b"key", b"{", "verdict")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def publish(folder: Path, *records: Record) -> None:
    """Into the broker that is used where no setting names another."""
    broker = EmbeddedBroker(folder / "sk2siem.db", metrics=Metrics("test"), shutdown=Shutdown())
    with closing(broker.publisher("test")) as publisher:
        publisher.claim()
        publisher.publish(records)


def told(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str, code: int = 0) -> list[dict[str, object]]:
    assert run_command([*arguments, "--json"]) == code
    return [orjson.loads(line) for line in capsysbinary.readouterr().out.splitlines()]


def test_check_tells_the_state_of_both_ends(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SK2SIEM_FILE__PATH", str(folder / "out"))
    well = told(capsysbinary, "check", "file")
    (folder / "blocked").write_text("")
    monkeypatch.setenv("SK2SIEM_FILE__PATH", str(folder / "blocked" / "out"))
    ill = told(capsysbinary, "check", "file", code=69)

    assert [(one["end"], one["state"]) for one in well] == [("broker", "ok"), ("file", "ok")]
    assert [(one["end"], one["state"]) for one in ill] == [("broker", "ok"), ("file", "failed")]
    assert "blocked" in str(ill[1]["words"])


def test_init_tells_each_topic(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    dry, made, again = (told(capsysbinary, "init", *more) for more in (["--dry-run"], [], []))

    names = [topic.name for topic in all_topics()]
    assert [(one["name"], one["state"]) for one in dry] == [(name, "wanted") for name in names]
    assert [(one["topic"], one["state"]) for one in made] == [(name, "created") for name in names]
    assert {one["state"] for one in again} == {"ok"}


def test_dead_letters_are_told_without_their_payload(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run_command(["init"])
    capsysbinary.readouterr()
    nothing = told(capsysbinary, "dead-letters", "list")
    publish(folder, dead_letter(BROKEN, Reason("corrupt-record", "not JSON"), "splunk"))

    (letter,) = told(capsysbinary, "dead-letters", "list")

    assert nothing == []
    assert (letter["id"], letter["reason"], letter["origin"]) == ("splunk/0/1", "corrupt-record", "sk.verdicts/0/17")
    assert letter["what_to_do"]
    assert "value" not in letter


def test_an_explanation_is_told_part_by_part(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    publish(folder, Record(VERDICTS, b"key", encode(BY_PORT), BY_PORT.type))

    (explanation,) = told(capsysbinary, "explain", BY_PORT.id)

    assert explanation["id"] == BY_PORT.id
    assert isinstance(explanation["parts"], dict)
    assert "Which rule decided" in explanation["parts"]
