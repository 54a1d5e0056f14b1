"""Measured programs as child processes: started, waited for, and their last words shown when they fail."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from bench.measurement import Measurement, together
from cli.variables import PREFIX

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SECONDS = 300
LOOK_SECONDS = 0.1


class Report(TypedDict):
    """The last line of a program: its measurement, and when it began and ended."""

    entries: int
    batches: int
    seconds: float
    cpu_seconds: float
    peak_rss_mib: float
    notes: dict[str, float]
    began: float
    ended: float


class ProgramFailed(Exception):
    """A measured program ended without a measurement."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module of this folder, its arguments, and the settings it gets; it inherits none."""

    module: str
    arguments: Sequence[str]
    settings: Mapping[str, str]


def run(program: Program, log: Path, longest: float = LONGEST_SECONDS) -> Measurement:
    """One program, to its end. Raises ProgramFailed."""
    return run_together([program], log, longest)


def run_together(programs: Sequence[Program], log: Path, longest: float = LONGEST_SECONDS) -> Measurement:
    """Programs that work side by side; measured from the first batch of any to the last checkpoint of all."""
    children = [_start(program, log) for program in programs]
    try:
        reports = [_report(program, child, log, longest) for program, child in zip(programs, children, strict=True)]
    finally:
        for child in children:
            child.kill()
            child.wait()
    seconds = max(report["ended"] for report in reports) - min(report["began"] for report in reports)
    return together([_measurement(report) for report in reports], seconds)


def _start(program: Program, log: Path) -> "subprocess.Popen[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    with log.open("a") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", program.module, *program.arguments],
            env={**inherited, **program.settings},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def _report(program: Program, child: "subprocess.Popen[str]", log: Path, longest: float) -> Report:
    try:
        output, _ = child.communicate(timeout=longest)
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"{program.module} did not end within {longest:.0f} s\n{_tail(log)}") from error
    lines = output.splitlines()
    if child.returncode != 0 or not lines:
        words = " ".join([program.module, *program.arguments])
        raise ProgramFailed(f"{words} ended with exit code {child.returncode}; its last words:\n{_tail(log)}")
    report: Report = json.loads(lines[-1])
    return report


def _measurement(report: Report) -> Measurement:
    return Measurement(
        entries=report["entries"],
        batches=report["batches"],
        seconds=report["seconds"],
        cpu_seconds=report["cpu_seconds"],
        peak_rss_mib=report["peak_rss_mib"],
        notes=report["notes"],
    )


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def look_until(what: str, condition: Callable[[], bool], seconds: float) -> None:
    """Return as soon as the condition holds. Raises ProgramFailed when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise ProgramFailed(f"not within {seconds:.0f} s: {what}")
        nap(LOOK_SECONDS)


def nap(seconds: float) -> float:
    """How long it was."""
    started = time.monotonic()
    time.sleep(seconds)
    return time.monotonic() - started
