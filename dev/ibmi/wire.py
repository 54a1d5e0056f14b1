"""A small PostgreSQL client for the control side of the double: statements with parameters, and COPY."""

import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Self

from dev.ibmi import messages
from dev.part import Failed

Cell = str | None
Value = str | int | bool | None

_PORTION = 1 << 18


class WireError(Failed):
    """PostgreSQL refused a statement; the message is its own."""


class Wire:
    """One connection as a trusted user; every call waits for its answer."""

    def __init__(self, port: int, *, user: str = "control", database: str = "postgres", seconds: float = 60) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._in = self._socket.makefile("rb")
        self._socket.sendall(messages.startup(user, database))
        self._answer()

    def run(self, script: str) -> None:
        """Several statements without parameters, in one transaction unless they say otherwise."""
        self._socket.sendall(messages.message(b"Q", script.encode() + b"\0"))
        self._answer()

    def query(self, sql: str, *values: Value) -> list[tuple[Cell, ...]]:
        """The rows of one statement, all cells as text; its parameters are $1, $2, …"""
        self._socket.sendall(
            b"".join(
                (
                    messages.message(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!H", 0)),
                    messages.message(b"B", b"\0\0" + struct.pack("!H", 0) + _bound(values) + struct.pack("!H", 0)),
                    messages.message(b"E", b"\0" + struct.pack("!I", 0)),
                    messages.message(b"S"),
                )
            )
        )
        return self._answer()

    def copy(self, target: str, lines: Iterable[str]) -> None:
        """COPY `target` FROM STDIN in text format; each line ends with a newline."""
        self._socket.sendall(messages.message(b"Q", f"COPY {target} FROM STDIN".encode() + b"\0"))
        self._until(b"G")
        waiting, size = [], 0
        for line in lines:
            waiting.append(line)
            size += len(line)
            if size > _PORTION:
                self._socket.sendall(messages.message(b"d", "".join(waiting).encode()))
                waiting, size = [], 0
        self._socket.sendall(messages.message(b"d", "".join(waiting).encode()) + messages.message(b"c"))
        self._answer()

    def close(self) -> None:
        self._in.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _answer(self) -> list[tuple[Cell, ...]]:
        return self._until(b"Z")

    def _until(self, last: bytes) -> list[tuple[Cell, ...]]:
        rows: list[tuple[Cell, ...]] = []
        error: WireError | None = None
        while True:
            kind, body = self._receive()
            if kind == b"D":
                rows.append(tuple(_cells(body)))
            elif kind == b"E":
                error = WireError(messages.error_fields(body)[b"M"].decode())
            if kind == last or kind == b"Z" or (error and self._ended()):
                break
        if error:
            raise error
        return rows

    def _receive(self) -> tuple[bytes, bytes]:
        head = self._in.read(5)
        if len(head) < 5:
            raise WireError("the connection to PostgreSQL ended: does the double still run?")
        return head[:1], self._in.read(messages.length_of(head, 1) - 4)

    def _ended(self) -> bool:
        return not self._in.peek(1)  # a refused log-in is not followed by ReadyForQuery


def _bound(values: Sequence[Value]) -> bytes:
    out = [struct.pack("!H", len(values))]
    for value in values:
        if value is None:
            out.append(struct.pack("!i", -1))
        else:
            text = str(value).encode()
            out += struct.pack("!i", len(text)), text
    return b"".join(out)


def _cells(body: bytes) -> Iterable[Cell]:
    at = 2
    for _ in range(struct.unpack_from("!H", body)[0]):
        size = struct.unpack_from("!i", body, at)[0]
        at += 4
        yield None if size < 0 else body[at : at + size].decode()
        at += max(size, 0)
