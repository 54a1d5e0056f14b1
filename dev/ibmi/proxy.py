"""Between psqlODBC and PostgreSQL: statements go in as Db2, names and SQLSTATEs come out as Db2's; makes faults."""

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from dev.ibmi import messages
from dev.ibmi.rewrite import Db2Error, refusal, rewrite

_CHUNK = 1 << 18
_KEPT_STATEMENTS = 1000
# what psqlODBC sends on its own account
_DRIVERS_OWN = re.compile(
    r"\s*(?:(?:SET|SHOW|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|FETCH|CLOSE|DEALLOCATE)\b|BEGIN;?\s*$)|.*\bpg_(?:catalog|type)\b",
    re.I | re.S,
)

_ROW, _COLUMNS, _ERROR, _QUERY, _PARSE, _BIND = b"DTEQPB"


@dataclass(slots=True)
class Faults:
    """What is wrong with the link at present; changed through the control port."""

    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    row_delay_seconds: float = 0.0
    rows_until_drop: int | None = None

    def __post_init__(self) -> None:
        self.flowing.set()


class Proxy:
    """Serves any number of connections to one PostgreSQL."""

    def __init__(self, postgres_port: int) -> None:
        self.faults = Faults()
        self.statements: deque[str] = deque(maxlen=_KEPT_STATEMENTS)
        self.log_ins = 0
        self._postgres_port = postgres_port
        self._links: set[_Link] = set()
        self.opened = 0
        self.reading: set[int] = set()

    async def serve(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its end: the callback of asyncio.start_server."""
        try:
            server_in, server_out = await asyncio.open_connection("127.0.0.1", self._postgres_port, limit=_CHUNK)
        except OSError:
            client_out.close()
            return
        link = _Link(self, client_in, client_out, server_in, server_out)
        self._links.add(link)
        self.opened += 1
        try:
            await link.run()
        finally:
            self._links.discard(link)

    def forget_connections(self) -> None:
        """Count anew which connections were opened and which have read the journal."""
        self.opened = 0
        self.reading.clear()

    def drop(self) -> None:
        """Cut every connection without a word."""
        for link in list(self._links):
            link.cut()


class _Link:
    """One connection: the two pumps, and which prepared statements ask the journal."""

    def __init__(
        self,
        proxy: Proxy,
        client_in: asyncio.StreamReader,
        client_out: asyncio.StreamWriter,
        server_in: asyncio.StreamReader,
        server_out: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._faults = proxy.faults
        self._client_in, self._client_out = client_in, client_out
        self._server_in, self._server_out = server_in, server_out
        self._asks_journal: dict[bytes, bool] = {}
        self._reads_journal = False

    async def run(self) -> None:
        pumps = [asyncio.ensure_future(self._upstream()), asyncio.ensure_future(self._downstream())]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            results = await asyncio.gather(*pumps, return_exceptions=True)
            self._client_out.close()
            self._server_out.close()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, OSError | asyncio.IncompleteReadError):
                raise result

    def cut(self) -> None:
        self._client_out.transport.abort()
        self._server_out.transport.abort()

    async def _upstream(self) -> None:
        await self._pass_startup()
        async for messages_in in _framed(self._client_in):
            await self._faults.flowing.wait()
            self._server_out.write(b"".join(self._changed(message) for message in messages_in))
            await self._server_out.drain()

    async def _pass_startup(self) -> None:
        while True:
            head = await self._client_in.readexactly(8)
            packet = head + await self._client_in.readexactly(messages.length_of(head, 0) - 8)
            code = messages.startup_code(packet)
            await self._faults.flowing.wait()
            if code in (messages.SSL_REQUEST, messages.GSS_REQUEST):
                self._client_out.write(b"N")
                continue
            self._proxy.log_ins += code == messages.PROTOCOL_3
            self._server_out.write(messages.with_lower_case_user(packet) if code == messages.PROTOCOL_3 else packet)
            return

    def _changed(self, message: bytes) -> bytes:
        kind = message[0]
        if kind == _QUERY:
            sql, self._reads_journal = self._translated(message[5:-1])
            if self._reads_journal:
                self._proxy.reading.add(id(self))
            return messages.message(b"Q", sql + b"\0")
        if kind == _PARSE:
            name, sql, rest = message[5:].split(b"\0", 2)
            sql, self._asks_journal[name] = self._translated(sql)
            return messages.message(b"P", b"\0".join((name, sql, rest)))
        if kind == _BIND:
            _portal, name, _rest = message[5:].split(b"\0", 2)
            self._reads_journal = self._asks_journal.get(name, False)
            if self._reads_journal:
                self._proxy.reading.add(id(self))
        return message

    def _translated(self, statement: bytes) -> tuple[bytes, bool]:
        sql = statement.decode()
        if _DRIVERS_OWN.match(sql):
            return statement, self._reads_journal
        self._proxy.statements.append(sql)
        try:
            return rewrite(sql).encode(), "DISPLAY_JOURNAL" in sql.upper()
        except Db2Error as error:
            return refusal(error, sql).encode(), False

    async def _downstream(self) -> None:
        rest = b""
        while chunk := await self._server_in.read(_CHUNK):
            limit = self._faults.rows_until_drop if self._reads_journal else None
            out, rest, rows = _as_db2(rest + chunk, limit)
            await self._faults.flowing.wait()
            if rows and self._reads_journal and self._faults.row_delay_seconds:
                await asyncio.sleep(rows * self._faults.row_delay_seconds)
            self._client_out.write(out)
            await self._client_out.drain()
            if limit is not None and self._count_down(rows):
                self.cut()
                return

    def _count_down(self, rows: int) -> bool:
        left = (self._faults.rows_until_drop or 0) - rows
        self._faults.rows_until_drop = left if left > 0 else None
        return left <= 0


def _as_db2(buffer: bytes, row_limit: int | None) -> tuple[bytes, bytes, int]:
    """The whole messages of `buffer`, named as Db2 would, what is left over, and how many rows: `row_limit` at most."""
    out: list[bytes] = []
    copied = at = rows = 0
    while len(buffer) - at >= 5 and rows != row_limit:
        end = at + 1 + messages.length_of(buffer, at + 1)
        if end > len(buffer):
            break
        kind = buffer[at]
        if kind == _ROW:
            rows += 1
        elif kind in (_COLUMNS, _ERROR):
            change = messages.with_upper_case_columns if kind == _COLUMNS else messages.as_db2_error
            out += buffer[copied:at], change(buffer[at + 5 : end])
            copied = end
        at = end
    out.append(buffer[copied:at])
    return b"".join(out), buffer[at:], rows


async def _framed(reader: asyncio.StreamReader) -> AsyncIterator[list[bytes]]:
    """Whole messages, as many at a time as have arrived."""
    buffer = b""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            buffer += chunk
            whole = list(_whole(buffer))
            buffer = buffer[sum(map(len, whole)) :]
            yield whole


def _whole(buffer: bytes) -> Iterator[bytes]:
    at = 0
    while len(buffer) - at >= 5:
        end = at + 1 + messages.length_of(buffer, at + 1)
        if end > len(buffer):
            return
        yield buffer[at:end]
        at = end
