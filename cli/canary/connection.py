"""The canary's own connection: opened from a port of the policy, a real handshake where TLS is spoken, and closed."""

import errno
import random
import socket
import ssl
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from runtime.errors import CheckFailed

SECONDS = 10.0
ANY_PORT = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """`port` is the one that it was opened from, `at` (UTC) the moment before. `tls` are protocol and cipher, None
    without a handshake; `trouble` says why there was none where there should have been."""

    address: str
    port: int
    at: datetime
    seconds: float
    tls: str | None = None
    trouble: str | None = None


def open_and_close(host: str, port: int, *, sources: Iterable[int], tls: bool) -> Opened:
    """Sends nothing but a handshake. Raises CheckFailed where nothing answers."""
    at = datetime.now(UTC)
    try:
        link = _connected(host, port, _shuffled(sources))
    except OSError as error:
        reason = (
            f"no answer within {SECONDS:.0f} s" if isinstance(error, TimeoutError) else error.strerror or str(error)
        )
        raise CheckFailed(f"{host} port {port} cannot be reached: {reason}") from error
    with closing(link):
        address, source = link.getsockname()[:2]
        seconds = (datetime.now(UTC) - at).total_seconds()
        if not tls:
            return Opened(address, source, at, seconds)
        try:
            said = _handshake(link, host)
        except OSError as error:
            return Opened(address, source, at, seconds, trouble=getattr(error, "reason", None) or str(error))
        return Opened(address, source, at, seconds, tls=said)


def _connected(host: str, port: int, sources: list[int]) -> socket.socket:
    """From the first source port that is free."""
    for source in sources:
        try:
            return socket.create_connection((host, port), SECONDS, ("", source) if source else None)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
                raise
    raise CheckFailed(f"none of the canary's ports ({min(sources)} to {max(sources)}) is free on this machine")


def _shuffled(sources: Iterable[int]) -> list[int]:
    """So that two in a row do not take the same one, which the system keeps for a while."""
    ports = list(sources) or [ANY_PORT]
    return random.sample(ports, len(ports))


def _handshake(link: socket.socket, host: str) -> str:
    """Without trust: this is about the handshake, and `sk2siem doctor` about the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(link, server_hostname=host) as secured:
        cipher = secured.cipher()
        return f"{secured.version()} with {cipher[0] if cipher else 'an unknown cipher'}"
