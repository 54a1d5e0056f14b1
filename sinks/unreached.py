"""Why a SIEM could not be reached, in words: its name, the connection, or its certificate."""

import errno
import socket
from collections.abc import Iterator


def why(error: BaseException, host: str) -> str:
    """Of what a client raised; its own words often repeat the address of an object instead of the cause."""
    found = next((one for one in causes(error) if isinstance(one, OSError)), None)
    if isinstance(found, socket.gaierror):
        return f"the name {host} is not known ({words(found)}): check it, and the DNS of this machine"
    if isinstance(found, ConnectionRefusedError):
        return f"nobody listens there ({words(found)})"
    if isinstance(found, TimeoutError):
        return "no answer to the attempt to connect: is a firewall in the way?"
    if found is not None and found.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return f"no way leads there ({words(found)})"
    return words(found) if found is not None else type(error).__name__


def words(error: OSError) -> str:
    """Without the number, where the system has words for it."""
    return error.strerror or str(error) or type(error).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from."""
    cause: BaseException | None = error
    while cause:
        yield cause
        cause = cause.__cause__ or cause.__context__
