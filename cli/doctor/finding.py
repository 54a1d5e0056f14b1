"""One finding: what was found, why it matters, and the command that changes it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from runtime.errors import PipelineError

T = TypeVar("T")


class State(StrEnum):
    """`note` is neither good nor bad; `unknown` could not be looked at."""

    OK = "ok"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is its stable name. `commands` change it, as one types them, in this order; none where none does."""

    check: str
    state: State
    what: str
    why: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A question that was not answered, and why."""

    error: PipelineError

    def __str__(self) -> str:
        return str(self.error)


def asked(question: Callable[[], T]) -> T | Refusal:
    """The answer, or why there is none."""
    try:
        return question()
    except PipelineError as error:
        return Refusal(error)
