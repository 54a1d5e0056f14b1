"""A request to stop ends every wait at once, however it is made."""

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from runtime.shutdown import Shutdown

PROCESSES = 12
"""In one of them a signal surely comes at a bad moment."""


@pytest.fixture
def handlers() -> Iterator[None]:
    """Puts the signal handlers of the test run back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_nothing_is_requested_at_first() -> None:
    shutdown = Shutdown()

    assert not shutdown.requested
    assert shutdown.wait(0.0) is False


@pytest.mark.parametrize("seconds", [3600.0, math.inf], ids=["an hour", "for ever"])
def test_a_wait_ends_as_soon_as_a_stop_is_requested(seconds: float) -> None:
    shutdown = Shutdown()
    other = threading.Thread(target=shutdown.request)

    other.start()

    assert shutdown.wait(seconds) is True
    other.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_requests_the_stop(number: signal.Signals, handlers: None) -> None:
    shutdown = Shutdown()
    shutdown.install()

    os.kill(os.getpid(), number)

    assert shutdown.wait(10.0)


def test_a_signal_is_heard_at_any_moment_of_a_wait() -> None:
    program = """
from runtime.shutdown import Shutdown
shutdown = Shutdown()
shutdown.install()
print("waiting", flush=True)
while not shutdown.wait(0.0):
    pass
"""
    command = [sys.executable, "-c", program]
    waiting = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(PROCESSES)]
    try:
        for one in waiting:
            assert one.stdout
            one.stdout.readline()
            one.terminate()
        codes = [one.wait(30) for one in waiting]
    finally:
        for one in waiting:
            one.kill()
            one.communicate()

    assert codes == [0] * PROCESSES


@pytest.mark.parametrize("line", range(5))
def test_a_second_signal_is_one_wherever_it_interrupts_the_handler_of_the_first(line: int, handlers: None) -> None:
    shutdown = Shutdown()
    ends: list[int] = []
    shutdown.install(ends.append)
    lines = 0

    def interrupt(_frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == line + 1:
                sys.settrace(None)
                shutdown.heed(signal.SIGINT, None)
        return interrupt

    before = sys.gettrace()
    sys.settrace(interrupt)
    try:
        shutdown.heed(signal.SIGTERM, None)
    finally:
        sys.settrace(before)

    assert lines > line
    assert len(ends) == 1


def test_a_second_signal_ends_the_process_at_once() -> None:
    program = """
import os, signal
from runtime.shutdown import Shutdown
shutdown = Shutdown()
shutdown.install()
os.kill(os.getpid(), signal.SIGTERM)
print("first", shutdown.wait(10), flush=True)
os.kill(os.getpid(), signal.SIGTERM)
print("still here", shutdown.wait(10), flush=True)
"""

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == 128 + signal.SIGTERM
    assert ended.stdout == "first True\n"
