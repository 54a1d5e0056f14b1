"""Errors named after what the loop does about them; adapters translate every foreign exception into one of these."""

import math


class PipelineError(Exception):
    """The root of all errors that cross a port. Its text is one sentence for the operator and never holds a secret."""

    exit_code = 1


class ConfigError(PipelineError):
    """The settings cannot work. The process refuses to start and says which variable and what to do."""

    exit_code = 78


class CheckFailed(PipelineError):
    """A check that the operator asked for found something wrong."""

    exit_code = 69


class Unavailable(PipelineError):
    """The other side cannot take or give anything now: the loop holds the batch, waits and tries again.

    `retry_after` is in seconds; None leaves the wait to the loop's backoff.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LoginRefused(Unavailable):
    """A password or token that was refused; trying it again could disable the profile, so the loop waits for ever."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=math.inf)


class BatchLost(PipelineError):
    """The claim on the batch is gone, or its transaction failed: forget it and poll it again."""


class Halt(PipelineError):
    """Going on would lose or tear data: the process stops and stays stopped until somebody looks."""

    exit_code = 70


class PositionLost(Halt):
    """The place where reading stopped can no longer be reached."""


class Fenced(Halt):
    """Another worker took over this worker's identity."""


class TooManyRejections(Halt):
    """So many items were rejected that the fault must be ours: a bad deploy must not drain a topic."""
