"""A Ctrl-C lets go of what is open, says one line and ends with 130; so does SIGTERM."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.interruption import interruptible
from cli.main import run_command, sk2siem
from runtime.shutdown import Shutdown
from schemas.codec import encode
from tests.unit.sinks.samples import VERDICT

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_ends_a_command_with_one_line_and_lets_go(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutdown, let_go = Shutdown(), []

    def work() -> None:
        with interruptible(shutdown):
            try:
                os.kill(os.getpid(), number)
                signal.pause()
            finally:
                let_go.append(True)

    monkeypatch.setitem(sk2siem.commands, "work", click.Command("work", callback=work))
    before = signal.getsignal(number)

    code = run_command(["work"])

    assert code == 130
    assert capsys.readouterr().err.strip() == "sk2siem: stopped; what was done until now is done"
    assert let_go == [True]
    assert shutdown.requested
    assert signal.getsignal(number) is before


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Whatever a test does, pytest gets its own handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


INTERRUPTED_IMPORT = """
import os, runpy, signal, sys

class Hasty:
    def find_spec(self, name, path=None, target=None):
        if name == "cli.main":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # where the tests run in the background it is ignored
sys.meta_path.insert(0, Hasty())
runpy.run_module("cli", run_name="__main__")
"""


def test_a_ctrl_c_before_everything_is_imported_ends_it_without_a_traceback() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, check=False, timeout=60)

    assert ended.returncode == -signal.SIGINT
    assert ended.stderr == b""


def test_a_disk_that_is_full_is_no_bug() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "cli", "config"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )

    assert ended.returncode == 69
    assert ended.stderr == b"sk2siem: what was to be printed could not be written: No space left on device\n"


def test_whoever_reads_the_output_may_go() -> None:
    command = [sys.executable, "-m", "cli", "config"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (141, b"")


def with_closed_output(folder: Path, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[bytes]":
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "cli", *arguments]
    settings = {"PYTHONPATH": str(ROOT), "SK2SIEM_BROKER__URL": f"sqlite:///{folder}/broker.db", **environ}
    return subprocess.run(
        command, cwd=folder, env=os.environ | settings, stderr=subprocess.PIPE, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["config"], id="lines"),
        pytest.param(["report", "records.ndjson"], id="tables"),
        pytest.param(["report", "records.ndjson", "--csv", "-"], id="a file"),
        pytest.param(["report", "records.ndjson", "--json"], id="JSON"),
        pytest.param(["report", "--help"], id="help"),
    ],
)
def test_what_cannot_be_printed_because_the_output_is_closed_is_no_bug_and_no_success(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "records.ndjson").write_bytes(encode(VERDICT) + b"\n")

    ended = with_closed_output(tmp_path, *arguments)

    why = b"sk2siem: what was to be printed could not be written: standard output is closed\n"
    assert (ended.returncode, ended.stderr) == (69, why)


def test_what_prints_nothing_needs_no_output(tmp_path: Path) -> None:
    (tmp_path / "records.ndjson").write_bytes(encode(VERDICT) + b"\n")

    page = with_closed_output(tmp_path, "report", "records.ndjson", "--html", "page.html")
    service = with_closed_output(
        tmp_path,
        *("run", "all"),
        SK2SIEM_PRODUCER__SYSTEM="PROD1",
        SK2SIEM_PRODUCER__READER="simulator",
        SK2SIEM_SIMULATOR__ENTRIES="20",
        SK2SIEM_SIMULATOR__SPEED="0",
        SK2SIEM_FILE__PATH="out",
        SK2SIEM_OPS__PORT="0",
    )

    assert (page.returncode, service.returncode) == (0, 0), (page.stderr, service.stderr)
    assert (tmp_path / "out" / "verdicts.ndjson").stat().st_size > 0
