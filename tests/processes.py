"""Services as real processes, as an operator runs them: started, killed, restarted, asked for their metrics."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

from dev.part import free_port

LOOK_SECONDS = 0.1


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return as soon as the condition holds; fail with `what` when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(LOOK_SECONDS)


def lasting(condition: Callable[[], bool], looks: int = 10) -> Callable[[], bool]:
    """A condition that holds when the other one did in so many looks in a row."""
    held = 0

    def holds() -> bool:
        nonlocal held
        held = held + 1 if condition() else 0
        return held >= looks

    return holds


def stays(what: str, condition: Callable[[], bool], seconds: float) -> None:
    """Look for `seconds`; fail with `what` as soon as the condition does not hold."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), what
        time.sleep(LOOK_SECONDS)


class Child(Protocol):
    """What is needed of a process; `subprocess.Popen` is one."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


class ServiceProcess:
    """`sk2siem run NAME` with its log in a file; restarts keep the environment.

    `prefix` stands before the command and says how it is run, such as with less rights; `module` is the command
    itself, and what it wants before the arguments.
    """

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        folder: Path,
        *arguments: str,
        prefix: Sequence[str] = (),
        module: Sequence[str] = ("cli",),
    ) -> None:
        self.name = name
        self.port = free_port()
        self.log = folder / f"{environment.get('SK2SIEM_WORKER', name)}-{name}.log"
        self._command = [*prefix, sys.executable, "-m", *module, *(arguments or ("run", name))]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("SK2SIEM_")}
        # by port alone each entry has a verdict or is an event, so that every id can be followed to the end
        offline = {"SK2SIEM_ENRICHER__DNS__ENABLED": "false", "SK2SIEM_ENRICHER__POLICY": "ports"}
        self._environment = {**clean, **offline, **environment, "SK2SIEM_OPS__PORT": str(self.port)}
        self._process: Child | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self.discard()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def process(self) -> Child:
        assert self._process is not None
        return self._process

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL: nothing gets a chance to be tidied up."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM; the exit code."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def discard(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None and self.running:
            self.kill()

    def wait(self, seconds: float) -> int:
        return self.process.wait(seconds)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def last_words(self, lines: int = 8) -> str:
        return "\n".join(self.log_text().splitlines()[-lines:])

    def events(self, name: str) -> list[dict[str, object]]:
        """The log lines of one event, with their fields."""
        lines = [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of the ops server; 0 while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """The sum of all samples of a metric; 0 where there are none yet."""
        pattern = rf"^sk2siem_{name}(?:\{{[^}}]*\}})? (\S+)$"
        return sum(float(value) for value in re.findall(pattern, self.get("/metrics")[1], re.MULTILINE))
