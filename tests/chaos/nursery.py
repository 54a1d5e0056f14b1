"""Workers that are forked from a process in which everything is imported: born in a moment, and killed for real.

A thousand times four starts of an interpreter would cost more than what they are to prove. The one difference to a
worker of the command line: a wait for a person, who has half a minute elsewhere, is over after PERSON_SECONDS here.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, Self

from tests.processes import ServiceProcess

PERSON_SECONDS = 0.2
LOOK_SECONDS = 0.01
Said = dict[str, int | None]


class Nursery:
    """Thread-safe."""

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, **request: object) -> Said:
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer: Said = json.loads(self._process.stdout.readline())
            return answer


class Forked:
    """What `subprocess.Popen` is to a process of one's own."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._nursery.ask(poll=self.pid)["code"]
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        end = time.monotonic() + (timeout or 60)
        while (code := self.poll()) is None:
            assert time.monotonic() < end, f"process {self.pid} did not end"
            time.sleep(LOOK_SECONDS)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Worker(ServiceProcess):
    """`sk2siem run NAME`, forked."""

    def __init__(self, nursery: Nursery, name: str, environment: Mapping[str, str], folder: Path) -> None:
        super().__init__(name, environment, folder)
        self._nursery = nursery

    def start(self) -> None:
        said = self._nursery.ask(run=self.name, environment=self._environment, log=str(self.log))
        assert said["pid"] is not None
        self._process = Forked(self._nursery, said["pid"])


def main() -> None:
    """Fork a worker, or say how one ended, for each line on standard input; all end when that ends."""
    _import_everything()
    pids = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "run" in request:
            pid = os.fork()
            if pid == 0:
                _become(request["run"], request["environment"], request["log"])
            pids.add(pid)
            said: Said = {"pid": pid}
        else:
            found, status = os.waitpid(request["poll"], os.WNOHANG)
            pids.discard(found)
            said = {"code": os.waitstatus_to_exitcode(status) if found else None}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def _import_everything() -> None:
    for name in ("cli.main", "runtime.embedded", "sinks.elastic.sink", "sinks.splunk.sink"):
        importlib.import_module(name)
    for module in list(sys.modules.values()):
        if hasattr(module, "OPERATOR_SECONDS"):
            vars(module)["OPERATOR_SECONDS"] = PERSON_SECONDS


def _become(name: str, environment: Mapping[str, str], log: str) -> NoReturn:
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number, file in ((0, nothing), (1, output), (2, output)):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(environment)
    os._exit(sys.modules["cli.main"].run_command(["run", name]))


if __name__ == "__main__":
    main()
