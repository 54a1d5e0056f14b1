"""Reading from the embedded broker: one active worker per group, its claim checked in each commit."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.broker import Subscription
from runtime.dead_letters import dead_letter
from runtime.embedded.file import FIRST, ends, topic_table, transaction, translated
from runtime.embedded.publisher import insert, stored
from runtime.embedded.retention import tidy
from runtime.errors import BatchLost, Unavailable
from runtime.expiry import tell_expired
from runtime.flow import Batch, Expired, Memory, Settled, Tally, newest
from runtime.logs import log
from runtime.metrics import Metrics
from runtime.offset_metadata import OffsetMetadata, load
from runtime.record import Offset, Partition, StoredRecord

LOOK_SECONDS = 0.05
TIDY_SECONDS = 3600.0
Waits = Callable[[float], bool]


class EmbeddedSource:
    """A lock file makes a second worker of the group wait; it takes over when the first one ends, however it ends."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        subscription: Subscription,
        memory: Memory,
        *,
        metrics: Metrics,
        wait: Waits,
        batch_size: int,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._subscription = subscription
        self._memory = memory
        self._metrics = metrics
        self._wait = wait
        self._batch_size = batch_size
        self._beat = beat
        self._lock_file = Path(f"{path.resolve()}.{subscription.service}.lock")
        self._lock: int | None = None
        self._generation = 0
        self._next: dict[str, int] = {}
        self._tally = Tally()
        self._seen_version = -1
        self._tidied = -TIDY_SECONDS

    def poll(self, timeout: float) -> Batch[StoredRecord] | None:
        end = time.monotonic() + timeout
        while True:
            if self._lock is not None or self._take_over():
                records = self._fetch()
                if records:
                    return Batch(records, self._positions_after(records), self._tally)
            left = end - time.monotonic()
            if left <= 0 or self._wait(min(left, LOOK_SECONDS)):
                return None

    def keep_alive(self) -> None:
        if self._lock is None:
            raise BatchLost("the group's lock is gone")

    def checkpoint(self, settled: Settled[StoredRecord]) -> None:
        service = self._subscription.service
        letters = [dead_letter(rejection.item, rejection.reason, service) for rejection in settled.rejected]
        positions = settled.batch.position
        assert isinstance(positions, dict)
        with transaction(self._connection, self._path):
            self._assert_generation()
            insert(self._connection, [*settled.outputs, *letters])
            self._connection.executemany(
                "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?)",
                [(service, topic, offset, self._metadata(topic, settled.tally)) for topic, offset in positions.items()],
            )
        self._next.update(positions)
        self._tally = settled.tally

    def abandon(self) -> None:
        self._seen_version = -1
        if self._lock is None:
            return
        with translated(self._path):
            overtaken = self._is_overtaken()
        if overtaken:
            # whoever overtook us holds another lock: we wait for that one, as any newcomer does
            self._let_go()
            for topic in self._subscription.topics:
                self._memory.forget(Partition(topic, 0))
        else:
            self._restore()

    def close(self) -> None:
        self._connection.close()
        self._let_go()

    def _take_over(self) -> bool:
        """Try to get the group's lock; the system frees it when its holder ends, even by SIGKILL."""
        try:
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(f"the lock {self._lock_file} cannot be opened ({error.strerror})") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_file(handle, self._lock_file):
                self._begin_generation()
                self._lock = handle
        except BlockingIOError:
            return False
        finally:
            if self._lock is None:
                os.close(handle)
        return self._lock is not None

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _begin_generation(self) -> None:
        with transaction(self._connection, self._path):
            row = self._connection.execute(
                "INSERT INTO groups VALUES (?, ?, 1) ON CONFLICT(name)"
                " DO UPDATE SET generation = generation + 1, worker = excluded.worker RETURNING generation",
                (self._subscription.service, self._subscription.worker),
            ).fetchone()
        self._generation = row[0]
        self._restore()

    def _restore(self) -> None:
        """Back to the committed offsets, with the memory that belongs there."""
        with translated(self._path):
            rows = self._connection.execute(
                "SELECT topic, next_offset, metadata FROM offsets WHERE group_name = ?", (self._subscription.service,)
            ).fetchall()
        committed = {topic: (offset, load(metadata)) for topic, offset, metadata in rows}
        self._tally = newest(metadata.tally for _, metadata in committed.values())
        for topic in self._subscription.topics:
            offset, metadata = committed.get(topic, (FIRST, OffsetMetadata()))
            with translated(self._path):
                first, _ = ends(self._connection, topic)
            undecided = metadata.undecided_from(self._subscription.policy)
            self._memory.rebuild(Partition(topic, 0), self._between(topic, metadata.low, offset), undecided)
            self._next[topic] = offset
            self._pass_over(topic, first, since=Offset(offset) if topic in committed else None)
        self._metrics.rebuilds.inc()

    def _pass_over(self, topic: str, first: int, *, since: Offset | None) -> None:
        """Where the next record to read is not there any more, go on with the first one that is."""
        if first > self._next[topic]:
            tell_expired(self._memory, Expired(Partition(topic, 0), since, Offset(first)))
            self._next[topic] = first

    def _between(self, topic: str, low: Offset | None, until: int) -> Iterator[StoredRecord]:
        """One after the other: there can be more than fit into memory. Who takes long over them is alive."""
        if low is None:
            return
        with translated(self._path):
            rows = self._connection.execute(
                f"SELECT offset, time_ms, key, value, type, headers FROM {topic_table(topic)}"  # noqa: S608
                " WHERE offset >= ? AND offset < ? ORDER BY offset",
                (low, until),
            )
            for row in rows:
                self._beat()
                yield stored(topic, row)

    def _fetch(self) -> list[StoredRecord]:
        """The next records of all topics; cheap while nobody wrote, since only a counter is read then."""
        with translated(self._path):
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._seen_version:
                return []
            records: list[StoredRecord] = []
            for waiting, topic in zip(range(len(self._next), 0, -1), self._subscription.topics, strict=True):
                rows = self._connection.execute(
                    f"SELECT offset, time_ms, key, value, type, headers FROM {topic_table(topic)}"  # noqa: S608
                    " WHERE offset >= ? ORDER BY offset LIMIT ?",
                    (self._next[topic], max(1, (self._batch_size - len(records)) // waiting)),
                ).fetchall()
                if rows:
                    self._pass_over(topic, rows[0][0], since=Offset(self._next[topic]))
                records.extend(stored(topic, row) for row in rows)
        if not records:
            self._seen_version = version
            self._metrics.source_lag_records.set(0)
            self._tidy()
        return records

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied > TIDY_SECONDS:
            self._tidied = time.monotonic()
            tidy(self._connection, self._path)

    def _positions_after(self, records: list[StoredRecord]) -> dict[str, int]:
        return {record.partition.topic: record.offset + 1 for record in records}

    def _metadata(self, topic: str, tally: Tally) -> str:
        policy = self._subscription.policy
        return OffsetMetadata.of(self._memory, Partition(topic, 0), policy=policy, tally=tally).dump()

    def _assert_generation(self) -> None:
        if self._is_overtaken():
            log.warning("another worker took the group over", service=self._subscription.service)
            raise BatchLost("another worker took the group over")

    def _is_overtaken(self) -> bool:
        row = self._connection.execute(
            "SELECT generation FROM groups WHERE name = ?", (self._subscription.service,)
        ).fetchone()
        return row is None or row[0] != self._generation


def _is_file(handle: int, file: Path) -> bool:
    """False where the file was removed since it was opened: a lock on it is one that nobody else sees."""
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False
