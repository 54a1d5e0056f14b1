"""The connection to a receiver that acknowledges nothing: what can be known of it without an answer."""

import contextlib
import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from collections.abc import Callable

from runtime.errors import Unavailable
from sinks import tls
from sinks.certificate import no_tls
from sinks.syslog.settings import PREFIX, SyslogSettings
from sinks.unreached import why, words

LOOK_SECONDS = 0.02
STOP_SECONDS = 2.0
GOODBYE_SECONDS = 0.5
REFUSED_WITHIN_SECONDS = 0.2
OPERATOR_SECONDS = 30.0


class Connection:
    """Opened when it is first needed, and anew after any trouble. Its errors are Unavailable."""

    def __init__(self, settings: SyslogSettings, pause: Callable[[float], bool]) -> None:
        self._settings = settings
        self._pause = pause
        self._where = settings.url
        self._socket: socket.socket | None = None
        self._context: ssl.SSLContext | None = None
        self._is_new = False
        if settings.encrypted:
            self._context = tls.context(
                settings.ca_file,
                PREFIX,
                verify=settings.verify_tls,
                cert_file=settings.cert_file,
                key_file=settings.key_file,
            )

    def open(self) -> None:
        """Raises Unavailable, in words that name the cause."""
        if self._socket is not None and not self._is_closed(self._socket):
            return
        self.close()
        try:
            plain = socket.create_connection(self._settings.address, self._settings.timeout_seconds)
        except OSError as error:
            host = self._settings.address[0]
            raise Unavailable(f"the syslog receiver {self._where} cannot be reached: {why(error, host)}") from error
        self._socket = self._encrypted(plain) if self._context else plain
        self._is_new = True

    def send(self, content: bytes) -> None:
        """Returns when the receiver's system has all of it and the connection is still up. Raises Unavailable.

        That is the most TCP can tell: whether the receiver has read it, or written it down, nobody says.
        """
        assert self._socket is not None
        try:
            self._socket.settimeout(self._settings.timeout_seconds)
            self._socket.sendall(content)
            self._wait_until_taken(self._socket)
            if self._is_new and not self._context:
                self._listen_for_tls(self._socket)
            self._is_new = False
            if self._is_closed(self._socket):
                raise Unavailable(f"the syslog receiver {self._where} closed the connection")
        except TimeoutError as error:
            self.close()
            raise Unavailable(f"the syslog receiver {self._where} stopped reading") from error
        except OSError as error:
            self.close()
            raise Unavailable(f"the syslog receiver {self._where} broke the connection off: {words(error)}") from error
        except Unavailable:
            self.close()
            raise

    def _listen_for_tls(self, connection: socket.socket) -> None:
        """A receiver that wants TLS refuses the first bytes it gets without, and has lost them. Raises Unavailable."""
        connection.settimeout(REFUSED_WITHIN_SECONDS)
        with contextlib.suppress(TimeoutError):
            if connection.recv(1):
                raise Unavailable(
                    f"the syslog receiver {self._where} answered, which one without TLS never does: "
                    f"if it wants TLS, write tls:// in {PREFIX}URL",
                    retry_after=OPERATOR_SECONDS,
                )

    def listen(self, seconds: float) -> None:
        """Give the receiver a moment to refuse us, which it does after the handshake. Raises Unavailable."""
        assert self._socket is not None
        self._socket.settimeout(seconds)
        try:
            closed = self._socket.recv(1) == b""
        except TimeoutError:
            return
        except ssl.SSLError as error:
            self.close()
            raise self._no_tls(error) from error
        except OSError:
            closed = True
        if closed:
            self.close()
            raise Unavailable(
                f"the syslog receiver {self._where} closed the connection at once: may this machine use it?"
            )

    def close(self) -> None:
        if self._socket is None:
            return
        if isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):  # the other side may be gone already
                self._socket.settimeout(GOODBYE_SECONDS)
                self._socket.unwrap()
        self._socket.close()
        self._socket = None

    def _encrypted(self, plain: socket.socket) -> socket.socket:
        assert self._context is not None
        try:
            return self._context.wrap_socket(plain, server_hostname=self._settings.address[0])
        except OSError as error:
            plain.close()
            raise self._no_tls(error) from error

    def _no_tls(self, error: OSError) -> Unavailable:
        host, port = self._settings.address
        return Unavailable(
            f"no TLS with the syslog receiver {self._where}: {no_tls(error, PREFIX, host=host, port=port)}"
        )

    def _wait_until_taken(self, connection: socket.socket) -> None:
        """Until the other system has acknowledged every byte. Raises TimeoutError, OSError.

        What a reset connection has not delivered counts as under way for ever, so the reset has to be asked for.
        """
        end = time.monotonic() + self._settings.timeout_seconds
        while _unacknowledged(connection):
            if broken := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(broken, os.strerror(broken))
            if time.monotonic() > end:
                raise TimeoutError
            if self._pause(LOOK_SECONDS):  # a stop was requested: what is in hand still gets a moment
                end = min(end, time.monotonic() + STOP_SECONDS)
                time.sleep(LOOK_SECONDS)

    def _is_closed(self, connection: socket.socket) -> bool:
        """A receiver says nothing; what comes from it is the end, or a matter of TLS."""
        connection.settimeout(0.0)
        try:
            with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
                return connection.recv(1) == b""
        except OSError:
            return True
        return False


def _unacknowledged(connection: socket.socket) -> int:
    found = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    (count,) = struct.unpack("i", found)
    return int(count)
