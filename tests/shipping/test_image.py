"""The Dockerfile: what it copies is there, and what it runs works with its environment."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.part import free_port
from tests.processes import wait_until
from tests.shipping.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    """What follows `name` in the Dockerfile, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    return re.findall(rf"^{name} +(.+)$", joined, re.MULTILINE)


def environment() -> dict[str, str]:
    """The image's own variables."""
    (line,) = instructions("ENV")
    return dict(pair.split("=", 1) for pair in shlex.split(line))


def test_what_is_copied_is_there(source: Path) -> None:
    copied = [words.split()[:-1] for words in instructions("COPY") if not words.startswith("--from")]

    names = [name for words in copied for name in words if not name.startswith("$")]

    assert names == [".", "dev/odbcinst.ini", "dev"]
    assert all((source / name).exists() for name in names)


def test_what_the_context_leaves_out_is_not_needed(source: Path) -> None:
    left_out = {line for line in (source / ".dockerignore").read_text().splitlines() if line.isidentifier()}

    needed = {"cli", "dev", "enricher", "producer", "runtime", "schemas", "siem", "sinks", "README.md", "LICENSE"}

    assert left_out & needed == set()
    assert all((source / name).exists() for name in (*needed, "pyproject.toml", "requirements.lock"))


def test_the_driver_has_the_name_that_the_settings_expect() -> None:
    (names,) = re.findall(r"^\[(.+)\]$", (ROOT / "dev" / "odbcinst.ini").read_text(), re.MULTILINE)

    assert names == "IBM i Access ODBC Driver"
    assert environment()["LD_LIBRARY_PATH"] in (ROOT / "dev" / "odbcinst.ini").read_text()


def test_the_image_is_healthy_while_its_service_lives(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    (words,) = re.findall(r"CMD (\[.+\])", instructions("HEALTHCHECK")[0])
    check = json.loads(words.replace(":9464", f":{port}"))

    with service(installed, port, tmp_path):
        wait_until("healthy", lambda: outcome(check, installed) == 0, 30)
    ended = outcome(check, installed)

    assert ended != 0


@contextmanager
def service(installed: Path, port: int, folder: Path) -> Iterator[None]:
    """A service of the image, that must end with 0 when it is asked to."""
    settings = {
        **environment_of(installed),
        "SK2SIEM_OPS__HOST": "127.0.0.1",
        "SK2SIEM_OPS__PORT": str(port),
        "SK2SIEM_BROKER__URL": f"sqlite:///{folder}/broker.db",
        "SK2SIEM_FILE__PATH": "-",
    }
    process = subprocess.Popen(["sk2siem", "run", "file"], cwd="/", env=settings, stdout=subprocess.DEVNULL)
    try:
        yield
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def environment_of(installed: Path) -> dict[str, str]:
    """The image's own variables, where its files are here."""
    return {name: text.replace("/opt/sk2siem", str(installed)) for name, text in environment().items()}


def outcome(check: list[str], installed: Path) -> int:
    return subprocess.run(check, env=environment_of(installed), capture_output=True, check=False, timeout=20).returncode
