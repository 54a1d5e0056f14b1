"""One worker that counts: the real loop over a real Kafka, as a process that a test can kill.

`python -m tests.chaos.counting_worker URL WORKER TOPIC OUTPUT SEED`
"""

import random
import sys
from collections.abc import Iterator

from runtime.backoff import Backoff
from runtime.broker import Subscription
from runtime.health import Health
from runtime.kafka import KafkaBroker
from runtime.logs import configure
from runtime.metrics import Metrics
from runtime.service import Running
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from runtime.worker import run_worker
from tests.fakes.stage import CountingStage, Mood

SERVICE = "counting"
EVERY = 3
BATCH_SIZE = 100


def main(url: str, worker: str, topic: str, output: str, seed: str) -> int:
    configure("info", "json", worker=worker)
    running = Running(SERVICE, worker, Shutdown(), Health(), Metrics(SERVICE), backoff=Backoff(first=0.1, longest=0.5))
    running.shutdown.install()
    broker = KafkaBroker(BrokerSettings(url=url), running, batch_size=BATCH_SIZE)
    stage = CountingStage(EVERY, output, moods(random.Random(seed)))
    source = broker.source(Subscription(SERVICE, worker, (topic,)), stage)
    try:
        return run_worker(source, stage, running.conditions)
    finally:
        broker.close()


def moods(dice: random.Random) -> Iterator[Mood]:
    """Now and then it cannot work at all, or not from some record on."""
    while True:
        match dice.randrange(12):
            case 0:
                yield "unavailable"
            case 1 | 2:
                yield frozenset({dice.randrange(BATCH_SIZE)})
            case _:
                yield frozenset()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
