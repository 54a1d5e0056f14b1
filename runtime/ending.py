"""A stop that was asked for comes to its end, whatever a request in hand waits for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from runtime.bounded import LOOK_SECONDS, exit_stuck
from runtime.shutdown import Shutdown

CLOSING_SECONDS = 5.0


@contextmanager
def ending(
    shutdown: Shutdown, grace: float, *, on_stuck: Callable[[str, float], NoReturn] = exit_stuck
) -> Iterator[None]:
    """End the process with 75 when what runs in here goes on for `grace` seconds, and some for closing, after a stop
    was requested. What was in hand then is delivered again after the restart.
    """
    done = threading.Event()
    seconds = grace + CLOSING_SECONDS

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            if shutdown.requested and not done.wait(seconds):
                on_stuck("what was in hand when the stop was requested", seconds)

    thread = threading.Thread(target=watch, name="ending", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
