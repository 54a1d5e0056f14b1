"""Calls that may never return, made so that the process still ends: a helper thread calls, the main thread watches."""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import NoReturn, TypeVar

from runtime.shutdown import Shutdown

T = TypeVar("T")

STUCK_EXIT_CODE = 75
LOOK_SECONDS = 0.2


def exit_stuck(what: str, seconds: float) -> NoReturn:
    """End the process without any clean-up: the stuck call would block that as well."""
    sys.stderr.write(
        f"sk2siem: {what} did not return for {seconds:.0f} s; the process ends so that it can start afresh\n"
    )
    sys.stderr.flush()
    os._exit(STUCK_EXIT_CODE)


class Bounded:
    """Runs one call at a time in a helper thread of its own.

    A call that takes longer than `stuck_after` seconds, or than `grace` seconds after a stop was requested,
    ends the process with exit code 75 (design: the only downstream fault that restarts a process).
    """

    def __init__(
        self,
        shutdown: Shutdown,
        *,
        stuck_after: float = 180.0,
        grace: float = 10.0,
        on_stuck: Callable[[str, float], NoReturn] = exit_stuck,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._shutdown = shutdown
        self._stuck_after = stuck_after
        self._grace = grace
        self._on_stuck = on_stuck
        self._beat = beat
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bounded")

    def __call__(self, what: str, call: Callable[[], T]) -> T:
        """The result of `call`, or what it raised; `what` names it in the last words of a stuck process."""
        return self._watch(what, self._thread.submit(call))

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _watch(self, what: str, future: "Future[T]") -> T:
        started = time.monotonic()
        stop_seen: float | None = None
        while True:
            try:
                return future.result(timeout=LOOK_SECONDS)
            except NotYet:
                if future.done():
                    return future.result()
            self._beat()
            now = time.monotonic()
            if self._shutdown.requested and stop_seen is None:
                stop_seen = now
            if now - started > self._stuck_after or (stop_seen is not None and now - stop_seen > self._grace):
                self._on_stuck(what, now - started)
