"""The SQLite file under the embedded broker: opening it, its tables, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.errors import ConfigError, Unavailable

NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "fuse.sshfs",
    "ceph",
    "glusterfs",
    "lustre",
    "afs",
}
BUSY_SECONDS = 10.0
FIRST = 1
"""The offset of the first record that a topic ever has."""
MOUNTS = Path("/proc/self/mounts")
TABLES = """
CREATE TABLE IF NOT EXISTS topics(
  name TEXT PRIMARY KEY, retention_days INTEGER, compact INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS groups(
  name TEXT PRIMARY KEY, worker TEXT NOT NULL, generation INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offsets(
  group_name TEXT NOT NULL, topic TEXT NOT NULL, next_offset INTEGER NOT NULL, metadata TEXT NOT NULL,
  PRIMARY KEY(group_name, topic)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identities(name TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID;
"""


def topic_table(topic: str) -> str:
    """The quoted name of the table of a topic; topic names are ours and hold no quotes."""
    return '"records ' + topic.replace('"', "") + '"'


def open_file(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection in autocommit mode. Raises ConfigError for what can be no broker of ours, Unavailable otherwise."""
    refuse_network_file_system(path)
    if os.path.isdir(path):  # noqa: PTH112 - never raises, whatever may not be looked into
        raise ConfigError(f"SK2SIEM_BROKER__URL: {path} is a folder; name a file in it")
    if not os.path.isdir(path.parent):  # noqa: PTH112
        why = f"the folder {path.parent} is missing, or may not be looked into"
        raise Unavailable(f"the embedded broker {path} cannot be opened: {why}")
    if not create and not path.exists():
        raise Unavailable(f"the embedded broker {path} does not exist yet; run `sk2siem init`, or start a producer")
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        _refuse_others(connection, path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA journal_size_limit=67108864")
        connection.executescript(TABLES)
    except sqlite3.OperationalError as error:
        raise Unavailable(
            f"the embedded broker {path} cannot be opened: {error}; look at the folder's rights"
        ) from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"SK2SIEM_BROKER__URL: {path} is not an embedded broker of sk2siem ({error})") from error
    return connection


def _refuse_others(connection: sqlite3.Connection, path: Path) -> None:
    """A database of another application is left as it is; one without a table is taken. `topics` is our first table."""
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    if tables and "retention_days" not in tables.get("topics", ""):
        connection.close()
        raise ConfigError(f"SK2SIEM_BROKER__URL: {path} is not an embedded broker of sk2siem: it has other tables")


def ends(connection: sqlite3.Connection, topic: str) -> tuple[int, int]:
    """The first offset there is, and the one after the last ever given."""
    known = connection.execute("SELECT name FROM topics WHERE name = ?", (topic,)).fetchone()
    if known is None:
        raise ConfigError(f"the topic {topic} does not exist; run `sk2siem init`")
    first = connection.execute(f"SELECT min(offset) FROM {topic_table(topic)}").fetchone()[0]  # noqa: S608
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (f"records {topic}",)).fetchone()
    end = (last[0] if last else 0) + 1
    return (first or end, end)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as the loop's: whatever it is, nothing was written, and waiting may help."""
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(f"the embedded broker {path} cannot go on: {error}{_hint(error)}") from error


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """One write transaction: all or nothing."""
    with translated(path):
        connection.execute("BEGIN IMMEDIATE")
    try:
        with translated(path):
            yield
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def refuse_network_file_system(path: Path, mounts: Path = MOUNTS) -> None:
    """Locks and the write-ahead log are not safe there (SQLite documentation, "WAL")."""
    kind = _file_system(path.resolve().parent, mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise ConfigError(
            f"SK2SIEM_BROKER__URL: {path} is on a network file system ({kind}); use a local disk, or Kafka"
        )


def _file_system(folder: Path, mounts: Path) -> str | None:
    longest, found = -1, None
    if not mounts.exists():
        return None
    for line in mounts.read_text().splitlines():
        _, where, kind = line.split(" ")[:3]
        where = where.replace("\\040", " ")
        if folder.is_relative_to(where) and len(where) >= longest:
            longest, found = len(where), kind
    return found


def _hint(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "; is the disk full? free some space, nothing was lost"
    return ""
