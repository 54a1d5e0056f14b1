"""The command line with a death in it: SIGKILL right before or behind the nth call of one of a worker's steps.

`python -m tests.chaos.mortal STEP NTH run enricher`
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from itertools import count
from typing import Any, NamedTuple

from kafka import KafkaProducer

from cli.main import main
from enricher.judge import Judge
from runtime.embedded import source as embedded
from runtime.embedded.source import EmbeddedSource
from runtime.kafka.source import KafkaSource


class Step(NamedTuple):
    """A function by its owner and name, and whether death comes before it or behind it."""

    owner: Any
    name: str
    behind: bool


SHARED = {
    "in the middle of a record": Step(Judge, "_settle", behind=True),
    "judged": Step(Judge, "process", behind=True),
    "before the memory is rebuilt": Step(Judge, "rebuild", behind=False),
    "the memory is rebuilt": Step(Judge, "rebuild", behind=True),
}
STEPS: Mapping[str, Mapping[str, Step]] = {
    "kafka": {
        **SHARED,
        "polled": Step(KafkaSource, "poll", behind=True),
        "in the middle of the outputs": Step(KafkaProducer, "send", behind=True),
        "before the offsets": Step(KafkaProducer, "send_offsets_to_transaction", behind=False),
        "before the commit": Step(KafkaProducer, "commit_transaction", behind=False),
        "committed": Step(KafkaProducer, "commit_transaction", behind=True),
    },
    "embedded": {
        **SHARED,
        "polled": Step(EmbeddedSource, "poll", behind=True),
        "before the outputs": Step(embedded, "insert", behind=False),
        "before the offsets": Step(embedded, "insert", behind=True),
        "committed": Step(EmbeddedSource, "checkpoint", behind=True),
    },
}
OFTEN = {"in the middle of a record": 1500, "in the middle of the outputs": 400}
"""Steps that come many times in a batch: the nth time of which death may come. Rebuilding comes once at a start."""
ONCE = frozenset({"before the memory is rebuilt", "the memory is rebuilt"})


def die_at(step: Step, nth: int) -> None:
    """From now on the nth call is the last."""
    original: Callable[..., Any] = getattr(step.owner, step.name)
    calls = count(1)

    @wraps(original)
    def mortal(*arguments: Any, **named: Any) -> Any:
        is_last = next(calls) == nth
        if is_last and not step.behind:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(step.owner, step.name, mortal)


if __name__ == "__main__":
    broker, word, number = sys.argv[1:4]
    sys.argv[1:4] = []
    die_at(STEPS[broker][word], int(number))
    main()
