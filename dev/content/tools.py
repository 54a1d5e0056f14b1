"""Fetching the tools that check what ships in siem/: promtool of Debian; sigma, splunk-appinspect and the
grammar of ES|QL of PyPI.

Those of PyPI get a virtual environment each below `.stack/tools/`: what they depend on would pin what we depend on.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from ctypes.util import find_library
from pathlib import Path

from dev import fetch
from dev.part import STACK, Missing

HERE = Path(__file__).parent
TOOLS = STACK / "tools"


def promtool() -> Path:
    """The machine's own, else the one in Debian's package `prometheus`, unpacked and not installed. Raises Missing."""
    if found := shutil.which("promtool"):
        return Path(found)
    package = fetch.once(TOOLS / "prometheus", "prometheus", lambda folder: fetch.unpacked("prometheus", folder))
    return package / "usr" / "bin" / "promtool"


def sigma() -> Path:
    """Raises Missing."""
    return _environment("sigma") / "bin" / "sigma"


def appinspect() -> Path:
    """Raises Missing."""
    if find_library("magic") is None:
        fetch.debian("libmagic1")
    return _environment("appinspect") / "bin" / "splunk-appinspect"


def esql() -> Path:
    """The Python that can run esql_syntax.py. Raises Missing."""
    return _environment("esql") / "bin" / "python"


INSTALLERS: Mapping[str, Callable[[], Path]] = {
    "promtool": promtool,
    "sigma": sigma,
    "splunk-appinspect": appinspect,
    "the grammar of ES|QL": esql,
}


def run(program: Path, *arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The tool's answer, whatever it is; for the caller to judge."""
    environment = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return subprocess.run(
        [str(program), *map(str, arguments)], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )


def _environment(name: str) -> Path:
    """A virtual environment with what `<name>.lock` says, made anew when that has changed."""
    lock = HERE / f"{name}.lock"

    def make(folder: Path) -> None:
        _do(name, [sys.executable, "-m", "venv", folder])
        _do(name, [folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "-r", lock])

    return fetch.once(TOOLS / name, lock.read_text(), make)


def _do(name: str, command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        why = lines[-1] if lines else f"exit {done.returncode}"
        raise Missing(f"{name} could not be installed from PyPI ({why}): check the network and pip's settings")
