"""One SQLite file with nothing around it: the same records in, out and in again, one transaction for each step."""

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from bench.bare import METADATA, Supply, arguments, prepared
from bench.prepared import broker_of
from runtime.embedded.file import open_file, topic_table, transaction
from runtime.record import Record
from schemas.topics import ALERTS, ENTRIES, VERDICTS, all_topics


def main() -> None:
    settings, meter, file = arguments()
    assert settings.file
    path, size = Path(settings.broker.url.removeprefix("sqlite:///")), settings.loop.batch_size
    entries = [record for record in prepared(file, (ENTRIES,)) if record.type == "entry"]
    entry_supply = Supply(entries, len(entries))
    supplies = [Supply(prepared(file, (topic,)), len(entries)) for topic in (VERDICTS, ALERTS)]
    broker_of(path).ensure(all_topics())
    connection = open_file(path, create=False)
    output = os.open(Path(settings.file.path), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while not meter.done:
        meter.begin()
        _append(connection, path, entry_supply.take(size))
        read = len(_next(connection, ENTRIES, size))
        _append(connection, path, [record for supply in supplies for record in supply.take(read)])
        lines = [row[3] + b"\n" for topic in (VERDICTS, ALERTS) for row in _next(connection, topic, size)]
        os.write(output, b"".join(lines))
        os.fsync(output)
        _append(connection, path, ())
        meter.settle(read)
    meter.report()


def _append(connection: sqlite3.Connection, path: Path, records: Sequence[Record]) -> None:
    now = time.time_ns() // 1_000_000
    with transaction(connection, path):
        for topic in {record.topic for record in records}:
            connection.executemany(
                f"INSERT INTO {topic_table(topic)}(time_ms, key, value, type, headers) VALUES (?, ?, ?, ?, NULL)",  # noqa: S608
                [(now, record.key, record.value, record.type) for record in records if record.topic == topic],
            )
        connection.execute("INSERT OR REPLACE INTO offsets VALUES ('bare', 'any', ?, ?)", (now, METADATA))


def _next(connection: sqlite3.Connection, topic: str, size: int) -> list[tuple[int, int, bytes, bytes, str]]:
    """The newest rows: what the step before has just written."""
    table = topic_table(topic)
    return connection.execute(
        f"SELECT offset, time_ms, key, value, type FROM {table}"  # noqa: S608
        f" WHERE offset > (SELECT max(offset) FROM {table}) - ? ORDER BY offset LIMIT ?",
        (size, size),
    ).fetchall()


if __name__ == "__main__":
    main()
