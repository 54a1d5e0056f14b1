"""Faults as data: a fake reads one word of its script per call, and all is well when the script has ended."""

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TypeVar

from runtime.errors import BatchLost, Unavailable

T = TypeVar("T")


class Fault(Enum):
    """What happens to one call."""

    OK = "ok"
    UNAVAILABLE = "unavailable: nothing was done, and the caller knows it"
    LOST_REQUEST = "lost request: nothing was done, but the caller cannot know"
    LOST_ANSWER = "lost answer: it was done, but the caller cannot know"
    CRASH = "crash: the process dies before anything was done"
    CRASH_AFTER = "crash after: it was done, then the process dies"
    REBALANCE = "rebalance: the partitions move before the call"


class Crash(BaseException):
    """The process dies here. Not an Exception, so that no handler of the product can survive it."""


class Script:
    """Words still to be read. `calm` once there are none: from then on every call succeeds."""

    def __init__(self, words: Iterable[Fault] = ()) -> None:
        self._words = deque(words)

    @property
    def calm(self) -> bool:
        return not self._words

    def add(self, *words: Fault) -> None:
        self._words.extend(words)

    def play(self, call: Callable[[], T], rebalance: Callable[[], None] = lambda: None) -> T:
        """Do `call` as the next word has it: do it or not, then return, raise or die."""
        word = self._words.popleft() if self._words else Fault.OK
        if word is Fault.REBALANCE:
            rebalance()
        if word is Fault.UNAVAILABLE:
            raise Unavailable("the fake is away")
        if word is Fault.LOST_REQUEST:
            raise BatchLost("the request was lost, or its answer")
        if word is Fault.CRASH:
            raise Crash
        result = call()
        if word is Fault.LOST_ANSWER:
            raise BatchLost("the answer was lost, or its request")
        if word is Fault.CRASH_AFTER:
            raise Crash
        return result
