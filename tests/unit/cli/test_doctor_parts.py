"""What `sk2siem doctor` says of numbers that no double reaches, and how a TLS port is tried."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from socket import create_server

import click
import pytest

from cli.doctor.finding import Finding, State
from cli.doctor.host_server import try_handshake
from cli.doctor.journal import receiver_count
from cli.doctor.pipeline import end
from cli.doctor.view import as_text
from dev.certificates import Certificates
from producer.receivers import Chain, Receiver
from producer.settings import ProducerSettings
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

    assert (found.protocol, found.trouble, found.distrust) == ("TLSv1.3", None, None)
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

    assert in_clear.trouble
    assert closed.trouble == "Connection refused"


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
