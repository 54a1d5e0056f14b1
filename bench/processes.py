"""Measured programs as child processes: started, waited for, and their last words shown when they fail."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measurement import Measurement, together
from cli.variables import PREFIX

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SECONDS = 300


class ProgramFailed(Exception):
    """A measured program ended without a measurement."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module of this folder, its arguments, and the settings it gets; it inherits none."""

    module: str
    arguments: Sequence[str]
    settings: Mapping[str, str]


def run(program: Program, log: Path) -> Measurement:
    """One program, to its end. Raises ProgramFailed."""
    return run_together([program], log)


def run_together(programs: Sequence[Program], log: Path) -> Measurement:
    """Programs that work side by side; measured from the first batch of any to the last checkpoint of all."""
    children = [_start(program, log) for program in programs]
    try:
        reports = [_report(program, child, log) for program, child in zip(programs, children, strict=True)]
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


def _report(program: Program, child: "subprocess.Popen[str]", log: Path) -> dict[str, Any]:
    try:
        output, _ = child.communicate(timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"{program.module} did not end within {LONGEST_SECONDS} s\n{_tail(log)}") from error
    lines = output.splitlines()
    if child.returncode != 0 or not lines:
        words = " ".join([program.module, *program.arguments])
        raise ProgramFailed(f"{words} ended with exit code {child.returncode}; its last words:\n{_tail(log)}")
    report: dict[str, Any] = json.loads(lines[-1])
    return report


def _measurement(report: Mapping[str, Any]) -> Measurement:
    return Measurement(
        entries=int(report["entries"]),
        batches=int(report["batches"]),
        seconds=report["seconds"],
        cpu_seconds=report["cpu_seconds"],
        peak_rss_mib=report["peak_rss_mib"],
        rss_mib=report["rss_mib"],
    )


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
