"""The Broker port over one SQLite file."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from runtime.broker import Standing, Subscription, TopicState
from runtime.embedded.file import FIRST, ends, open_file, topic_table, transaction, translated
from runtime.embedded.publisher import EmbeddedPublisher, stored
from runtime.embedded.source import EmbeddedSource
from runtime.flow import Memory
from runtime.metrics import Metrics
from runtime.record import Partition, StoredRecord
from runtime.shutdown import Shutdown
from schemas.topics import Topic, all_topics

READ_ROWS = 1000


class EmbeddedBroker:
    """Every part of it opens a connection of its own; several processes of one machine may use the file."""

    def __init__(
        self,
        path: Path,
        *,
        metrics: Metrics,
        shutdown: Shutdown,
        batch_size: int = 1000,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._metrics = metrics
        self._shutdown = shutdown
        self._batch_size = batch_size
        self._beat = beat

    def source(self, subscription: Subscription, memory: Memory) -> EmbeddedSource:
        self.ensure(all_topics())
        return EmbeddedSource(
            self._open(),
            self._path,
            subscription,
            memory,
            metrics=self._metrics,
            wait=self._shutdown.wait,
            batch_size=self._batch_size,
            beat=self._beat,
        )

    def publisher(self, identity: str) -> EmbeddedPublisher:
        self.ensure(all_topics())
        return EmbeddedPublisher(self._open(), self._path, identity)

    def ensure(self, topics: Sequence[Topic]) -> list[TopicState]:
        """One partition each, whatever `Topic.partitions` says: there is one reader."""
        connection = open_file(self._path, create=True)
        try:
            with transaction(connection, self._path):
                return [_ensure(connection, topic) for topic in topics]
        finally:
            connection.close()

    def partitions(self, topic: str) -> int:
        self.ensure(all_topics())
        connection = self._open()
        try:
            with translated(self._path):
                ends(connection, topic)
            return 1
        finally:
            connection.close()

    def read(self, topic: str, start: Mapping[int, int] | None = None) -> Iterator[StoredRecord]:
        connection = self._open()
        try:
            with translated(self._path):
                _, end = ends(connection, topic)
            offset = (start or {}).get(0, FIRST) - 1
            while True:
                with translated(self._path):
                    rows = connection.execute(
                        f"SELECT offset, time_ms, key, value, type, headers FROM {topic_table(topic)}"  # noqa: S608
                        " WHERE offset > ? AND offset < ? ORDER BY offset LIMIT ?",
                        (offset, end, READ_ROWS),
                    ).fetchall()
                if not rows:
                    return
                offset = rows[-1][0]
                yield from (stored(topic, row) for row in rows)
        finally:
            connection.close()

    def size(self, topic: str) -> int:
        connection = self._open()
        try:
            with translated(self._path):
                first, end = ends(connection, topic)
            return end - first
        finally:
            connection.close()

    def standings(self, service: str, topics: Sequence[str]) -> list[Standing]:
        connection = self._open()
        try:
            with translated(self._path):
                committed = dict(
                    connection.execute("SELECT topic, next_offset FROM offsets WHERE group_name = ?", (service,))
                )
                found = {topic: ends(connection, topic) for topic in topics}
            return [
                Standing(Partition(topic, 0), committed.get(topic, first), end, expired=first > FIRST)
                for topic, (first, end) in found.items()
            ]
        finally:
            connection.close()

    def check(self) -> str:
        connection = open_file(self._path, create=True)
        try:
            with transaction(connection, self._path):
                count = connection.execute("SELECT count(*) FROM topics").fetchone()[0]
            return f"embedded broker {self._path}: writable, {count} topics"
        finally:
            connection.close()

    def close(self) -> None:
        """Nothing is shared between its parts."""

    def _open(self) -> sqlite3.Connection:
        return open_file(self._path, create=False)


def _ensure(connection: sqlite3.Connection, topic: Topic) -> TopicState:
    wanted = (topic.retention_days, int(topic.compact))
    found = connection.execute("SELECT retention_days, compact FROM topics WHERE name = ?", (topic.name,)).fetchone()
    if found is None:
        connection.execute("INSERT INTO topics(name, retention_days, compact) VALUES (?, ?, ?)", (topic.name, *wanted))
        table = topic_table(topic.name)
        connection.execute(
            f"CREATE TABLE {table}(offset INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL,"
            " key BLOB NOT NULL, value BLOB NOT NULL, type TEXT NOT NULL, headers BLOB)"
        )
        if topic.compact:
            connection.execute(f'CREATE INDEX "keys {topic.name}" ON {table}(key)')
        return TopicState(topic.name, "created")
    if found != wanted:
        return TopicState(topic.name, "differs", f"retention in days and compaction are {found}, expected {wanted}")
    return TopicState(topic.name, "ok")
