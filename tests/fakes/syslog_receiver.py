"""A syslog receiver that does on request what they do in trouble: refuse, reset, stall, show another certificate.

It is a real server. What it cannot show (a parser of its own, queues, disks) the real rsyslog of `dev.rsyslog` shows.
"""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.fakes.relay import encrypted

BLOCK = 4096
RESET = b"\x01\0\0\0\0\0\0\0"
PATIENCE_SECONDS = 20.0
FRAME = re.compile(rb"(\d+) ")
ID = re.compile(r" cs6=(\S+) ")


class Trouble(Enum):
    REFUSES = auto()
    RESETS = auto()
    STALLS = auto()


@dataclass
class SyslogReceiver:
    """`ids` of the messages that it has read whole, copies included. With `context` it speaks TLS."""

    context: ssl.SSLContext | None = None
    ids: list[str] = field(default_factory=list)
    port: int = 0
    _trouble: Trouble | None = None
    _listener: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _reads: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"{'tls' if self.context else 'tcp'}://localhost:{self.port}"

    def start(self) -> None:
        self._reads.set()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self._begin(threading.Thread(target=self._accept, args=(self._listener,), daemon=True))

    def wait_for(self, count: int) -> None:
        """Until so many different ones have been read: what was taken and not read dies with a connection."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(set(self.ids)) >= count, PATIENCE_SECONDS), len(set(self.ids))

    def begin(self, trouble: Trouble) -> None:
        self._trouble = trouble
        if trouble is Trouble.STALLS:
            self._reads.clear()
            return
        if trouble is Trouble.REFUSES:
            self._stop_listening()
        self._drop_connections(reset=trouble is Trouble.RESETS)

    def show(self, context: ssl.SSLContext) -> None:
        """This certificate from now on, to whoever connects anew."""
        self.context = context
        self._drop_connections()

    def heal(self) -> None:
        trouble, self._trouble = self._trouble, None
        self._reads.set()
        if trouble is Trouble.REFUSES:
            self.start()

    def stop(self) -> None:
        self._reads.set()
        self._stop_listening()
        self._drop_connections()
        for thread in self._threads:
            thread.join()

    def _begin(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if self._trouble is Trouble.RESETS:
                with contextlib.suppress(OSError), connection:
                    connection.recv(1)  # earlier, and who connects may or may not meet it
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            else:
                self._open.add(connection)
                self._begin(threading.Thread(target=self._handle, args=(connection,), daemon=True))

    def _handle(self, plain: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            plain,
            encrypted(plain, self.context) if self.context else plain as connection,
        ):
            self._open.add(connection)
            self._read(connection)
        self._open.discard(plain)

    def _read(self, connection: socket.socket) -> None:
        content = b""
        while self._reads.wait() and (block := connection.recv(BLOCK)):
            content += block
            while (frame := FRAME.match(content)) and len(content) >= frame.end() + int(frame[1]):
                end = frame.end() + int(frame[1])
                self._note(content[frame.end() : end].decode())
                content = content[end:]

    def _note(self, message: str) -> None:
        found = ID.search(message)
        assert found, message
        with self._changed:
            self.ids.append(found[1])
            self._changed.notify_all()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _drop_connections(self, *, reset: bool = False) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()


@contextmanager
def syslog_receiver(context: ssl.SSLContext | None = None) -> Iterator[SyslogReceiver]:
    made = SyslogReceiver(context)
    made.start()
    try:
        yield made
    finally:
        made.stop()
