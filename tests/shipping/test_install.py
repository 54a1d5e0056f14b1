"""`dev/install.sh` makes what the image and a host run: the wheel, its locked dependencies, and nothing else."""

import re
import subprocess
from pathlib import Path

from tests.shipping.conftest import ROOT

PACKAGES = ("producer", "enricher", "sinks", "schemas", "runtime", "cli")
LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def test_it_holds_the_wheel_and_what_is_locked_and_nothing_else(installed: Path) -> None:
    (site,) = installed.glob("lib/python3.*/site-packages")

    found = {tuple(path.name.removesuffix(".dist-info").split("-")) for path in site.glob("*.dist-info")}

    locked = {
        (name.replace("-", "_"), version) for name, version in LOCKED.findall((ROOT / "requirements.lock").read_text())
    }
    assert {(name.lower(), version) for name, version in found} == {*locked, ("sk2siem", "0.1.0")}
    assert all((site / package).is_dir() for package in PACKAGES)
    assert not any((site / other).exists() for other in ("dev", "tests", "bench", "pip"))


def test_it_brings_all_content_and_needs_no_source(installed: Path, tmp_path: Path) -> None:
    settings = {"SK2SIEM_ELASTIC__URL": "http://127.0.0.1:1", "SK2SIEM_BROKER__URL": f"sqlite:///{tmp_path}/broker.db"}

    policy = sk2siem(installed, "policy", "check", "default", cwd=tmp_path)
    topics = sk2siem(installed, "init", "topics", cwd=tmp_path, **settings)

    assert policy.stdout.startswith("ok  default: policy"), policy.stderr
    assert "sk.verdicts" in topics.stdout, topics.stderr


def test_the_units_come_with_the_wheel(installed: Path) -> None:
    (units,) = installed.glob("lib/python3.*/site-packages/cli/systemd")

    shipped = {path.name: path.read_text() for path in units.iterdir()}

    assert shipped == {path.name: path.read_text() for path in (ROOT / "cli" / "systemd").iterdir()}


def test_a_folder_that_is_there_is_not_touched(source: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "dev/install.sh", tmp_path], cwd=source, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 1
    assert done.stderr == f"{tmp_path} is there already: remove it, or choose another folder\n"
    assert list(tmp_path.iterdir()) == []


def sk2siem(installed: Path, *words: str, cwd: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [installed / "bin" / "sk2siem", *words],
        cwd=cwd,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
