"""What every part of the local stack has in common: its shape, its errors, its ports and its one background process.

A part lives in `dev/<name>/` and its package offers one class, named like the folder (`dev.kafka.Kafka`,
`dev.elasticsearch.Elasticsearch`, `dev.ibmi.Ibmi`, `dev.hec.Hec`), built by `(port=…, data=…)`, both optional.
Its `__main__.py` hands that class to `dev.command.main`. See `dev.fetch` for jars and Debian packages.
"""

import contextlib
import fcntl
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, Self

STACK = Path(__file__).resolve().parent.parent / ".stack"


class Missing(RuntimeError):
    """A tool is not there and could not be fetched; the message says which one and what to do."""


class Failed(RuntimeError):
    """A part did not start or stop; the message says why and where its log is."""


class Part(Protocol):
    """One server of the local stack, with a data folder that outlives it."""

    @property
    def url(self) -> str: ...

    @property
    def pid(self) -> int | None:
        """The running process, or None."""

    def install(self) -> None:
        """Fetch and build what is not there yet; raises Missing."""

    def start(self) -> None:
        """Install if needed, start in the background on the same data as before, and return once it answers.

        Raises Missing or Failed, and then leaves nothing running.
        """

    def stop(self) -> None:
        """Ask the process to end and wait until it has; nothing happens when it does not run."""

    def kill(self) -> None:
        """SIGKILL, as a crash would: nothing is flushed, the data stays."""

    def exports(self) -> dict[str, str]:
        """The SK2SIEM_* settings with which a service reaches this part."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class Process:
    """A background process that owns a data folder.

    `DIR/pid` names it and stays locked for as long as it lives, so an old file can never make `stop` hit a stranger.
    Its output goes to `DIR/output.log`.
    """

    def __init__(self, name: str, data: Path) -> None:
        self.name = name
        self.data = data.absolute()
        self.log = self.data / "output.log"
        self._pid_file = self.data / "pid"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        try:
            with self._pid_file.open() as file:
                return None if _locked(file, fcntl.LOCK_SH) else int(file.read() or 0) or None
        except FileNotFoundError:
            return None

    def start(self, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> None:
        """Start `command` in a session of its own, with `env` added to the environment. Raises Failed when it runs."""
        self.require_stopped()
        self.data.mkdir(parents=True, exist_ok=True)
        with self._pid_file.open("a+") as lock, self.log.open("ab") as log:
            if not _locked(lock, fcntl.LOCK_EX):
                raise Failed(f"{self.name} is being started or looked at by another process: try again")
            lock.truncate(0)
            self._child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                pass_fds=[lock.fileno()],  # the lock lives as long as the process does
            )
            lock.write(f"{self._child.pid}\n")

    def require_stopped(self) -> None:
        """Raises Failed when the process runs."""
        if pid := self.pid:
            raise Failed(f"{self.name} already runs on {self.data} as process {pid}: stop it first")

    def wait_until(self, answers: Callable[[], bool], *, seconds: float) -> None:
        """Return once `answers()` is true. Raises Failed, with the end of the log, when the process ends before or
        the time is over; whatever interrupts the wait, nothing is left running.
        """
        deadline = time.monotonic() + seconds
        ready = False
        try:
            while self.pid and time.monotonic() < deadline and not (ready := answers()):
                time.sleep(0.1)
            why = f"did not answer within {seconds:.0f} s" if self.pid else "ended while it started"
        finally:
            if not ready:
                self.kill()
        if not ready:
            raise Failed(f"{self.name} {why}; the end of {self.log}:\n{_tail(self.log)}")

    def stop(self, *, seconds: float = 60) -> None:
        """SIGTERM, then wait until the process has ended. Raises Failed, after a SIGKILL, when that takes too long."""
        self._signal(signal.SIGTERM)
        if not self.wait(seconds=seconds):
            self.kill()
            raise Failed(f"{self.name} did not stop within {seconds:.0f} s and was killed; see {self.log}")

    def kill(self) -> None:
        """SIGKILL to the process and every process of its group."""
        self._signal(signal.SIGKILL, whole_group=True)
        if not self.wait(seconds=30):
            raise Failed(f"{self.name} survives SIGKILL as process {self.pid}")

    def wait(self, *, seconds: float = float("inf")) -> bool:
        """Whether the process has ended, after waiting for that."""
        deadline = time.monotonic() + seconds
        while self.pid:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        if self._child:
            self._child.wait()
        return True

    def _signal(self, number: signal.Signals, *, whole_group: bool = False) -> None:
        if pid := self.pid:
            with contextlib.suppress(ProcessLookupError):  # it ended in between
                (os.killpg if whole_group else os.kill)(pid, number)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, below the range from which outgoing connections take theirs."""
    while not is_free(port := random.randint(20_000, 32_000)):
        pass
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def require_free(name: str, port: int) -> None:
    """Raises Failed when somebody else listens on `port`."""
    if not is_free(port):
        raise Failed(f"{name} cannot listen on 127.0.0.1:{port}, something else does: choose another with --port")


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(empty)"
