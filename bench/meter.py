"""The stopwatch inside a measured program: starts with its first batch, stops with its last checkpoint."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from bench.measurement import Measurement

MARK = 100_000
"""What an entry costs is noted once for so many."""


class Meter:
    """Counts what is settled until `entries` are."""

    def __init__(self, entries: int) -> None:
        self._wanted = entries
        self._entries = 0
        self._batches = 0
        self._began: tuple[float, float] | None = None
        self._ended = (0.0, 0.0)
        self._notes: dict[str, float] = {}
        self._mark = (0, 0.0)

    @property
    def done(self) -> bool:
        return self._entries >= self._wanted

    def begin(self) -> None:
        """A batch has come; only the first one counts."""
        if self._began is None:
            self._began = _now()
            self._mark = (0, self._began[1])

    def settle(self, entries: int) -> None:
        """These entries are done for good."""
        self._ended = _now()
        self._entries += entries
        self._batches += 1
        if self._entries // MARK > self._mark[0] // MARK:
            self._pass_mark()

    def note(self, name: str, value: float) -> None:
        """Something else that was seen."""
        self._notes[name] = value

    def _pass_mark(self) -> None:
        """What an entry has cost since the last mark, and the memory of now."""
        number, (entries, cpu) = self._entries // MARK, self._mark
        self._mark = (self._entries, self._ended[1])
        self.note(f"cpu_us_{number}", (self._mark[1] - cpu) / (self._entries - entries) * 1e6)
        self.note(f"rss_mib_{number}", status_mib("VmRSS"))

    def report(self) -> None:
        """The measurement, as one line on standard output."""
        if self._began is None or not self._entries:
            sys.exit("nothing was measured: no batch ever came")
        wall, cpu = (end - begin for begin, end in zip(self._began, self._ended, strict=True))
        measurement = Measurement(self._entries, self._batches, wall, cpu, peak_rss_mib(), self._notes)
        print(json.dumps(asdict(measurement) | {"began": self._began[0], "ended": self._ended[0]}), flush=True)


def peak_rss_mib(process: int | str = "self") -> float:
    """Of this program, or another one, alone: ru_maxrss would begin with that of the process that started it."""
    return status_mib("VmHWM", process)


def status_mib(what: str, process: int | str = "self") -> float:
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) / 1024


def _now() -> tuple[float, float]:
    return time.monotonic(), time.process_time()
