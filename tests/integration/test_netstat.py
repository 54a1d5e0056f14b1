"""`sk2siem netstat` over the IBM i double: what is connected, what listens, and what is older than the auditing."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from cli.netstat.actions import watch
from cli.netstat.looking import looking
from cli.running import running_of
from cli.settings import load
from dev.ibmi import Control, Ibmi
from runtime.embedded import EmbeddedBroker
from runtime.record import Record
from runtime.shutdown import Shutdown
from schemas.codec import decode_as, encode
from schemas.records import Event
from schemas.topics import VERDICTS
from tests.integration.network import open_some
from tests.unit.enricher.scripts import a, progress, verdicts
from tests.unit.schemas.validation import wrong_places

Document = dict[str, object]


@pytest.fixture(autouse=True)
def partition(ibmi: Ibmi, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Control:
    settings = {"SK2SIEM_PRODUCER__SYSTEM": "PROD1", "SK2SIEM_BROKER__URL": f"sqlite:///{tmp_path}/broker.db"}
    for name, value in {**ibmi.exports(), **settings}.items():
        monkeypatch.setenv(name, value)
    open_some(control)
    return control


def documents(capsys: pytest.CaptureFixture[str], *words: str) -> Sequence[Document]:
    assert run_command(["netstat", "--no-names", "--json", *words]) == 0
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


def told(broker: EmbeddedBroker) -> list[Event]:
    return [decode_as(Event, record.value) for record in broker.read(VERDICTS) if record.type == "event"]


def test_each_connection_has_service_verdict_and_owner(capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(capsys)

    assert [(one["service"], one["verdict"], one["direction"]) for one in found] == [
        ("ddm", "insecure", "outbound"),
        ("telnet", "insecure", "inbound"),
        ("ftp", "unknown", "inbound"),
        ("as-database", "secure", "inbound"),
        ("as-database-s", "secure", "inbound"),
        ("telnet-ssl", "secure", "inbound"),
    ]
    assert found[0]["jobs"] == [{"job": "222226/NIGHTLY/COPYORDERS", "profile": "NIGHTLY"}]
    assert found[1]["remote"] == {
        "address": "10.9.8.7",
        "port": 50123,
        "server": None,
        "name": None,
        "name_status": None,
    }
    assert found[1]["idle_seconds"] == 17 * 86_400
    assert len(found[4]["jobs"]) == 2  # type: ignore[arg-type]


def test_mapped_addresses_are_unwrapped_as_in_the_records(capsys: pytest.CaptureFixture[str]) -> None:
    (ftp,) = [one for one in documents(capsys) if one["service"] == "ftp"]

    assert ftp["local"] == {"address": "10.1.1.5", "port": 21, "server": "ftp-control"}


def test_insecure_shows_those_only_and_counts_all(capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command(["netstat", "--no-names", "--insecure"])

    text = capsys.readouterr().out
    assert code == 0
    assert [line.split()[0] for line in text.splitlines()[1:3]] == ["insecure", "insecure"]
    assert "6 connections, 3 secure, 2 insecure, 1 unknown" in text
    assert "17 days  ALICE    222222/ALICE/QPADEV0001" in text
    assert "1  Move this client to port 992 (telnet-ssl)." in text


def test_what_listens_is_compared_with_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(capsys, "--listen")

    assert [(one["port"], one["verdict"], one["findings"]) for one in found] == [
        (23, "insecure", ["cleartext", "twin-listens"]),
        (992, "secure", []),
        (7992, "secure", ["moved"]),
        (8471, "secure", []),
        (9471, "secure", []),
    ]


@pytest.mark.parametrize("kind", ["refused", "silent"])
def test_a_missing_authority_is_named_with_the_command_that_grants_it(
    kind: str, partition: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    partition.network.set_connections_authority(kind)

    code = run_command(["netstat", "--no-names"])

    text = capsys.readouterr().err
    assert code == 69
    assert "from IBM i 7.6 on" in text
    assert "CHGFCNUSG FCNID(QIBM_IOSYSCFG_VIEW) USER(AUDRDR) USAGE(*ALLOWED)" in text


def test_the_baseline_names_what_no_record_tells_of_once(
    broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher = broker.publisher("test")
    publisher.claim()
    (verdict,) = verdicts(progress(-10), a(0, 23))
    publisher.publish([Record(VERDICTS, b"PROD1|10.9.8.7", encode(verdict), verdict.type)])
    publisher.close()

    first, second = (run_command(["netstat", "--baseline", "--no-names"]) for _ in range(2))

    text = capsys.readouterr().out
    events = told(broker)
    assert (first, second) == (0, 0)
    assert sorted(event.service or "" for event in events) == ["as-database-s", "ddm", "ftp", "telnet-ssl"]
    assert "PROD1: 4 of 6 open connections are older" in text
    assert "PROD1: 0 of 6 open connections are older" in text
    assert "No producer has read up to now" in text


def test_an_event_of_the_baseline_is_one_of_the_contract(
    broker: EmbeddedBroker, control: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = documents(capsys, "--baseline")

    (event,) = [one for one in told(broker) if one.service == "ddm"]
    assert wrong_places("event", orjson.loads(encode(event))) == set()
    assert len(listed) == len(told(broker)) == 5
    assert event.id.startswith("20261122T030000000000-PROD1.open")
    assert (event.reason, event.entry.reader, event.entry.detail_type) == ("already-open", "netstat", "C")
    assert (event.entry.job, event.entry.user) == ("222226/NIGHTLY/COPYORDERS", "NIGHTLY")
    assert (event.entry.receiver, event.entry.sequence) == (control.attached().receiver, "1")


def test_the_baseline_needs_the_name_that_stands_in_the_records(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SK2SIEM_PRODUCER__SYSTEM")

    assert run_command(["netstat", "--baseline"]) == 78
    assert "SK2SIEM_PRODUCER__SYSTEM" in capsys.readouterr().err


class Scripted(Shutdown):
    """Each wait plays one step; after the last a stop is requested."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self._steps = list(steps)

    def wait(self, seconds: float) -> bool:
        if self._steps:
            self._steps.pop(0)()
        else:
            self.request()
        return self.requested


def test_watching_tells_what_opens_and_closes(
    ibmi: Ibmi, partition: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load(os.environ)
    shutdown = Scripted(
        lambda: partition.network.connect(("10.1.1.5", 23, "telnet"), ("10.9.8.12", 50129, None)),
        lambda: partition.network.disconnect("10.9.8.7", 50123),
        lambda: None,
    )

    with looking(settings, running_of("test", settings), names=False) as look:
        watch(look, shutdown, seconds=1, insecure=True, json=False)

    lines = [line.split(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "open    insecure  to 10.30.0.5 446  ddm 446  222226/NIGHTLY/COPYORDERS",
        "open    insecure  from 10.9.8.7 50123  telnet 23  222222/ALICE/QPADEV0001",
        "opened  insecure  from 10.9.8.12 50129  telnet 23",
        "closed  insecure  from 10.9.8.7 50123  telnet 23  222222/ALICE/QPADEV0001",
    ]
