"""Answers that end: one that comes byte by byte for ever, or never stops, is left in time, before it fills memory."""

import time
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any

from sinks.unreached import causes

LONGEST = 16 * 1024 * 1024
"""In bytes: 800 for each document of the largest request to Elasticsearch, where it refuses all of them."""


class TooLong(OSError):
    """No answer of a SIEM has so many bytes."""


def bounded(kind: Any) -> Any:
    """A kind of urllib3's connections; their time-out for reading is that of an answer as a whole, from the request on.

    By itself urllib3 waits so long for each byte anew, and reads a body to its end. What is given up ends as such a
    time-out does, or as a connection that broke off because of `TooLong`; the connection is not used again.
    """

    class Bounded(kind):  # type: ignore[misc]
        response_class = _Response

    return Bounded


def is_too_long(error: BaseException) -> bool:
    """Whether this is what urllib3 or a client made of `TooLong`."""
    return any(isinstance(one, TooLong) for one in causes(error))


class _Response(HTTPResponse):
    """Made by `http.client` for each answer, of a connection whose time-out is the one for reading by then."""

    def __init__(self, connection: Any, *args: Any, **options: Any) -> None:
        super().__init__(connection, *args, **options)
        self.fp = _Reader(_Bytes(connection, self.fp.detach()))


class _Reader(BufferedReader):
    def read(self, size: int | None = -1, /) -> bytes:
        """As much as is announced is made room for at once, however much that is. Raises TooLong."""
        if size is not None and size > LONGEST:
            raise TooLong("the answer is too long")
        return super().read(size)


class _Bytes(RawIOBase):
    """What comes in on a connection, until the time is over or it is too much."""

    def __init__(self, connection: Any, raw: Any) -> None:
        self._connection = connection
        self._raw = raw
        self._seconds: float = connection.gettimeout()
        self._until = time.monotonic() + self._seconds
        self._left = LONGEST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises TimeoutError, TooLong, OSError."""
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the answer did not end in time")
        self._connection.settimeout(seconds)
        try:
            count: int = self._raw.readinto(buffer)
        finally:
            self._connection.settimeout(self._seconds)
        self._left -= count
        if self._left < 0:
            raise TooLong("the answer is too long")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
