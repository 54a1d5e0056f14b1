"""What `sk2siem doctor` says of numbers that no double reaches, and how a TLS port is tried."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from socket import create_server

import click
import pytest

from cli.doctor.examination import examine
from cli.doctor.finding import Finding, State
from cli.doctor.host_server import Failure, Handshake, host_server, try_handshake
from cli.doctor.journal import receiver_count
from cli.doctor.pipeline import end
from cli.doctor.view import as_text
from cli.running import running_of
from cli.settings import load
from dev.certificates import Certificates
from enricher.catalogue import load_catalogue
from producer.receivers import Chain, Receiver
from producer.settings import IbmiSettings, ProducerSettings
from runtime.errors import Unavailable

NOW = datetime(2026, 11, 22, 3)


def chain(count: int) -> Chain:
    return Chain([Receiver("QGPL", f"AUDRCV{n:04d}", n, n, NOW) for n in range(count)], NOW + timedelta(days=9), 0)


@pytest.mark.parametrize(
    ("count", "state"),
    [
        pytest.param(1, State.OK, id="one"),
        pytest.param(1799, State.OK, id="many"),
        pytest.param(1800, State.WARN, id="nearly too many"),
        pytest.param(2045, State.FAIL, id="too many"),
    ],
)
def test_so_many_receivers_that_ranges_are_refused_are_told_before(count: int, state: State) -> None:
    finding = receiver_count(chain(count), ProducerSettings())

    assert finding.state is state
    assert bool(finding.commands) is (state is not State.OK)


@contextmanager
def server(context: ssl.SSLContext | None) -> Iterator[int]:
    """Answers each connection in TLS, or hangs up; on a free port."""
    with create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                with link:
                    try:
                        if context:
                            context.wrap_socket(link, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(2)
    thread.join(5)


def test_a_tls_port_tells_protocol_and_cipher(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))

    with server(certificates.server_context()) as port:
        found = try_handshake("127.0.0.1", port)

    assert (found.protocol, found.failure, found.distrust) == ("TLSv1.3", None, None)
    assert found.cipher


def test_a_certificate_that_is_not_trusted_is_no_reason_to_say_nothing(certificates: Certificates) -> None:
    with server(certificates.server_context()) as port:
        found = try_handshake("127.0.0.1", port)

    assert found.protocol == "TLSv1.3"
    assert found.distrust is not None
    assert "certificate" in found.distrust


def test_a_port_without_tls_and_a_closed_one_say_so() -> None:
    with server(None) as port:
        in_clear = try_handshake("127.0.0.1", port)
    closed = try_handshake("127.0.0.1", port)

    assert in_clear.failure is Failure.HANDSHAKE
    assert closed.failure is Failure.REFUSAL
    assert "Connection refused" in closed.trouble


@pytest.mark.parametrize(
    "name", [pytest.param("prod1.invalid", id="unknown"), pytest.param("a" * 64, id="too long for a name")]
)
def test_a_name_that_is_not_known_is_told_as_one(name: str) -> None:
    found = try_handshake(name, 9471)

    assert found.failure is Failure.NAME
    assert name in found.trouble


def test_no_answer_to_the_attempt_to_connect_is_told_from_none_to_the_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cli.doctor.host_server.SECONDS", 0.05)
    with create_server(("127.0.0.1", 0)) as listener:
        no_handshake = try_handshake("127.0.0.1", listener.getsockname()[1])

    def time_out(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("socket.create_connection", time_out)
    no_connection = try_handshake("127.0.0.1", 9471)

    assert (no_handshake.failure, no_connection.failure) == (Failure.HANDSHAKE, Failure.SILENCE)


def tried(ibmi: IbmiSettings, failure: Failure | None = None) -> Finding:
    """What is found where each port fails so."""

    def probe(_host: str, port: int) -> Handshake:
        return Handshake(port, failure=failure, trouble="so it is")

    return list(host_server(ibmi, load_catalogue(), probe))[-1]


@pytest.mark.parametrize(
    ("failure", "words", "commands"),
    [
        pytest.param(Failure.NAME, "SK2SIEM_IBMI__SYSTEM", ("SK2SIEM_IBMI__SYSTEM=...",), id="name"),
        pytest.param(Failure.SILENCE, "so it is", (), id="silence"),
        pytest.param(Failure.REFUSAL, "start", ("STRHOSTSVR SERVER(*CENTRAL *DATABASE *SIGNON)",), id="refusal"),
        pytest.param(
            Failure.HANDSHAKE,
            "certificate (DCM)",
            ("ENDHOSTSVR SERVER(*ALL)", "STRHOSTSVR SERVER(*ALL)"),
            id="handshake",
        ),
    ],
)
def test_only_a_failed_handshake_is_worth_a_restart_of_the_host_servers(
    failure: Failure, words: str, commands: tuple[str, ...]
) -> None:
    found = tried(IbmiSettings(system="prod1"), failure)

    assert found.state is State.FAIL
    assert found.what.startswith("port 9471 and 9476 of prod1: so it is")
    assert words in found.what
    assert found.commands == commands


def test_a_host_that_is_not_set_is_not_said_to_be_in_a_data_source() -> None:
    found, hidden = tried(IbmiSettings()), tried(IbmiSettings(dsn="PROD1"))

    assert (found.state, hidden.state) == (State.UNKNOWN, State.UNKNOWN)
    assert "SK2SIEM_IBMI__SYSTEM is not set" in found.what
    assert "data source" in hidden.what


def test_settings_that_are_missing_are_a_line_each_and_so_is_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({})
    running = running_of("doctor", settings)
    with running.resources:
        found = next(finding for _, finding in examine(settings, running) if finding.check == "connection")

    text = as_text(found, 130)

    missing = [f"SK2SIEM_{name}" for name in ("PRODUCER__SYSTEM", "IBMI__SYSTEM", "IBMI__USERNAME", "IBMI__PASSWORD")]
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert [line.split(":")[0].split()[-1] for line in click.unstyle(text).splitlines()[:4]] == missing
    assert found.commands == tuple(f"{name}=..." for name in missing)


@pytest.mark.parametrize("width", [40, 80, 131, 300])
def test_findings_fit_the_screen_and_commands_stay_whole(width: int) -> None:
    command = f"CHGSYSVAL SYSVAL(QAUDLVL) VALUE('{' '.join(['*NETSECURE'] * 12)}')"
    finding = Finding("netsecure", State.FAIL, "it is not in force " * 9, "nothing of TLS is written " * 9, (command,))

    lines = click.unstyle(as_text(finding, width)).splitlines()

    assert any(line.endswith(command) for line in lines)
    assert max(len(line) for line in lines if command not in line) <= max(70, min(width, 130))
    assert lines[0].startswith("fail    netsecure")


def test_a_command_that_need_not_be_run_is_not_told_as_one_that_must() -> None:
    note, fault = (Finding("netudp", state, "what", "why", ("CHGSYSVAL",)) for state in (State.NOTE, State.WARN))

    assert " how  CHGSYSVAL" in as_text(note, 80)
    assert " do  CHGSYSVAL" in as_text(fault, 80)


@pytest.mark.parametrize(
    ("words", "commands"),
    [
        pytest.param("the template is missing: run `sk2siem init elastic`", ("sk2siem init elastic",), id="named"),
        pytest.param("refused", ("see SK2SIEM_ELASTIC__*",), id="not named"),
    ],
)
def test_the_command_that_a_trouble_names_is_the_one_to_run(words: str, commands: tuple[str, ...]) -> None:
    def question() -> str:
        raise Unavailable(words)

    assert end("elastic", question, "why", "see SK2SIEM_ELASTIC__*").commands == commands
