"""`run all`: a halt stops everything, any other end is followed by a restart, a requested stop is a success."""

import errno
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from cli.children import FINISHED, Child, stop
from cli.services import configured
from cli.settings import load
from cli.supervisor import Supervisor
from runtime.backoff import Backoff
from runtime.shutdown import Shutdown

FOREVER = "import signal; signal.pause()"
ENDED = f"raise SystemExit({FINISHED})"
NO_PROCESS = "no process can be had"
PARENT = """
import os, subprocess, sys, time
from cli.children import Child, Children
from runtime.shutdown import Shutdown

def begin(name, environ, log):
    code = "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.write(1, b'child\\\\n'); time.sleep(60)"
    if name == "last":
        os.write(1, b"starting\\n")
    process = subprocess.Popen([sys.executable, "-c", code], process_group=0)
    if name == "last":
        time.sleep(1)
    return Child(name, process, time.monotonic())

children = Children(begin)
Shutdown().install(children.end)
for name in sys.argv[1:]:
    children.start(name, {})
while True:
    time.sleep(0.01)
"""
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
        if code == NO_PROCESS:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
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
        pytest.param("raise SystemExit(0)", id="stopped by somebody else"),
    ],
)
@pytest.mark.parametrize("service", ["producer", "enricher", "file"])
def test_a_child_that_ends_otherwise_is_restarted(service: str, end: str) -> None:
    programs = Programs({service: [end, end, FOREVER]}, Shutdown(), stop_after=3)

    with capture_logs() as lines:
        assert programs.run() == 0

    assert [line["ended"] for line in lines if line["event"] == "a service ended and is restarted"] == [service] * 2


def test_a_child_that_cannot_be_started_now_is_started_later_and_the_others_go_on() -> None:
    shutdown = Shutdown()
    programs = Programs({"enricher": [FOREVER], "file": [NO_PROCESS, NO_PROCESS, FOREVER]}, shutdown, stop_after=2)

    with capture_logs() as lines:
        assert programs.run() == 0

    assert programs.codes() == [("enricher", 128 + 15), ("file", 128 + 15)]
    assert [line["waiting"] for line in lines if line["event"] == "a service cannot be started now"] == ["file"] * 2


def test_a_stop_that_was_asked_for_ends_every_child_and_is_a_success() -> None:
    programs = Programs({"enricher": [FOREVER], "file": [FOREVER]}, Shutdown(), stop_after=2)

    assert programs.run() == 0
    assert programs.codes() == [("enricher", 128 + 15), ("file", 128 + 15)]


def test_a_journal_that_has_ended_ends_all_once_everything_is_settled() -> None:
    settled = [True, False, False]
    programs = Programs({"producer": [ENDED], "enricher": [FOREVER]}, Shutdown(), settled=settled)

    assert programs.run() == 0
    assert programs.codes() == [("producer", FINISHED), ("enricher", 128 + 15)]
    assert settled == []


def test_nothing_is_asked_while_the_producer_runs() -> None:
    ends = ["raise SystemExit(0)", FOREVER]
    programs = Programs({"producer": [FOREVER], "file": ends, "enricher": [FOREVER]}, Shutdown(), stop_after=4)

    assert programs.run() == 0


def test_a_producer_that_was_restarted_and_then_ends_has_ended_the_journal() -> None:
    ends = ["raise SystemExit(75)", ENDED]
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
    ("names", "lines"),
    [
        pytest.param(["one", "two"], ["child\n", "child\n"], id="that runs"),
        pytest.param(["last"], ["starting\n"], id="that is being started"),
    ],
)
def test_a_second_signal_takes_every_child_along(names: list[str], lines: list[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, *names], stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            assert [parent.stdout.readline() for _ in lines] == lines

            parent.send_signal(signal.SIGTERM)
            parent.send_signal(signal.SIGINT)
            # the children have this pipe too: it ends when the last of them does
            parent.communicate(timeout=30)
        finally:
            parent.kill()

    assert parent.returncode in (128 + signal.SIGTERM, 128 + signal.SIGINT)


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
