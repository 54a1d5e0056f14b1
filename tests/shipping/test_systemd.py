"""The units: systemd understands them, and what they start works with the settings that come with them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.settings import load
from dev.part import Missing
from runtime.errors import ConfigError, Halt
from tests.missing import or_give_up
from tests.processes import wait_until
from tests.shipping.conftest import ROOT

UNITS = ROOT / "cli" / "systemd"
INSTANCES = ("sk2siem.service", "sk2siem@enricher.service", "sk2siem-producer@PROD1.service")
BADLY_EXPOSED = 25
"""systemd's own measure, in tenths: 100 is a service without any protection."""


@pytest.fixture
def units(installed: Path, tmp_path: Path) -> Path:
    """The units, for what is installed in another place here."""
    for unit in UNITS.glob("*.service"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/sk2siem", str(installed)))
    return tmp_path


def analyze(*words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = or_give_up(_command)
    return subprocess.run([command, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def _command() -> str:
    found = shutil.which("systemd-analyze")
    if not found:
        raise Missing("systemd-analyze is missing; on Debian: sudo apt-get install systemd")
    return found


@pytest.mark.parametrize("unit", INSTANCES)
def test_systemd_understands_each_unit(unit: str, units: Path) -> None:
    done = analyze("verify", "--man=no", f"./{unit}", cwd=units)

    assert done.returncode == 0, done.stderr
    assert units.name not in done.stderr, "something was said about a unit of ours"


@pytest.mark.parametrize("unit", ["sk2siem.service", "sk2siem@.service", "sk2siem-producer@.service"])
def test_a_service_may_do_little(unit: str, units: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={BADLY_EXPOSED}", f"./{unit}", cwd=units)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_what_needs_a_person_is_not_restarted(unit: Path) -> None:
    (codes,) = re.findall(r"^RestartPreventExitStatus=(.+)$", unit.read_text(), re.MULTILINE)

    assert {int(code) for code in codes.split()} == {Halt.exit_code, ConfigError.exit_code}


def test_the_settings_that_come_with_them_only_lack_secrets() -> None:
    given = dict(line.split("=", 1) for line in (UNITS / "sk2siem.env").read_text().splitlines() if line[:1].isalpha())

    with pytest.raises(ConfigError) as caught:
        load(given)
    settings = load({**given, "SK2SIEM_SPLUNK__TOKEN": "token", "SK2SIEM_IBMI__PASSWORD": "password"})

    assert str(caught.value) == "SK2SIEM_SPLUNK__TOKEN: must be set"
    assert settings.file
    assert settings.splunk


def test_what_the_unit_starts_brings_a_first_alert(installed: Path, tmp_path: Path) -> None:
    text = (UNITS / "sk2siem.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
    own = dict(pair.split("=", 1) for pair in re.findall(r"^Environment=(.+)$", text, re.MULTILINE))
    settings = {
        **{name: value.replace("/var/lib/sk2siem", str(tmp_path)) for name, value in own.items()},
        "SK2SIEM_PRODUCER__SYSTEM": "PROD1",
        "SK2SIEM_PRODUCER__READER": "simulator",
        "SK2SIEM_ENRICHER__DNS__ENABLED": "false",
        "SK2SIEM_FILE__PATH": f"{tmp_path}/records",
        "SK2SIEM_OPS__PORT": "0",
    }

    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command.replace("/opt/sk2siem", str(installed)).split(), cwd=tmp_path, env=settings, stderr=log
        )
        try:
            alerts = tmp_path / "records" / "alerts.ndjson"
            wait_until("a first alert", lambda: alerts.exists() and alerts.stat().st_size > 0, 60)
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
