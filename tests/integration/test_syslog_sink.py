"""The syslog sink against a real rsyslog, and against receivers that stall, reset and go away."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev.certificates import Certificates
from dev.part import free_port
from dev.rsyslog import Rsyslog
from runtime.errors import Unavailable
from runtime.metrics import Metrics
from sinks.sink import Parcel
from sinks.syslog.render import render
from sinks.syslog.settings import SyslogSettings
from sinks.syslog.sink import SyslogSink
from tests.unit.sinks.samples import SAMPLES, left, parcel, verdict

HEADER_PARTS = 7


@contextmanager
def sink(url: str, **changes: object) -> Iterator[SyslogSink]:
    settings = SyslogSettings.model_validate({"url": url, "timeout_seconds": 1, **changes})
    made = SyslogSink(settings, Metrics("syslog"))
    try:
        yield made
    finally:
        made.close()


def parcels(count: int) -> list[Parcel]:
    return [parcel(verdict(number), offset=number) for number in range(count)]


def bodies(of: Sequence[Parcel], form: str) -> list[str]:
    """What has to arrive behind the header of RFC 5424."""
    messages = (render(one.content, "cef" if form == "cef" else "leef", 16).decode() for one in of)
    return [message.split(" ", HEADER_PARTS)[HEADER_PARTS] for message in messages]


@pytest.mark.parametrize("form", ["cef", "leef"])
@pytest.mark.parametrize(
    ("encrypted", "framing"),
    [
        pytest.param(True, "octet-counting", id="TLS"),
        pytest.param(False, "octet-counting", id="TCP"),
        pytest.param(False, "newline", id="TCP with line breaks"),
    ],
)
def test_rsyslog_receives_every_kind_of_event_whole(rsyslog: Rsyslog, encrypted: bool, framing: str, form: str) -> None:
    rsyslog.forget()
    sent = [parcel(content) for content in SAMPLES.values()]
    url = rsyslog.tls_url if encrypted else rsyslog.url

    trusted = str(rsyslog.certificates.authority) if encrypted else None

    with sink(url, format=form, framing=framing, ca_file=trusted) as ours:
        outcome = ours.send(sent)
        received = rsyslog.received(len(sent))

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert [one["message"] for one in received] == bodies(sent, form)
    assert {one["host"] for one in received} == {"PROD1"}
    assert [one["id"] for one in received] == [one.content.type for one in sent]


def test_without_tls_a_receiver_that_wants_it_gets_nothing_and_is_named(rsyslog: Rsyslog) -> None:
    with sink(rsyslog.tls_url.replace("tls:", "tcp:")) as ours:
        for _ in range(3):
            with pytest.raises(Unavailable, match=r"write tls:// in SK2SIEM_SYSLOG__URL|closed the connection|broke"):
                ours.send(parcels(3))


def test_many_events_arrive_once_and_in_order(rsyslog: Rsyslog) -> None:
    rsyslog.forget()
    sent = parcels(3_000)

    with sink(rsyslog.url) as ours:
        ours.send(sent[:1_000])
        ours.send(sent[1_000:])
        received = rsyslog.received(len(sent))

    assert [one["message"] for one in received] == bodies(sent, "cef")


def test_a_receiver_that_died_holds_and_its_successor_gets_everything(tmp_path: Path) -> None:
    sent = parcels(50)
    with Rsyslog(free_port(), tmp_path) as own, sink(own.url) as ours:
        ours.send(sent[:10])
        own.received(10)
        own.kill()
        with pytest.raises(Unavailable) as held:
            ours.send(sent[10:])
        own.start()
        ours.send(sent[10:])
        received = own.received(50)

    assert "tcp://127.0.0.1" in str(held.value)
    assert [one["message"] for one in received] == bodies(sent, "cef")


@dataclass
class Receiver:
    """Reads nothing until it is told to. What it read is in `content`."""

    listener: socket.socket
    content: bytearray = field(default_factory=bytearray)
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self) -> socket.socket:
        connection, _ = self.listener.accept()
        self.connections.append(connection)
        return connection

    def read(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := connection.recv(65536):
                self.content += block


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    made = Receiver(listener)
    yield made
    for connection in made.connections:
        connection.close()
    listener.close()


def test_a_receiver_that_stops_reading_holds_the_batch_and_gets_it_later(receiver: Receiver) -> None:
    sent = parcels(2_000)
    with sink(receiver.url, timeout_seconds=2) as ours:
        with pytest.raises(Unavailable, match="stopped reading"):
            ours.send(sent)
        receiver.accept()
        reader = threading.Thread(target=lambda: receiver.read(receiver.accept()))
        reader.start()
        outcome = ours.send(sent)
    reader.join()

    assert list(outcome.deferred) == []
    assert all(body.encode() in receiver.content for body in bodies(sent[:3] + sent[-3:], "cef"))


def test_a_receiver_that_resets_holds_the_batch(receiver: Receiver) -> None:
    def reset() -> None:
        connection = receiver.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()

    with sink(receiver.url) as ours:
        ours.check()
        reset()
        reader = threading.Thread(target=lambda: receiver.read(receiver.accept()))
        reader.start()
        outcome = ours.send(parcels(10))
    reader.join()

    assert list(outcome.deferred) == []
    assert bodies(parcels(1), "cef")[0].encode() in receiver.content


def test_a_reset_while_a_part_is_under_way_is_noticed_at_once(receiver: Receiver) -> None:
    def reset() -> None:
        connection = receiver.accept()
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()

    resetting = threading.Thread(target=reset)
    resetting.start()
    with sink(receiver.url, timeout_seconds=30) as ours:
        begin = time.monotonic()
        with pytest.raises(Unavailable, match="broke the connection off: Connection reset"):
            ours.send(parcels(2_000))
        took = time.monotonic() - begin
    resetting.join()

    assert took < 10


def test_what_was_taken_before_the_trouble_is_not_sent_again(receiver: Receiver) -> None:
    sent = parcels(3_000)

    def read_a_part() -> None:
        connection = receiver.accept()
        while len(receiver.content) < 600_000:
            receiver.content += connection.recv(65536)

    reader = threading.Thread(target=read_a_part)
    reader.start()
    with sink(receiver.url, timeout_seconds=2) as ours:
        outcome = ours.send(sent)
        reader.join()

    assert 0 < len(outcome.deferred) < len(sent)
    assert left(sent, outcome) == sent[-len(outcome.deferred) :]
    assert "stopped reading" in outcome.why


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"url": "tls://127.0.0.1:1"}, "Connection refused", id="nobody there"),
        pytest.param({"url": "tls://no.such.host.invalid:514"}, "no.such.host.invalid", id="no such host"),
        pytest.param({"ca_file": None}, "SK2SIEM_SYSLOG__CA_FILE", id="an authority that nobody trusts"),
    ],
)
def test_a_check_names_the_cause(rsyslog: Rsyslog, changes: dict[str, str | None], says: str) -> None:
    way = {"url": rsyslog.tls_url, "ca_file": str(rsyslog.certificates.authority), **changes}

    with sink(**way) as ours, pytest.raises(Unavailable, match=says):  # type: ignore[arg-type]
        ours.check()


def test_a_receiver_that_asks_for_a_client_certificate_gets_it(certificates: Certificates) -> None:
    context = certificates.server_context(asks_for_client=True)
    certificate, key = certificates.client
    listener = socket.create_server(("127.0.0.1", 0))
    content = bytearray()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ssl.SSLError, OSError):
            encrypted = context.wrap_socket(connection, server_side=True)
            with encrypted:
                while block := encrypted.recv(65536):
                    content.extend(block)

    server = threading.Thread(target=serve)
    server.start()
    with sink(
        f"tls://localhost:{listener.getsockname()[1]}",
        ca_file=str(certificates.authority),
        cert_file=str(certificate),
        key_file=str(key),
    ) as ours:
        ours.send(parcels(3))
    server.join()
    listener.close()

    assert content.count(b"CEF:0") == 3
