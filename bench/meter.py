"""The stopwatch inside a measured program: starts with its first batch, stops with its last checkpoint."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from bench.measurement import Measurement


class Meter:
    """Counts what is settled until `entries` are."""

    def __init__(self, entries: int) -> None:
        self._wanted = entries
        self._entries = 0
        self._batches = 0
        self._began: tuple[float, float] | None = None
        self._ended = (0.0, 0.0)
        self._notes: dict[str, float] = {}

    @property
    def done(self) -> bool:
        return self._entries >= self._wanted

    def begin(self) -> None:
        """A batch has come; only the first one counts."""
        if self._began is None:
            self._began = _now()

    def settle(self, entries: int) -> None:
        """These entries are done for good."""
        self._ended = _now()
        self._entries += entries
        self._batches += 1

    def note(self, name: str, value: float) -> None:
        """Something else that was seen."""
        self._notes[name] = value

    def report(self) -> None:
        """The measurement, as one line on standard output."""
        if self._began is None or not self._entries:
            sys.exit("nothing was measured: no batch ever came")
        wall, cpu = (end - begin for begin, end in zip(self._began, self._ended, strict=True))
        measurement = Measurement(self._entries, self._batches, wall, cpu, peak_rss_mib(), self._notes)
        print(json.dumps(asdict(measurement) | {"began": self._began[0], "ended": self._ended[0]}), flush=True)


def peak_rss_mib(process: int | str = "self") -> float:
    """Of this program, or another one, alone: ru_maxrss would begin with that of the process that started it."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _now() -> tuple[float, float]:
    return time.monotonic(), time.process_time()
