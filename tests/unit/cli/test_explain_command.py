"""`sk2siem explain` finds a verdict wherever it is, with the entries that it rests on."""

import os
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.shutdown import Shutdown
from schemas.codec import encode
from schemas.ids import correction_id
from schemas.records import Alert, AlertKind, AnyRecord, EventId, Severity, VerdictKind, changed
from schemas.topics import ALERTS, ENTRIES, VERDICTS
from tests.unit.enricher.outcomes import BY_PORT, EVENT, GAP
from tests.unit.enricher.samples import ACCEPT

ALERT = Alert(
    id=BY_PORT.id,
    kind=AlertKind.VERDICT,
    verdict=VerdictKind.INSECURE,
    reason="cleartext-port",
    severity=Severity.MEDIUM,
    title="Clear-text connection to PROD1",
    description="10.9.8.7 connected to PROD1.",
    advice=None,
    system="PROD1",
    time=BY_PORT.time,
    connection=BY_PORT,
)
CORRECTIONS = [
    changed(BY_PORT, id=correction_id(BY_PORT.id, number), severity=severity, supersedes=BY_PORT.id)
    for number, severity in ((1, Severity.LOW), (2, Severity.HIGH))
]
UNRELATED = changed(BY_PORT, id=EventId(f"{BY_PORT.id[:-1]}9"))
KNOWN = "type A, a connection that the system accepted"
GONE = "no longer among the entries"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of whoever runs the tests; files go to the test's own folder."""
    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def publish(folder: Path, **records: list[AnyRecord]) -> None:
    """Into the broker that is used where no setting names another."""
    topics = {"entries": ENTRIES, "verdicts": VERDICTS, "alerts": ALERTS}
    broker = EmbeddedBroker(folder / "sk2siem.db", metrics=Metrics("test"), shutdown=Shutdown())
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish(
        [Record(topics[name], b"k", encode(one), one.type) for name, ones in records.items() for one in ones]
    )
    publisher.close()


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run_command(["explain", *arguments]) == 0
    return capsys.readouterr().out


def test_a_verdict_of_the_broker_is_explained_with_its_entries(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(folder, entries=[ACCEPT], verdicts=[UNRELATED, BY_PORT])

    out = explained(capsys, BY_PORT.id)

    assert out.startswith(f"{BY_PORT.id} is insecure (cleartext-port), of severity medium.\n")
    assert KNOWN in out


def test_the_last_correction_counts_whichever_id_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(folder, verdicts=[BY_PORT, *CORRECTIONS])

    asked = [explained(capsys, one) for one in (BY_PORT.id, CORRECTIONS[0].id, CORRECTIONS[1].id)]

    assert len(set(asked)) == 1
    assert asked[0].startswith(f"{BY_PORT.id}.c2 is insecure (cleartext-port), of severity high.\n")
    assert f"{BY_PORT.id}.c1 was insecure (cleartext-port), of severity low." in asked[0]
    assert GONE in asked[0]


@pytest.mark.parametrize(
    ("record", "title"),
    [
        pytest.param(BY_PORT, "is insecure (cleartext-port)", id="verdict"),
        pytest.param(ALERT, "is insecure (cleartext-port)", id="alert about a connection"),
        pytest.param(EVENT, "is an event (helper-port)", id="event"),
        pytest.param(GAP, "is an alert (gap), of severity high", id="alert about a gap"),
    ],
)
def test_a_file_of_the_file_sink_does(
    folder: Path, capsys: pytest.CaptureFixture[str], record: AnyRecord, title: str
) -> None:
    one = GAP.id if record is GAP else BY_PORT.id
    (folder / "all.ndjson").write_bytes(b"\n".join(map(encode, (UNRELATED, record))) + b"\n")

    assert explained(capsys, one, "--from", "all.ndjson").startswith(f"{one} {title}")


def test_the_entries_of_a_file_may_be_in_another(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "verdicts.ndjson").write_bytes(encode(BY_PORT))
    (folder / "entries.ndjson").write_bytes(encode(ACCEPT))

    alone = explained(capsys, BY_PORT.id, "--from", "verdicts.ndjson")
    both = explained(capsys, BY_PORT.id, "--from", "verdicts.ndjson", "--entries", "entries.ndjson")

    assert GONE in alone
    assert KNOWN in both


def test_a_file_without_entries_is_said_to_have_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "verdicts.ndjson").write_bytes(encode(BY_PORT))

    run_command(["explain", BY_PORT.id, "--from", "verdicts.ndjson"])

    assert capsys.readouterr().err == (
        "sk2siem: verdicts.ndjson has no entry that this rests on; --entries says where they are\n"
    )


def test_a_correction_that_is_not_there_is_not_answered_by_what_came_before(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(folder, verdicts=[BY_PORT, CORRECTIONS[0]])

    assert run_command(["explain", CORRECTIONS[1].id]) == 69

    assert f"{CORRECTIONS[1].id}: nothing of this id in sk.verdicts and sk.alerts" in capsys.readouterr().err


def test_an_alert_about_no_connection_is_found_among_the_alerts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(folder, alerts=[GAP])

    assert explained(capsys, GAP.id).startswith(f"{GAP.id} is an alert (gap)")


def test_entries_that_cannot_be_read_shorten_the_explanation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "verdicts.ndjson").write_bytes(encode(BY_PORT))

    assert run_command(["explain", BY_PORT.id, "--from", "verdicts.ndjson", "--entries", "none.ndjson"]) == 0

    found = capsys.readouterr()
    assert GONE in found.out
    assert found.err.startswith("sk2siem: the entries cannot be read: none.ndjson: cannot be read")


def test_what_is_not_there_is_said_with_the_places(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(folder, verdicts=[BY_PORT])

    assert run_command(["explain", UNRELATED.id]) == 69

    assert capsys.readouterr().err == (
        f"sk2siem: {UNRELATED.id}: nothing of this id in sk.verdicts and sk.alerts; it may be older than what is kept\n"
    )


def test_nothing_in_it_can_harm_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "verdicts.ndjson").write_bytes(encode(changed(BY_PORT, advice="Do\x1b[2J \u202ethis\x07.")))

    out = explained(capsys, BY_PORT.id, "--from", "verdicts.ndjson")

    assert "Do\ufffd[2J \ufffdthis\ufffd." in out
    assert not {"\x1b", "\u202e", "\x07"} & set(out)


def test_nothing_in_its_json_can_either(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    advice = "Do\x1b \u202e\x9b\U000e0041this."
    (folder / "verdicts.ndjson").write_bytes(encode(changed(BY_PORT, advice=advice)))

    out = explained(capsys, BY_PORT.id, "--from", "verdicts.ndjson", "--json")

    assert out.removesuffix("\n").isprintable()
    assert orjson.loads(out)["parts"]["What to do"] == [advice]
