"""Answers that never end, of whatever stands where a SIEM should: the events are held in time and in few words."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import pytest

from dev.certificates import Certificates
from runtime.errors import Unavailable
from runtime.metrics import Metrics
from sinks.answers import LONGEST
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.sink import Sink
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink
from tests.fakes.relay import relay
from tests.unit.sinks.samples import parcel, verdict

IN_TIME_SECONDS = 5.0
BLOCK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

Answering = Callable[[socket.socket, threading.Event], None]


def _trickle(begin: bytes, connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(begin)
    while not over.wait(0.05):
        connection.sendall(b"a")


def _announce(begin: bytes, connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(begin)


def _pour(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(LONGEST // 0x10000 + 16):
        connection.sendall(BLOCK)
    connection.sendall(b"0\r\n\r\n")


@contextmanager
def stranger(answer: Answering) -> Iterator[int]:
    """Answers so whatever it is asked, on a port that is given."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while connection.recv(65536):
                    answer(connection, over)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


def splunk(url: str, **changes: object) -> Sink:
    given = {"url": url, "token": "t", "timeout_seconds": 0.5, **changes}
    return SplunkSink(SplunkSettings.model_validate(given), Metrics("splunk"))


def elastic(url: str, **changes: object) -> Sink:
    given = {"url": url, "timeout_seconds": 0.5, **changes}
    return ElasticSink(ElasticSettings.model_validate(given), Metrics("elastic"))


def why_held(sink: Sink) -> str:
    """In time: a thread that goes on for longer says nothing."""
    said: list[str] = []

    def send() -> None:
        try:
            sink.send([parcel(verdict(1))])
        except Unavailable as held:
            said.append(str(held))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(IN_TIME_SECONDS)
    sink.close()
    return "".join(said)


@pytest.mark.parametrize("sink", [splunk, elastic])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", id="a body of a known length"),
        pytest.param(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", id="a body until the connection ends"),
    ],
)
def test_an_answer_that_comes_byte_by_byte_has_the_time_of_a_whole_one(
    sink: Callable[..., Sink], encrypted: bool, begin: bytes, certificates: Certificates
) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(stranger(partial(_trickle, begin)))
        if encrypted:
            port = stack.enter_context(relay(port, certificates.server_context())).port
            made = sink(f"https://localhost:{port}", ca_file=str(certificates.authority))
        else:
            made = sink(f"http://127.0.0.1:{port}")
        why = why_held(made)

    assert "did not answer in time" in why


@pytest.mark.parametrize("sink", [splunk, elastic])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_pour, id="sent"),
        pytest.param(
            partial(_announce, b"HTTP/1.1 200 OK\r\nContent-Length: 9" + b"0" * 30 + b"\r\n\r\n"), id="announced"
        ),
        pytest.param(
            partial(_announce, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 12 + b"\r\n"),
            id="announced of a piece",
        ),
    ],
)
def test_an_answer_longer_than_any_is_not_read_to_its_end(sink: Callable[..., Sink], answer: Answering) -> None:
    with stranger(answer) as port:
        why = why_held(sink(f"http://127.0.0.1:{port}", timeout_seconds=IN_TIME_SECONDS))

    assert "is too long: is a proxy in the way?" in why
