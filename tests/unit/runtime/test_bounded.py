"""A call that may never return: its result passes, and when it does not come the process still ends."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import NoReturn

import pytest

from runtime.bounded import Bounded, GaveUp
from runtime.shutdown import Shutdown

FOR_EVER = 1e9


class Stuck(Exception):
    """Raised in place of the end of the process."""


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets a stuck call return, at the latest when the test ends."""
    event = threading.Event()
    yield event
    event.set()


def _end(what: str, seconds: float) -> NoReturn:
    raise Stuck(what)


def test_the_result_of_the_call_comes_back() -> None:
    bounded = Bounded(Shutdown(), on_stuck=_end)

    assert bounded("adding", lambda: 1 + 1) == 2
    bounded.close()


@pytest.mark.parametrize("error", [ValueError("no"), TimeoutError("the call's own")], ids=["any", "a time-out"])
def test_what_the_call_raises_comes_back(error: Exception) -> None:
    bounded = Bounded(Shutdown(), on_stuck=_end)

    def fail() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        bounded("failing", fail)
    bounded.close()


def test_calls_run_one_after_the_other_in_one_thread() -> None:
    bounded = Bounded(Shutdown(), on_stuck=_end)

    threads = {bounded("asking", threading.get_ident) for _ in range(3)}

    assert len(threads) == 1
    assert threads != {threading.get_ident()}
    bounded.close()


def test_a_slow_call_is_waited_for_while_the_loop_beats(release: threading.Event) -> None:
    bounded = Bounded(Shutdown(), stuck_after=FOR_EVER, on_stuck=_end, beat=release.set)

    assert bounded("waiting", release.wait) is True
    bounded.close()


def test_a_call_that_takes_too_long_ends_the_process(release: threading.Event) -> None:
    bounded = Bounded(Shutdown(), stuck_after=0.0, on_stuck=_end)

    with pytest.raises(Stuck, match="committing"):
        bounded("committing", release.wait)
    bounded.close()


def test_a_call_that_cannot_succeed_any_more_is_left_behind_and_the_next_one_runs(release: threading.Event) -> None:
    bounded = Bounded(Shutdown(), stuck_after=FOR_EVER, on_stuck=_end)

    with pytest.raises(GaveUp, match="committing did not return"):
        bounded("committing", release.wait, at_most=0.0)

    assert bounded("adding", lambda: 1 + 1) == 2
    bounded.close()


def test_after_a_stop_was_requested_a_call_gets_its_grace_and_no_more(release: threading.Event) -> None:
    shutdown = Shutdown()
    bounded = Bounded(shutdown, stuck_after=FOR_EVER, grace=0.0, on_stuck=_end, beat=shutdown.request)

    with pytest.raises(Stuck, match="committing"):
        bounded("committing", release.wait)
    bounded.close()


def test_a_call_that_ends_within_its_grace_is_let_finish(release: threading.Event) -> None:
    shutdown = Shutdown()
    shutdown.request()
    bounded = Bounded(shutdown, stuck_after=FOR_EVER, grace=FOR_EVER, on_stuck=_end, beat=release.set)

    assert bounded("committing", release.wait) is True
    bounded.close()


def test_a_call_left_behind_does_not_hold_up_the_end_of_the_process() -> None:
    program = """
import threading
from runtime.bounded import Bounded, GaveUp
from runtime.shutdown import Shutdown
try:
    Bounded(Shutdown())("a Kafka transaction", threading.Event().wait, at_most=0.0)
except GaveUp as error:
    print(error)
"""

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)

    assert (ended.returncode, ended.stdout) == (0, "a Kafka transaction did not return for 0 s\n")


def test_a_stuck_process_ends_with_75_and_says_what_it_waited_for() -> None:
    program = """
import threading
from runtime.bounded import Bounded, GaveUp
from runtime.logs import configure
from runtime.shutdown import Shutdown
configure("info", "json", service="splunk")
Bounded(Shutdown(), stuck_after=0.0)("a Kafka transaction", threading.Event().wait)
"""

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == 75
    (line,) = ended.stderr.splitlines()
    assert json.loads(line) | {"timestamp": ""} == {
        "event": "stopped",
        "why": "a Kafka transaction did not return for 0 s; the process ends so that it can start afresh",
        "exit_code": 75,
        "level": "error",
        "service": "splunk",
        "timestamp": "",
    }


def test_a_stuck_process_whose_log_nobody_takes_ends_all_the_same() -> None:
    program = """
import os, sys, threading
from runtime.bounded import Bounded
from runtime.logs import configure
from runtime.shutdown import Shutdown
configure("info", "json")
os.set_blocking(2, False)
try:
    while True:
        os.write(2, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(2, True)
Bounded(Shutdown(), stuck_after=0.0)("a Kafka transaction", threading.Event().wait)
"""

    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as process:
        try:
            assert process.wait(timeout=30) == 75
        finally:
            process.kill()
