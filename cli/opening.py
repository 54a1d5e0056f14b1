"""Opening the ends of a service: tried until it succeeds or a stop is requested, while the probes answer."""

from collections.abc import Callable
from typing import TypeVar

from runtime.errors import Unavailable
from runtime.flow import Source, Stage
from runtime.logs import log
from runtime.service import Running
from runtime.worker import run_worker

T = TypeVar("T")

LOOK_SECONDS = 0.2


def serve(build: Callable[[], tuple[Source[T], Stage[T]]], running: Running) -> int:
    """The exit code of a service whose ends `build` makes. Raises what `build` raises, except Unavailable."""
    with running.resources:
        ends = opened(build, running)
        return run_worker(*ends, running.conditions) if ends else 0


def opened(build: Callable[[], T], running: Running) -> T | None:
    """What `build` makes, as soon as it can; None when a stop was requested before."""
    attempt = 0
    while not running.shutdown.requested:
        running.health.beat()
        try:
            return build()
        except Unavailable as error:
            _say(error, running)
            _wait(running.backoff.delay(attempt, error.retry_after), running)
            attempt += 1
    return None


def _say(error: Unavailable, running: Running) -> None:
    if running.health.troubles.get("start") != str(error):
        running.health.trouble("start", str(error))
        log.warning("waiting", part="start", why=str(error))


def _wait(seconds: float, running: Running) -> None:
    while seconds > 0 and not running.shutdown.wait(min(seconds, LOOK_SECONDS)):
        running.health.beat()
        seconds -= LOOK_SECONDS
