"""When a file of records is full or old enough to be put aside, what it is called then, and which are too many."""

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

STAMP = "%Y%m%dT%H%M%S%fZ"


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
        """`verdicts.ndjson` becomes `verdicts.ndjson.20261122T021500123456Z`. Raises OSError.

        The names sort as the files were put aside, even where the clock was set back meanwhile.
        """
        moment = datetime.fromtimestamp(self.clock(), UTC)
        if old := _old(path):
            moment = max(moment, old[-1][0] + timedelta(microseconds=1))
        path.rename(path.with_name(f"{path.name}.{moment:{STAMP}}"))

    def too_many(self, path: Path) -> list[Path]:
        """Of those that were put aside, the oldest, as far as no more are to be kept."""
        return [file for _, file in _old(path)[: -self.keep]] if self.keep else []

    def _period(self, moment: float) -> int:
        """Counted from 1970, so that hourly files begin at the hour and daily ones at midnight UTC."""
        assert self.every_seconds is not None
        return int(moment // self.every_seconds)


def _old(path: Path) -> list[tuple[datetime, Path]]:
    """What was put aside, oldest first. A name that is not of ours is left alone."""
    found = []
    for file in path.parent.glob(f"{path.name}.*Z"):
        with contextlib.suppress(ValueError):
            stamp = file.name.removeprefix(f"{path.name}.")
            found.append((datetime.strptime(stamp, STAMP).replace(tzinfo=UTC), file))
    return sorted(found)


NEVER = Rotation()
