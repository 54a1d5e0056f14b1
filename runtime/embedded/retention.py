"""Retention of the embedded broker: records older than their topic keeps are deleted."""

import sqlite3
import time
from pathlib import Path

from runtime.embedded.file import topic_table, transaction

DAY_MS = 86_400_000


def tidy(connection: sqlite3.Connection, path: Path) -> int:
    """Delete what is older than its topic's retention; the count of what was deleted."""
    deleted = 0
    with transaction(connection, path):
        for name, days in connection.execute(
            "SELECT name, retention_days FROM topics WHERE retention_days > 0"
        ).fetchall():
            oldest = time.time_ns() // 1_000_000 - days * DAY_MS
            deleted += connection.execute(f"DELETE FROM {topic_table(name)} WHERE time_ms < ?", (oldest,)).rowcount  # noqa: S608
    return deleted
