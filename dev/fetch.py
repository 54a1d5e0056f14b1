"""Fetching what a part is made of: jars from Maven Central and Debian packages, each only once."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dev.part import STACK, Missing


def jars(name: str, pom: Path) -> Path:
    """The folder with the dependencies of `pom`, fetched unless that was done for this very pom. Raises Missing."""
    folder = STACK / "jars" / name
    with only_one(name):
        if _fetched(folder, pom):
            return folder
        if not shutil.which("mvn"):
            debian("maven")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _run(
            [
                "mvn",
                "-q",
                "-B",
                "-f",
                pom,
                "dependency:copy-dependencies",
                f"-DoutputDirectory={folder}",
                "-DincludeScope=runtime",
            ],
            f"Maven could not fetch the jars of {name}: check the network and Maven's settings",
        )
        shutil.copy(pom, folder / "pom.xml")
    return folder


def debian(*packages: str) -> None:
    """Install those Debian packages that are not there. Raises Missing, naming them, where that is not possible."""
    absent = [package for package in packages if not _installed(package)]
    if not absent:
        return
    names = " ".join(absent)
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise Missing(f"these packages are missing: {names}; on Debian: sudo apt-get install {names}")
    _run(["apt-get", "update", "-qq"], f"apt-get update failed, and these packages are missing: {names}")
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *absent], f"apt-get could not install {names}")


def unpacked(package: str, folder: Path) -> None:
    """Unpack that Debian package into `folder` without installing it; no rights are needed. Raises Missing."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Missing(f"{package} is missing and Debian's tools are not here: install {package}")
    _run(["apt-get", "download", "-qq", package], f"apt-get could not download {package}", folder=folder)
    (archive,) = folder.glob("*.deb")
    _run(["dpkg", "-x", archive, folder], f"{archive.name} could not be unpacked")
    archive.unlink()


def once(folder: Path, version: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` fills, made once for this version; a half made one is made again."""
    mark = folder / ".version"
    with only_one(f"{folder.parent.name}-{folder.name}"):
        if not mark.exists() or mark.read_text() != version:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            make(folder)
            mark.write_text(version)
    return folder


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Hold the lock under which `name` is fetched or built: two starts at the same time do it once."""
    lock = STACK / "jars" / f"{name}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetched(folder: Path, pom: Path) -> bool:
    # the copy of the pom is written last, so it also proves that the download was complete
    copy = folder / "pom.xml"
    return copy.exists() and copy.read_bytes() == pom.read_bytes()


def _installed(package: str) -> bool:
    if not shutil.which("dpkg-query"):
        return False
    status = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package], capture_output=True, text=True, check=False)
    return status.stdout == "install ok installed"


def _run(command: Sequence[str | Path], failure: str, *, folder: Path | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=folder)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise Missing(f"{failure} ({lines[0] if lines else f'exit {done.returncode}'})")
