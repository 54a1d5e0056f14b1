"""A program that is looked at from outside while it runs, whatever it is made of: its CPU time, its memory, its end."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from bench.meter import status_mib
from bench.processes import ROOT
from cli.variables import PREFIX

TICKS = os.sysconf("SC_CLK_TCK")
USER, SYSTEM = 11, 12
"""Places in /proc/PID/stat behind the name (proc(5): utime, stime)."""


class Watched:
    """Inherits no setting of ours."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, str], log: Path) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                env={**inherited, **settings},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def ended(self) -> bool:
        return self._child.poll() is not None

    @property
    def cpu_seconds(self) -> float:
        """Of all its threads, up to now."""
        text = Path(f"/proc/{self._child.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[USER]) + int(fields[SYSTEM])) / TICKS

    @property
    def rss_mib(self) -> float:
        return status_mib("VmRSS", self._child.pid)

    @property
    def peak_rss_mib(self) -> float:
        return status_mib("VmHWM", self._child.pid)

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()
