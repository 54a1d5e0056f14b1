"""One event that every wait listens to, set by SIGTERM or Ctrl-C."""

import os
import signal
import threading
from types import FrameType


class Shutdown:
    """A request to stop, once made never taken back. Waits end at once when it is made."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self) -> None:
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` (which may be infinite); True as soon as a stop is requested."""
        return self._event.wait(None if seconds == float("inf") else seconds)

    def install(self) -> None:
        """Let SIGTERM and SIGINT request the stop; a second signal ends the process at once."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.requested:
            os._exit(128 + number)
        self.request()
