"""`sk2siem canary`: a connection made on purpose arrives in the SIEM, is told as the canary's, and pages nobody."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from dev.certificates import Certificates
from dev.ibmi import Control, Ibmi
from tests.integration.listening import listening
from tests.processes import ServiceProcess

POLICY = 'mode = "evidence"\n[canary]\naddresses = ["127.0.0.1"]\nports = ["52000-52099"]\n'
PORTS = '[[port]]\nport = {port}\nservice = "till"\nspeaks = "{speaks}"\ntls_by = "system"\n'
WITHIN = ["--within", "45"]

Document = dict[str, object]


def alerts(tmp_path: Path) -> bytes:
    file = tmp_path / "out" / "alerts.ndjson"
    return file.read_bytes() if file.exists() else b""


@pytest.fixture(autouse=True)
def settings(ibmi: Ibmi, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    control.reset()
    (tmp_path / "policy.toml").write_text(POLICY)
    found = {
        **ibmi.exports(),
        "SK2SIEM_IBMI__SYSTEM": "127.0.0.1",
        "SK2SIEM_PRODUCER__SYSTEM": "PROD1",
        "SK2SIEM_PRODUCER__TIME_ZONE": "UTC",
        "SK2SIEM_BROKER__URL": f"sqlite:///{tmp_path}/broker.db",
        "SK2SIEM_ENRICHER__POLICY": str(tmp_path / "policy.toml"),
        "SK2SIEM_ENRICHER__PORTS": str(tmp_path / "ports.toml"),
        "SK2SIEM_FILE__PATH": str(tmp_path / "out"),
    }
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def ports(tmp_path: Path) -> Path:
    return tmp_path / "ports.toml"


@pytest.fixture
def pipeline(settings: dict[str, str], ports: Path, tmp_path: Path) -> Iterator[ServiceProcess]:
    """Not started yet: the port catalogue is read at the start."""
    assert run_command(["init", "topics"]) == 0
    process = ServiceProcess("all", settings, tmp_path)
    yield process
    process.stop()
    process.discard()


def connections(tmp_path: Path) -> list[Document]:
    lines = (tmp_path / "out" / "verdicts.ndjson").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


def test_connections_with_and_without_tls_reach_the_siem_as_the_canarys_and_raise_no_alert(
    pipeline: ServiceProcess,
    ports: Path,
    control: Control,
    certificates: Certificates,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with listening(control, certificates.server_context()) as secured, listening(control) as in_clear:
        ports.write_text(PORTS.format(port=secured, speaks="tls") + PORTS.format(port=in_clear, speaks="cleartext"))
        pipeline.start()
        capsys.readouterr()
        codes = [run_command(["canary", str(secured), "--json", *WITHIN])]
        found = orjson.loads(capsys.readouterr().out)
        codes.append(run_command(["canary", str(in_clear), *WITHIN]))

    text = capsys.readouterr().out
    stations = [hop["hop"] for hop in found["hops"] if hop["hop"] != "handshake"]
    assert (codes, found["missing"], found["alerted"]) == ([0, 0], [], False)
    assert stations == ["journal", "broker", "verdict", "file"]
    assert "handshake" in [hop["hop"] for hop in found["hops"]]
    assert found["tls"].startswith("TLSv1.3 with ")
    assert 52000 <= found["from"]["port"] <= 52099
    assert f"to PROD1, 127.0.0.1 port {in_clear} (till)" in text
    assert [word for word in ("connected", "journal", "broker", "verdict", "file") if f" s  {word}" not in text] == []
    assert "is secure (canary), from 127.0.0.1 port 52" in text
    told = connections(tmp_path)
    assert [one["reason"] for one in told] == ["canary", "canary"]
    assert told[0]["id"] == found["id"]
    assert alerts(tmp_path) == b""


def test_where_no_producer_runs_that_is_what_is_said(
    ports: Path, control: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["init", "topics"]) == 0
    with listening(control) as port:
        ports.write_text(PORTS.format(port=port, speaks="cleartext"))
        code = run_command(["canary", str(port), "--within", "1"])

    text = capsys.readouterr().err
    assert code == 69
    assert "journal was not reached within 1 s: no position of PROD1 is stored" in text


def test_a_port_that_shakes_no_hands_is_told(ports: Path, control: Control, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["init", "topics"]) == 0
    with listening(control) as port:
        ports.write_text(PORTS.format(port=port, speaks="tls"))
        code = run_command(["canary", str(port), "--within", "1"])

    assert code == 69
    assert "no TLS handshake (" in capsys.readouterr().out
