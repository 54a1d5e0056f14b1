"""One event that every wait listens to, set by SIGTERM or Ctrl-C."""

import _thread
import os
import signal
import threading
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Shutdown:
    """A request to stop, once made never taken back. Waits end at once when it is made."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._requested = False

    @property
    def requested(self) -> bool:
        return self._requested

    def request(self) -> None:
        """From any thread, and from a handler of signals.

        A handler interrupts the main thread, which may hold the event's lock at the beginning of a wait: setting the
        event right here would wait for it for ever. (Starting a `threading.Thread` takes locks as well.)
        """
        if not self._requested:
            self._requested = True
            _thread.start_new_thread(self._event.set, ())

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` (which may be infinite); True as soon as a stop is requested."""
        return self._event.wait(None if seconds == float("inf") else seconds) or self._requested

    def install(self) -> None:
        """Let SIGTERM and SIGINT request the stop; a second signal ends the process at once."""
        for number in SIGNALS:
            signal.signal(number, self.heed)

    def heed(self, number: int, _frame: FrameType | None) -> None:
        """The handler: request the stop; end the process where one was requested before."""
        if self.requested:
            os._exit(128 + number)
        self.request()
