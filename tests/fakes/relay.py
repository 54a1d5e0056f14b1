"""What stands between a sink and its SIEM: TLS that is ended before it, or a proxy."""

import base64
import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BLOCK = 65536
LOOK_SECONDS = 0.05
RESET = struct.pack("ii", 1, 0)


@dataclass
class Relay:
    """Listens on `port` of 127.0.0.1 and passes bytes on. `seen` are the first lines of what proxies were asked.

    While it is `mute` the target gets everything, and in place of its answer the client sees the connection end. Where
    the target resets, the client is reset too.
    """

    listener: socket.socket
    target: int | None
    context: ssl.SSLContext | None = None
    login: str | None = None
    mute: bool = False
    seen: list[str] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self._begin(self._handle, client)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:  # the list may grow while it is gone through
            for one in list(self._open):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            thread.join()
        for one in self._open:
            one.close()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _handle(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._open.append(client)
            if self.context is not None:
                client = encrypted(client, self.context)
                self._open.append(client)
            first = b"" if self.target is not None else _head(client)
            server = self._connect(first, client)
            if server is None:
                return
            self._open.append(server)
            is_reset = threading.Event()
            self._begin(_pump_requests, client, server, is_reset)
            self._begin(self._pump_answers, server, client, is_reset)

    def _pump_answers(self, server: socket.socket, client: socket.socket, is_reset: threading.Event) -> None:
        with contextlib.suppress(OSError):
            try:
                while (block := server.recv(BLOCK)) and not self.mute:
                    client.sendall(block)
            except ConnectionResetError:
                is_reset.set()  # who reads from the client closes it
                return
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _connect(self, head: bytes, client: socket.socket) -> socket.socket | None:
        """To the fixed target, or to where a client of a proxy wants to go."""
        if self.target is not None:
            return socket.create_connection(("127.0.0.1", self.target))
        line = head.split(b"\r\n", 1)[0].decode()
        self.seen.append(line)
        method, where, _ = line.split(" ")
        if (
            self.login
            and f"basic {base64.b64encode(self.login.encode()).decode()}".lower() not in head.decode().lower()
        ):
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return None
        if method == "CONNECT":
            host, port = where.split(":")
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            return socket.create_connection((host, int(port)))
        parts = urlsplit(where)
        server = socket.create_connection((parts.hostname or "", parts.port or 80))
        server.sendall(head.replace(where.encode(), (parts.path or "/").encode(), 1))
        return server


@contextmanager
def relay(target: int | None, context: ssl.SSLContext | None = None, login: str | None = None) -> Iterator[Relay]:
    """TLS in front of `target`, or with no target a proxy that may ask for a `user:password`."""
    made = Relay(socket.create_server(("127.0.0.1", 0)), target, context, login)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


def encrypted(plain: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    """The server's side of TLS. Whoever is refused is given the time to read why. Raises OSError."""
    made = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
    try:
        made.do_handshake()
    except ssl.SSLError:
        below = socket.socket(fileno=made.detach())
        with below:
            below.settimeout(5)
            below.shutdown(socket.SHUT_WR)
            while below.recv(BLOCK):
                pass
        raise
    return made


def _head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        block = client.recv(BLOCK)
        if not block:
            raise ConnectionResetError
        head += block
    return head


def _is_readable(one: socket.socket) -> bool:
    if isinstance(one, ssl.SSLSocket) and one.pending():
        return True
    return bool(select.select([one], [], [], LOOK_SECONDS)[0])


def _pump_requests(client: socket.socket, server: socket.socket, is_reset: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        while not is_reset.is_set():
            if _is_readable(client):
                if not (block := client.recv(BLOCK)):
                    break
                server.sendall(block)
    with contextlib.suppress(OSError):
        if is_reset.is_set():
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
        server.shutdown(socket.SHUT_WR)
