"""Calls that may never return, made so that the process still ends: a helper thread calls, the main thread watches."""

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import NoReturn, TypeVar

from runtime.logs import log
from runtime.shutdown import Shutdown

T = TypeVar("T")

STUCK_EXIT_CODE = 75
LOOK_SECONDS = 0.2
LAST_WORDS_SECONDS = 2.0


def exit_stuck(what: str, seconds: float) -> NoReturn:
    """End the process without any clean-up: the stuck call would block that as well, and so may who reads the log."""
    why = f"{what} did not return for {seconds:.0f} s; the process ends so that it can start afresh"
    saying = Thread(target=partial(log.error, "stopped", why=why, exit_code=STUCK_EXIT_CODE), daemon=True)
    saying.start()
    saying.join(LAST_WORDS_SECONDS)
    os._exit(STUCK_EXIT_CODE)


class GaveUp(Exception):
    """A call was left to itself, because it cannot succeed any more."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} did not return for {seconds:.0f} s")


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
        self._helper = _Helper()

    def __call__(self, what: str, call: Callable[[], T], *, at_most: float = math.inf) -> T:
        """The result of `call`, or what it raised; `what` names it in the last words of a stuck process.

        After `at_most` seconds it is left behind with its thread, and GaveUp is raised.
        """
        return self._watch(what, self._helper.run(call), at_most)

    def close(self) -> None:
        self._helper.close()

    def _watch(self, what: str, future: "Future[T]", at_most: float) -> T:
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
            if now - started > at_most:
                self._helper = _Helper()
                raise GaveUp(what, now - started)


class _Helper:
    """A thread that makes calls. Unlike a pool's it does not hold up the end of the process when one never returns."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        Thread(target=self._serve, name="bounded", daemon=True).start()

    def run(self, call: Callable[[], T]) -> "Future[T]":
        future: Future[T] = Future()
        self._calls.put(partial(_settle, future, call))
        return future

    def close(self) -> None:
        self._calls.put(None)

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _settle(future: "Future[T]", call: Callable[[], T]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001
        future.set_exception(error)
