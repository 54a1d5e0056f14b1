"""`run all`: every configured service as a child process; what ends is restarted, what halts stops all."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cli.children import FINISHED, Child, Children, start, stop, stop_on_hangup
from cli.services import SERVICES, configured
from cli.settings import Settings
from cli.settled import Settlement
from runtime.backoff import Backoff
from runtime.errors import ConfigError, Halt
from runtime.logs import log
from runtime.shutdown import Shutdown

FINAL = (Halt.exit_code, ConfigError.exit_code)
LOOK_SECONDS = 0.2
SETTLED_SECONDS = 1.0
STEADY_SECONDS = 60.0
EXTRA_SECONDS = 20.0


def run_all(settings: Settings, environ: Mapping[str, str]) -> int:
    """0 after a stop that was asked for, or when the journal has ended; else the code of the child that halted."""
    names = configured(settings)
    shutdown = Shutdown()
    children = Children()
    shutdown.install(children.end)
    stop_on_hangup(shutdown)
    settlement = Settlement(settings, names)
    supervisor = Supervisor(
        {name: {**environ, "SK2SIEM_OPS__PORT": str(_ops_port(settings.ops.port, name))} for name in names},
        Backoff(1.0, 60.0),
        shutdown,
        children.start,
        settled=settlement.reached,
    )
    try:
        return supervisor.run(settings.loop.grace + EXTRA_SECONDS)
    finally:
        settlement.close()


def _ops_port(first: int, name: str) -> int:
    """Each service has its own port, the same one whatever else is configured."""
    return first + list(SERVICES).index(name) if first else 0


@dataclass(slots=True)
class Supervisor:
    """The children by service, and when those that ended start again.

    `settled` is asked once the producer has ended because its journal has. Whatever else ends, ended unasked.
    """

    environs: Mapping[str, Mapping[str, str]]
    backoff: Backoff
    shutdown: Shutdown
    start: Callable[[str, Mapping[str, str]], Child] = start
    look_seconds: float = LOOK_SECONDS
    settled_seconds: float = SETTLED_SECONDS
    settled: Callable[[], bool] = lambda: False
    _journal_ended: bool = False
    _settled_due: float = 0.0
    _children: dict[str, Child] = field(default_factory=dict)
    _attempts: dict[str, int] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)

    def run(self, stop_seconds: float) -> int:
        """Until a stop is requested, one halted, or the journal has ended and all of it is settled."""
        try:
            for name in self.environs:
                self._start(name)
            while self._children or self._due:
                code = self._look()
                if code is not None:
                    return code
                if self._is_finished():
                    log.info("the journal has ended and everything is settled", services=list(self._children))
                    break
                if self.shutdown.wait(self.look_seconds):
                    log.info("stopping", services=list(self._children))
                    break
            return 0
        finally:
            stop(self._children.values(), stop_seconds)

    def _start(self, name: str) -> None:
        try:
            self._children[name] = self.start(name, self.environs[name])
        except OSError as error:
            # no process or no memory to be had: the others go on, and this one later
            delay = self._later(name)
            log.error("a service cannot be started now", waiting=name, why=error.strerror, seconds=delay)

    def _look(self) -> int | None:
        """The exit code for all when a child halted; others that ended are due for a restart."""
        for name, child in list(self._children.items()):
            code = child.exit_code
            if code is None:
                continue
            del self._children[name]
            if code in FINAL:
                log.error("a service halted, the others are stopped", stopped=name, exit_code=code)
                return code
            if code == FINISHED:
                self._journal_ended = True
                continue
            delay = self._later(name, steady=time.monotonic() - child.started > STEADY_SECONDS)
            log.error("a service ended and is restarted", ended=name, exit_code=code, seconds=delay)
        for name in [name for name, due in self._due.items() if due <= time.monotonic()]:
            del self._due[name]
            self._start(name)
        return None

    def _is_finished(self) -> bool:
        if not self._journal_ended or time.monotonic() < self._settled_due:
            return False
        self._settled_due = time.monotonic() + self.settled_seconds
        return self.settled()

    def _later(self, name: str, *, steady: bool = False) -> float:
        """Make it due to be started; in how many seconds."""
        attempt = 0 if steady else self._attempts.get(name, 0)
        self._attempts[name] = attempt + 1
        delay = self.backoff.delay(attempt, None)
        self._due[name] = time.monotonic() + delay
        return round(delay, 1)
