"""Services as child processes: started like this one, stopped by SIGTERM, killed only when that does not help."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.shutdown import Shutdown

ROOT = Path(__file__).resolve().parent.parent
FINISHED = 3
"""What a child ends with that has nothing left to do, as a producer at the end of its journal: with 0 it was stopped.
A service that is run by itself ends with 0 either way."""


@dataclass(frozen=True, slots=True)
class Child:
    """A service in a process of its own; `log` is where its output goes, None for this process's own."""

    service: str
    process: "subprocess.Popen[bytes]"
    started: float
    log: Path | None = None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a death by signal as a shell gives it."""
        code = self.process.poll()
        return code if code is None or code >= 0 else 128 - code

    def last_words(self, lines: int = 5) -> str:
        """The last lines of its log."""
        if self.log is None:
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def start(service: str, environ: Mapping[str, str], log: Path | None = None) -> Child:
    """Start `run SERVICE`. It gets a process group of its own: Ctrl-C reaches it once, through us."""
    output = log.open("ab") if log else None
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "run", service, "--supervised"],
            env={**environ, "PYTHONPATH": _import_path(environ)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    finally:
        if output:
            output.close()
    return Child(service, process, time.monotonic(), log)


@dataclass(slots=True)
class Children:
    """Who was started here. A second signal kills them before it ends this process: they would go on."""

    begin: Callable[[str, Mapping[str, str], Path | None], Child] = start
    _running: list[Child] = field(default_factory=list)
    _starting: bool = False
    _code: int | None = None

    def start(self, service: str, environ: Mapping[str, str], log: Path | None = None) -> Child:
        """Start `run SERVICE`. A signal meanwhile waits until the child is known, and can be killed."""
        self._starting = True
        try:
            child = self.begin(service, environ, log)
            self._running = [*(one for one in self._running if one.exit_code is None), child]
            return child
        finally:
            self._starting = False
            if self._code is not None:
                self.end(self._code)

    def end(self, code: int) -> None:
        """For `Shutdown.install`: end this process with that code, and them by SIGKILL."""
        self._code = code
        if not self._starting:
            for child in self._running:
                child.process.kill()
            os._exit(code)


def stop(children: Iterable[Child], seconds: float) -> None:
    """SIGTERM to all, and SIGKILL to what is still there after `seconds`."""
    alive = [child for child in children if child.exit_code is None]
    for child in alive:
        child.process.terminate()
    end = time.monotonic() + seconds
    for child in alive:
        try:
            child.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def stop_on_hangup(shutdown: Shutdown) -> None:
    """A terminal that is closed stops the children too: they have a process group of their own and would go on."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: shutdown.request())


def _import_path(environ: Mapping[str, str]) -> str:
    """The packages are found where this process found them, whatever the current folder is."""
    rest = environ.get("PYTHONPATH")
    return f"{ROOT}{os.pathsep}{rest}" if rest else str(ROOT)
