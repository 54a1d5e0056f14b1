"""Each finding of `sk2siem doctor` over the IBM i double: one partition where all is well, and one fault at a time."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import orjson
import pytest

from cli.doctor.examination import examine
from cli.doctor.finding import Finding, State
from cli.doctor.host_server import Failure, Handshake, Probe
from cli.main import run_command
from cli.running import running_of
from cli.settings import load
from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.ibmi import Control, Ibmi
from tests.integration.network import ACCEPT, HANDSHAKE, TELNET, open_some, write

FULL = "*AUTFAIL  *NETSCK   *NETSECURE*NETTELSVR*SECURITY"
FULL_WORDS = "*AUTFAIL *NETSCK *NETSECURE *NETTELSVR *SECURITY"
SET = "CHGSYSVAL SYSVAL(QAUDLVL) VALUE('"


def healthy(_host: str, port: int) -> Handshake:
    return Handshake(port, "TLSv1.3", "TLS_AES_256_GCM_SHA384")


def in_clear(_host: str, port: int) -> Handshake:
    return Handshake(port, failure=Failure.HANDSHAKE, trouble="no TLS handshake (EOF)")


def untrusted(_host: str, port: int) -> Handshake:
    return Handshake(port, "TLSv1.2", "AES256-SHA", distrust="self-signed certificate")


@pytest.fixture(autouse=True)
def partition(
    ibmi: Ibmi, control: Control, tmp_path: Path, made_once: Path, monkeypatch: pytest.MonkeyPatch
) -> Control:
    """Everything is as it should be."""
    settings = {
        "SK2SIEM_PRODUCER__SYSTEM": "PROD1",
        "SK2SIEM_PRODUCER__TIME_ZONE": "UTC",
        "SK2SIEM_BROKER__URL": f"sqlite:///{tmp_path}/broker.db",
        "SK2SIEM_FILE__PATH": str(tmp_path / "out"),
    }
    for name, value in {**ibmi.exports(), **settings}.items():
        monkeypatch.setenv(name, value)
    now = datetime.now(UTC).replace(tzinfo=None)
    control.reset(clock=now - timedelta(hours=2))
    control.set_clock(None)
    open_some(control)
    write(control, 600, [ACCEPT, HANDSHAKE, TELNET], until=now, seconds=5.9)
    control.network.schedule("COPYORDERS", time(2), following=now.date())
    _place_broker(tmp_path / "broker.db", made_once)
    return control


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor") / "broker.db"


def _place_broker(here: Path, made_once: Path) -> None:
    """With the topics, and an event for each of the connections that are open."""
    if not made_once.exists():
        assert run_command(["init"]) == 0
        assert run_command(["netstat", "--baseline", "--no-names"]) == 0
        with sqlite3.connect(here) as source, sqlite3.connect(made_once) as target:
            source.backup(target)
        return
    shutil.copy(made_once, here)


def examined(probe: Probe = healthy) -> dict[str, Finding]:
    settings = load(os.environ)
    running = running_of("doctor", settings)
    with running.resources:
        return {finding.check: finding for _, finding in examine(settings, running, probe=probe)}


Fault = Callable[[Control, pytest.MonkeyPatch], object]


def setting(name: str, value: str) -> Fault:
    return lambda _, environment: environment.setenv(name, value)


def system_value(name: str, value: str) -> Fault:
    return lambda control, _: control.set_system_value(name, value)


def many_receivers(control: Control, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SK2SIEM_PRODUCER__READER", "cpyaudjrne")
    control.rotate_often(260)


def short_retention(control: Control, _: pytest.MonkeyPatch) -> None:
    control.rotate()
    control.delete_receiver("AUDRCV0001")


def no_topic(_: Control, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SK2SIEM_BROKER__URL", os.environ["SK2SIEM_BROKER__URL"].replace("broker.db", "other.db"))


def busy(control: Control, environment: pytest.MonkeyPatch) -> None:
    """A thousand entries in a second, and one connection that reads some six hundred."""
    environment.setenv("SK2SIEM_PRODUCER__CONNECTIONS", "1")
    control.rotate()
    now = datetime.now(UTC).replace(tzinfo=None)
    write(control, 1200, [ACCEPT], until=now + timedelta(seconds=1), seconds=0.0005)
    control.delete_receiver("AUDRCV0001")
    control.set_row_delay(1.5)


def splunk_is_down(_: Control, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SK2SIEM_SPLUNK__URL", "http://127.0.0.1:9")
    environment.setenv("SK2SIEM_SPLUNK__TOKEN", "none")


def new_telnet_client(control: Control, _: pytest.MonkeyPatch) -> None:
    control.network.connect(("10.1.1.5", 23, "telnet"), ("10.9.8.12", 50129, None))


Case = tuple[str, State, str, Fault]

# those of a group are there at the same time, and do not hide each other
GROUPS: dict[str, list[Case]] = {
    "a password that is refused": [
        ("connection", State.FAIL, "STATUS(*ENABLED)", lambda control, _: control.refuse_password()),
        ("siem", State.WARN, "SK2SIEM_SPLUNK__URL", lambda _, environment: environment.delenv("SK2SIEM_FILE__PATH")),
    ],
    "settings": [
        ("connection", State.FAIL, "SK2SIEM_IBMI__PASSWORD=...", setting("SK2SIEM_IBMI__PASSWORD", "")),
        ("own-tls", State.FAIL, "SK2SIEM_IBMI__TLS=true", setting("SK2SIEM_IBMI__TLS", "false")),
        ("policy", State.FAIL, "sk2siem policy check", setting("SK2SIEM_ENRICHER__POLICY", "/nowhere.toml")),
        ("broker", State.FAIL, "SK2SIEM_BROKER__", setting("SK2SIEM_BROKER__URL", "sqlite:////proc/nowhere/broker.db")),
        ("file", State.FAIL, "SK2SIEM_FILE__", setting("SK2SIEM_FILE__PATH", "/proc/nowhere")),
        ("splunk", State.FAIL, "SK2SIEM_SPLUNK__", splunk_is_down),
        ("elastic", State.FAIL, "SK2SIEM_ELASTIC__", setting("SK2SIEM_ELASTIC__URL", "http://127.0.0.1:9")),
    ],
    "no IBM i": [
        ("connection", State.NOTE, "", setting("SK2SIEM_PRODUCER__READER", "simulator")),
        ("topics", State.FAIL, "sk2siem init", no_topic),
    ],
    "an old release": [
        ("release", State.FAIL, "upgrade", lambda control, _: control.network.set_release(7, 2)),
        ("db2-level", State.WARN, "WRKPTFGRP PTFGRP(SF99702)", lambda control, _: None),
        ("services", State.FAIL, "WRKPTFGRP", lambda control, _: control.network.withdraw("DISPLAY_JOURNAL")),
        ("rate", State.UNKNOWN, "", lambda control, _: None),
        ("more-services", State.WARN, "WRKPTFGRP", lambda control, _: control.network.withdraw("NETSTAT_INFO")),
        ("connections-authority", State.UNKNOWN, "", lambda control, _: None),
        ("clock", State.FAIL, "STRTCPSVR SERVER(*NTP)", lambda c, _: c.set_clock(datetime(2026, 11, 22, 3))),
        ("time-zone", State.WARN, "SK2SIEM_PRODUCER__TIME_ZONE", setting("SK2SIEM_PRODUCER__TIME_ZONE", "")),
    ],
    "another zone": [
        ("time-zone", State.FAIL, "QTIMZON", lambda control, _: control.set_utc_offset(3600)),
        ("connections-authority", State.WARN, "CHGFCNUSG", lambda c, _: c.network.set_connections_authority("silent")),
    ],
    "authorities": [
        ("audit-values", State.WARN, "SPCAUT(*AUDIT)", lambda control, _: control.set_audit_authority(granted=False)),
        ("afterwards", State.UNKNOWN, "", lambda control, _: None),
        ("db2-level", State.UNKNOWN, "", lambda control, _: control.network.set_ptf_authority(granted=False)),
        ("connections-authority", State.WARN, "CHGFCNUSG", lambda c, _: c.network.set_connections_authority("refused")),
        ("older-connections", State.UNKNOWN, "", lambda control, _: None),
        ("scheduled-jobs", State.WARN, "SPCAUT(*JOBCTL)", lambda c, _: c.network.set_job_control(granted=False)),
        ("receivers-authority", State.FAIL, "GRTOBJAUT OBJ(QGPL/*ALL)", lambda c, _: c.revoke_receiver("AUDRCV0001")),
    ],
    "a reader that this release lacks": [
        ("reader", State.FAIL, "READER=display-journal", lambda control, _: control.offer_audit_journal_sk("absent")),
        ("connection", State.OK, "", setting("SK2SIEM_PRODUCER__READER", "audit-journal-sk")),
    ],
    "a reader that may not run its command": [
        ("reader", State.FAIL, "READER=display-journal", setting("SK2SIEM_PRODUCER__READER", "cpyaudjrne")),
        ("audit-values", State.WARN, "SPCAUT(*AUDIT)", lambda control, _: control.set_audit_authority(granted=False)),
    ],
    "the journal may not be seen": [
        ("journal-authority", State.FAIL, "AUT(*USE *OBJEXIST)", lambda c, _: c.set_journal_authority(granted=False)),
        ("journal-attached", State.FAIL, "CHGSECAUD", lambda control, _: None),
    ],
    "there is no journal": [("journal-attached", State.FAIL, "CHGSECAUD", lambda control, _: control.delete_journal())],
    "nothing is audited": [
        ("auditing-on", State.FAIL, "VALUE('*NOQTEMP *AUDLVL')", system_value("QAUDCTL", "*NOQTEMP")),
        (
            "netcmn",
            State.FAIL,
            f"{SET}*NETCMN *NETSCK *NETTELSVR *NETSECURE *SECCFG')",
            system_value("QAUDLVL", "*NETCMN"),
        ),
        ("netsck", State.FAIL, f"{SET}*NETCMN *NETSCK *NETTELSVR *NETSECURE *SECCFG')", lambda control, _: None),
        ("nettelsvr", State.FAIL, f"{SET}*NETCMN *NETSCK *NETTELSVR *NETSECURE *SECCFG')", lambda control, _: None),
        ("netsecure", State.FAIL, f"{SET}*NETCMN *NETSCK *NETTELSVR *NETSECURE *SECCFG')", lambda control, _: None),
        ("sv-entries", State.WARN, "*SECCFG", lambda control, _: None),
        ("netudp", State.NOTE, "*NETUDP", lambda control, _: None),
    ],
    "the second list": [
        ("second-list", State.WARN, f"{SET}{FULL_WORDS} *NETUDP')", system_value("QAUDLVL2", "*NETUDP")),
        ("afterwards", State.NOTE, f"{SET}*AUTFAIL *SECURITY')", lambda control, _: None),
    ],
    "receivers": [
        ("reader", State.OK, "", lambda control, _: None),
        ("receiver-count", State.WARN, "DLTJRNRCV JRNRCV(QGPL/AUDRCV0002)", many_receivers),
        ("retention", State.WARN, "WRKJOBSCDE", lambda control, _: control.delete_receiver("AUDRCV0001")),
        ("receiver-deletion", State.WARN, "DLTRCV(*NO)", lambda control, _: control.set_delete_receivers(True)),
        ("receiver-size", State.UNKNOWN, "", lambda control, _: None),
    ],
    "a receiver that grows": [
        ("receiver-size", State.WARN, "MNGRCV(*SYSTEM)", lambda control, _: control.set_threshold(100)),
        ("older-connections", State.WARN, "netstat --baseline", new_telnet_client),
    ],
    "a receiver without a threshold": [
        ("receiver-size", State.WARN, "THRESHOLD(100000)", lambda control, _: control.set_threshold(0)),
        ("rate", State.UNKNOWN, "", lambda control, _: control.damage_receiver("AUDRCV0001")),
    ],
    "more than can be read": [("sustainable-rate", State.FAIL, "SK2SIEM_PRODUCER__CONNECTIONS=16", busy)],
}
CASES = [case for group in GROUPS.values() for case in group]


NOTED = {"netudp", "rate", "afterwards", "switch-netsck", "switch-nettelsvr", "switch-netsecure", "switch-netudp"}


def test_a_partition_where_all_is_well_passes_every_check() -> None:
    found = examined()

    states = {finding.check: finding.state for finding in found.values()}
    assert {check for check, state in states.items() if state is not State.OK} == NOTED
    assert set(found) >= {check for check, *_ in CASES} - {"siem", "splunk", "elastic"}
    assert [finding for finding in found.values() if not finding.what or not finding.why] == []


def test_every_finding_has_its_fault() -> None:
    tried = {check for check, *_ in CASES} | {"host-server-tls"}

    assert {check for check in examined() if not check.startswith("switch-")} <= tried


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_wrong_is_found_and_the_command_that_mends_it_is_named(
    group: str, partition: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    for *_, fault in GROUPS[group]:
        fault(partition, monkeypatch)

    found = examined()

    for check, state, command, _ in GROUPS[group]:
        assert found[check].state is state, found[check]
        assert not command or any(command in one for one in found[check].commands), found[check]


def test_a_siem_that_answers_is_well(hec: Hec, elasticsearch: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**hec.exports(), **elasticsearch.exports()}.items():
        monkeypatch.setenv(name, value)
    assert run_command(["init", "elastic"]) == 0

    found = examined()

    assert (found["splunk"].state, found["elastic"].state) == (State.OK, State.OK)
    assert "siem" not in found


@pytest.mark.parametrize(
    ("probe", "state"),
    [
        pytest.param(healthy, State.OK, id="TLS"),
        pytest.param(untrusted, State.WARN, id="not trusted"),
        pytest.param(in_clear, State.FAIL, id="no TLS"),
    ],
)
def test_the_host_servers_are_tried(probe: Probe, state: State) -> None:
    assert examined(probe)["host-server-tls"].state is state


def test_a_connection_string_hides_the_host(monkeypatch: pytest.MonkeyPatch, ibmi: Ibmi) -> None:
    exported = ibmi.exports()
    login = f"UID={exported['SK2SIEM_IBMI__USERNAME']};PWD={exported['SK2SIEM_IBMI__PASSWORD']}"
    monkeypatch.setenv("SK2SIEM_IBMI__CONNECTION_STRING", f"DRIVER={{IBM i Access ODBC Driver}};{login};SSL=1")

    found = examined(in_clear)

    assert found["connection"].state is State.OK
    assert (found["own-tls"].state, found["host-server-tls"].state) == (State.NOTE, State.UNKNOWN)


@pytest.mark.parametrize(
    ("levels", "check", "words"),
    [
        pytest.param(FULL, "rate", "0.17 SK entries a second over 60 minutes", id="rate"),
        pytest.param(FULL, "switch-netsck", "*NETSCK off: 4,800 entries a day less (5.8 MB)", id="off"),
        pytest.param(FULL, "switch-netsecure", "4,800 entries a day less", id="handshakes off"),
        pytest.param("*NETSCK", "switch-netsecure", "*NETSECURE on: about 4,800 entries a day more (5.8 MB)", id="on"),
        pytest.param("*NETSCK", "switch-nettelsvr", "2 are open now", id="on, as far as is known"),
        pytest.param(FULL + "*NETUDP", "netudp", "*NETUDP is in force", id="UDP"),
        pytest.param("*NONE", "afterwards", "none of the values", id="nothing to take back"),
    ],
)
def test_it_is_said_how_much_is_written_and_what_a_change_would_do(
    levels: str, check: str, words: str, partition: Control
) -> None:
    partition.set_system_value("QAUDLVL", levels)

    assert words in examined()[check].what


def test_how_fast_it_can_be_read_is_told_by_the_week_before_where_the_last_hour_was_quiet(partition: Control) -> None:
    partition.set_clock(datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=3))

    found = examined()

    assert "0.00 SK entries a second over 60 minutes" in found["rate"].what
    assert found["sustainable-rate"].state is State.OK


def test_mode_ports_needs_no_handshakes(partition: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SK2SIEM_ENRICHER__POLICY", "ports")
    partition.set_system_value("QAUDLVL", "*NETSCK   *NETTELSVR*SECURITY")

    assert examined()["netsecure"].state is State.NOTE


def test_nothing_is_written_on_the_system(partition: Control) -> None:
    partition.forget_statements()

    examined()

    statements = partition.statements()
    assert len(statements) > 10
    assert {statement.split()[0].upper() for statement in statements} == {"SELECT"}
    assert partition.commands() == []


def test_the_command_prints_what_is_to_be_done_and_fails(
    partition: Control, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SK2SIEM_IBMI__SYSTEM", "127.0.0.1")
    partition.set_system_value("QAUDLVL", FULL.replace("*NETSECURE", ""))

    code = run_command(["doctor", "--brief"])

    text = capsys.readouterr()
    assert code == 69
    assert "fail    netsecure" in text.out
    assert "CHGSYSVAL SYSVAL(QAUDLVL) VALUE('*AUTFAIL *NETSCK *NETTELSVR *SECURITY *NETSECURE')" in text.out
    assert "auditing-on" not in text.out
    assert "findings fail" in text.err


def test_machines_get_a_line_of_json_for_each_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SK2SIEM_IBMI__SYSTEM", "127.0.0.1")

    code = run_command(["doctor", "--json"])

    found = {one["check"]: one for one in map(orjson.loads, capsys.readouterr().out.splitlines())}
    assert code == 69
    assert found["host-server-tls"]["commands"] == ["STRHOSTSVR SERVER(*CENTRAL *DATABASE *SIGNON)"]
    assert found["netsck"]["state"] == "ok"
    assert set(found["release"]) == {"part", "check", "state", "what", "why", "commands"}
