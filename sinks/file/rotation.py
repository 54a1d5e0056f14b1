"""When a file of records is full or old enough to be put aside, what it is called then, and which are deleted."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Rotation:
    """None and 0 mean never: no limit in size, no limit in time, every old file kept."""

    max_bytes: int | None = None
    every_seconds: float | None = None
    keep: int = 0
    clock: Callable[[], float] = time.time

    def is_due(self, found: os.stat_result) -> bool:
        """Before the next records: past the size, or written to last in an earlier period. An empty file never is."""
        if found.st_size == 0:
            return False
        if self.max_bytes is not None and found.st_size >= self.max_bytes:
            return True
        return self.every_seconds is not None and self._period(found.st_mtime) != self._period(self.clock())

    def put_aside(self, path: Path) -> None:
        """`verdicts.ndjson` becomes `verdicts.ndjson.20261122T021500123456Z`. Raises OSError."""
        moment = datetime.fromtimestamp(self.clock(), UTC)
        target = path.with_name(f"{path.name}.{moment:%Y%m%dT%H%M%S%f}Z")
        if target.exists():
            return  # two within a microsecond: the next time will do
        path.rename(target)
        for old in self._too_many(path):
            old.unlink(missing_ok=True)

    def _period(self, moment: float) -> int:
        """Counted from 1970, so that hourly files begin at the hour and daily ones at midnight UTC."""
        assert self.every_seconds is not None
        return int(moment // self.every_seconds)

    def _too_many(self, path: Path) -> list[Path]:
        old = sorted(path.parent.glob(f"{path.name}.*Z"))
        return old[: -self.keep] if self.keep else []


NEVER = Rotation()
