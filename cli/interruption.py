"""Ctrl-C and SIGTERM while a command of the operator works: every wait ends, and what is open is let go."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from runtime.shutdown import SIGNALS, Shutdown


@contextmanager
def interruptible(shutdown: Shutdown) -> Iterator[None]:
    """The first signal requests the stop and raises KeyboardInterrupt; a second one ends the process at once.

    Because of the request a call that never returns is waited for no longer than the grace.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        shutdown.heed(number, frame)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
