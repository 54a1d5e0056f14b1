"""One event that every wait listens to, set by SIGTERM or Ctrl-C."""

import _thread
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Shutdown:
    """A request to stop, once made never taken back. Waits end at once when it is made."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._first = threading.Lock()
        self._requested = False
        self._finished = False
        self._end: Callable[[int], object] = os._exit

    @property
    def requested(self) -> bool:
        return self._requested

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do; else somebody asked for the stop."""
        return self._finished

    def finish(self) -> None:
        """Request the stop because there is nothing left to do."""
        self._finished = True
        self.request()

    def request(self) -> None:
        """From any thread, and from a handler of signals.

        A handler interrupts the main thread, which may hold the event's lock at the beginning of a wait: setting the
        event right here would wait for it for ever. (Starting a `threading.Thread` takes locks as well.)
        """
        self._request()

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` (which may be infinite); True as soon as a stop is requested."""
        return self._event.wait(None if seconds == float("inf") else seconds) or self._requested

    def install(self, end: Callable[[int], object] = os._exit) -> None:
        """Let SIGTERM and SIGINT request the stop; a second signal ends the process at once, by `end` with the code."""
        self._end = end
        for number in SIGNALS:
            signal.signal(number, self.heed)

    def heed(self, number: int, _frame: FrameType | None) -> None:
        """The handler: request the stop; end the process where one was requested before."""
        if not self._request():
            self._end(128 + number)

    def _request(self) -> bool:
        """False where it was requested before. A lock tells: a second signal can interrupt the first one's handler."""
        if not self._first.acquire(blocking=False):
            return False
        self._requested = True
        _thread.start_new_thread(self._event.set, ())
        return True
