"""What is shipped, installed from a clean folder as the image and a host install it: once for all tests here."""

import os
import subprocess
from pathlib import Path

import pytest

from dev import fetch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the project that git knows, and nothing else."""
    folder = tmp_path_factory.mktemp("source")
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="session")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `dev/install.sh` made; tests that run beside each other share one."""
    ours = tmp_path_factory.getbasetemp()
    folder = (ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours) / "opt" / "sk2siem"
    with fetch.only_one("shipping"):
        if not folder.exists():
            install(source, folder)
    return folder


def install(source: Path, folder: Path) -> None:
    done = subprocess.run(
        ["sh", "dev/install.sh", folder], cwd=source, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("sk2siem ")
