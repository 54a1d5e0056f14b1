"""Publishing into the embedded broker: records, dead letters and offsets in one SQLite transaction."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from runtime.embedded.file import topic_table, transaction, translated
from runtime.errors import ConfigError, Fenced
from runtime.record import Header, Offset, Partition, Record, StoredRecord


class EmbeddedPublisher:
    """One identity's way to write; a later claim of the same identity fences this one."""

    def __init__(self, connection: sqlite3.Connection, path: Path, identity: str) -> None:
        self._connection = connection
        self._path = path
        self._identity = identity
        self._generation = 0

    def claim(self) -> None:
        with transaction(self._connection, self._path):
            row = self._connection.execute(
                "INSERT INTO identities VALUES (?, 1) ON CONFLICT(name) DO UPDATE SET generation = generation + 1"
                " RETURNING generation",
                (self._identity,),
            ).fetchone()
        self._generation = row[0]

    def publish(self, records: Sequence[Record]) -> None:
        with transaction(self._connection, self._path):
            self._assert_claim()
            insert(self._connection, records)

    def newest(self, topic: str, key: bytes) -> StoredRecord | None:
        with translated(self._path):
            row = self._connection.execute(
                f"SELECT offset, time_ms, key, value, type, headers FROM {topic_table(topic)} WHERE key = ?"  # noqa: S608
                " ORDER BY offset DESC LIMIT 1",
                (key,),
            ).fetchone()
        return stored(topic, row) if row else None

    def glance(self, topic: str, key: bytes) -> StoredRecord | None:
        return self.newest(topic, key)

    def keep_alive(self) -> None:
        """Nothing has to be kept alive in a file."""

    def close(self) -> None:
        self._connection.close()

    def _assert_claim(self) -> None:
        row = self._connection.execute("SELECT generation FROM identities WHERE name = ?", (self._identity,)).fetchone()
        if row is None or row[0] != self._generation:
            raise Fenced(f"another process took over {self._identity}; this one stops, nothing is lost")


def insert(connection: sqlite3.Connection, records: Sequence[Record]) -> None:
    """Append within the caller's transaction; a compacted topic keeps the newest record of a key."""
    now = time.time_ns() // 1_000_000
    by_topic: dict[str, list[tuple[int, bytes, bytes, str, bytes | None]]] = {}
    for record in records:
        headers = dump_headers(record.headers) if record.headers else None
        by_topic.setdefault(record.topic, []).append((now, record.key, record.value, record.type, headers))
    for topic, rows in by_topic.items():
        known = connection.execute("SELECT compact FROM topics WHERE name = ?", (topic,)).fetchone()
        if known is None:
            raise ConfigError(f"the topic {topic} does not exist; run `sk2siem init`")
        table = topic_table(topic)
        if known[0]:
            connection.executemany(f"DELETE FROM {table} WHERE key = ?", [(row[1],) for row in rows])  # noqa: S608
        connection.executemany(f"INSERT INTO {table}(time_ms, key, value, type, headers) VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608


def stored(topic: str, row: tuple[int, int, bytes, bytes, str, bytes | None]) -> StoredRecord:
    offset, time_ms, key, value, kind, headers = row
    return StoredRecord(
        Partition(topic, 0), Offset(offset), key, value, kind, load_headers(headers) if headers else (), time_ms
    )


def dump_headers(headers: Sequence[Header]) -> bytes:
    """Latin-1 gives every byte a character, so any value comes back as it was."""
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers])


def load_headers(packed: bytes) -> tuple[Header, ...]:
    return tuple((name, value.encode("latin-1")) for name, value in orjson.loads(packed))
