"""A stop ends the process in time, and nothing else does."""

import sys
import threading
from typing import NoReturn

import pytest

from runtime.ending import ending
from runtime.shutdown import Shutdown

ENOUGH_SECONDS = 30


class Stuck:
    """Notes what would end the process."""

    def __init__(self) -> None:
        self.seen = threading.Event()
        self.said: list[str] = []

    def __call__(self, what: str, seconds: float) -> NoReturn:
        self.said.append(what)
        self.seen.set()
        sys.exit()


@pytest.fixture(autouse=True)
def closes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.ending.CLOSING_SECONDS", 0.1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_goes_on_after_the_grace_ends_the_process() -> None:
    shutdown, stuck = Shutdown(), Stuck()

    with ending(shutdown, 0.1, on_stuck=stuck):
        shutdown.request()
        ended = stuck.seen.wait(ENOUGH_SECONDS)

    assert ended
    assert stuck.said == ["what was in hand when the stop was requested"]


def test_what_ends_in_time_is_left_alone() -> None:
    shutdown, stuck = Shutdown(), Stuck()

    with ending(shutdown, ENOUGH_SECONDS, on_stuck=stuck):
        shutdown.request()

    assert stuck.said == []


def test_without_a_stop_it_may_take_as_long_as_it_likes() -> None:
    stuck = Stuck()

    with ending(Shutdown(), 0.0, on_stuck=stuck):
        early = stuck.seen.wait(0.7)

    assert not early


def test_an_error_passes() -> None:
    with pytest.raises(ValueError, match="as it was"), ending(Shutdown(), 1.0):
        raise ValueError("as it was")
