"""`run all`: a halt stops everything, any other end is followed by a restart, a requested stop is a success."""

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from cli.children import Child, stop
from cli.services import configured
from cli.settings import load
from cli.supervisor import Supervisor
from runtime.backoff import Backoff
from runtime.shutdown import Shutdown

FOREVER = "import signal; signal.pause()"
STOP_SECONDS = 10.0


@dataclass(slots=True)
class Programs:
    """Real processes that play the services: each start of a service takes the next program of its list."""

    programs: dict[str, list[str]]
    shutdown: Shutdown
    stop_after: int = 99
    settled: list[bool] = field(default_factory=list)
    started: list[Child] = field(default_factory=list)

    def start(self, service: str, environ: Mapping[str, str]) -> Child:
        code = self.programs[service].pop(0)
        process = subprocess.Popen([sys.executable, "-c", code], env=dict(environ), process_group=0)
        child = Child(service, process, time.monotonic())
        self.started.append(child)
        if len(self.started) == self.stop_after:
            self.shutdown.request()
        return child

    def run(self) -> int:
        environs: dict[str, Mapping[str, str]] = {name: {} for name in self.programs}
        supervisor = Supervisor(
            environs,
            Backoff(0.01, 0.01),
            self.shutdown,
            self.start,
            look_seconds=0.01,
            settled_seconds=0.01,
            settled=self.settled.pop,
        )
        return supervisor.run(STOP_SECONDS)

    def codes(self) -> list[tuple[str, int | None]]:
        return [(child.service, child.exit_code) for child in self.started]


@pytest.mark.parametrize("code", [pytest.param(70, id="halt"), pytest.param(78, id="configuration")])
def test_a_child_that_halts_stops_the_others_and_decides_the_exit_code(code: int) -> None:
    programs = Programs({"enricher": [FOREVER], "file": [f"raise SystemExit({code})"]}, Shutdown())

    assert programs.run() == code
    assert programs.codes() == [("enricher", 128 + 15), ("file", code)]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("raise SystemExit(1)", id="bug"),
        pytest.param("raise SystemExit(75)", id="stuck"),
        pytest.param("import os; os.kill(os.getpid(), 9)", id="killed"),
    ],
)
def test_a_child_that_fails_otherwise_is_restarted(end: str) -> None:
    programs = Programs({"file": [end, end, "raise SystemExit(0)"]}, Shutdown())

    assert programs.run() == 0
    assert len(programs.started) == 3


def test_a_stop_that_was_asked_for_ends_every_child_and_is_a_success() -> None:
    programs = Programs({"enricher": [FOREVER], "file": [FOREVER]}, Shutdown(), stop_after=2)

    assert programs.run() == 0
    assert programs.codes() == [("enricher", 128 + 15), ("file", 128 + 15)]


def test_a_journal_that_has_ended_ends_all_once_everything_is_settled() -> None:
    settled = [True, False, False]
    programs = Programs({"producer": ["raise SystemExit(0)"], "enricher": [FOREVER]}, Shutdown(), settled=settled)

    assert programs.run() == 0
    assert programs.codes() == [("producer", 0), ("enricher", 128 + 15)]
    assert settled == []


def test_nothing_is_asked_while_the_producer_runs() -> None:
    programs = Programs({"producer": [FOREVER], "file": ["raise SystemExit(0)"], "enricher": [FOREVER]}, Shutdown())
    programs.stop_after = 3

    assert programs.run() == 0


def test_a_producer_that_was_restarted_and_then_ends_has_ended_the_journal() -> None:
    ends = ["raise SystemExit(75)", "raise SystemExit(0)"]
    programs = Programs({"producer": ends, "enricher": [FOREVER]}, Shutdown(), settled=[True])

    assert programs.run() == 0
    assert [service for service, _ in programs.codes()] == ["producer", "enricher", "producer"]


def test_a_child_that_ignores_the_stop_is_killed() -> None:
    code = "import signal, sys; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, process_group=0)
    assert process.stdout is not None
    with process.stdout as output:
        output.readline()

    stop([Child("file", process, time.monotonic())], 0.1)

    assert process.returncode == -9


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        pytest.param({}, ("producer", "enricher"), id="no-sink"),
        pytest.param({"SK2SIEM_FILE__PATH": "out"}, ("producer", "enricher", "file"), id="file"),
        pytest.param(
            {
                "SK2SIEM_ELASTIC__URL": "https://es.example.com:9200",
                "SK2SIEM_SPLUNK__URL": "https://splunk.example.com:8088",
                "SK2SIEM_SPLUNK__TOKEN": "t0ken-t0ken",
            },
            ("producer", "enricher", "splunk", "elastic"),
            id="two-siems",
        ),
    ],
)
def test_all_means_the_services_that_are_configured(environ: Mapping[str, str], names: tuple[str, ...]) -> None:
    assert configured(load(environ)) == names
