"""Workers that count on a real Kafka, what feeds them, and what they must come to."""

import itertools
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from runtime.errors import Unavailable
from runtime.kafka import KafkaBroker
from runtime.record import Partition, Record
from runtime.settings import BrokerSettings
from tests.chaos.counting_worker import EVERY, SERVICE
from tests.fakes.running import running_as
from tests.fakes.stage import Counts, count_value

PARTITIONS = 4
KEYS = (b"a", b"b", b"c", b"d")
SEED = 7
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """One worker that is started again and again; without a stable name, each time under a new one."""

    number: int
    command: tuple[str, ...]
    log: Path
    stable: bool
    exit_codes: list[int] = field(default_factory=list)
    _names: Iterator[int] = field(default_factory=itertools.count)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        life = next(self._names)
        name = f"w{self.number}" if self.stable else f"w{self.number}-{life}"
        url, topic, output = self.command
        words = [sys.executable, "-m", "tests.chaos.counting_worker", url, name, topic, output, str(life)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, number: signal.Signals) -> None:
        """Signal it and note its exit code; one that had ended by itself is noted as what it was."""
        assert self._process
        self._process.send_signal(number)
        self.exit_codes.append(self._process.wait(60))

    def assignments(self) -> int:
        """How often it was given partitions, in all its lives."""
        return self.log.read_text().count("partitions assigned") if self.log.exists() else 0

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def discard(self) -> None:
        if self._process and self.is_alive:
            self._process.kill()
            self._process.wait()


class Feeder:
    """Publishes numbered records to every partition; `acknowledged` are the values that Kafka has confirmed."""

    def __init__(self, broker: KafkaBroker, topic: str) -> None:
        self._publisher = broker.publisher(f"feeder-{topic}")
        self._publisher.claim()
        self._topic = topic
        self._dice = random.Random(SEED)
        self._numbers = itertools.count()
        self.acknowledged: set[bytes] = set()

    def publish(self, count: int) -> None:
        records = [self._record(partition) for partition in range(PARTITIONS) for _ in range(count)]
        self._publisher.publish(records)
        self.acknowledged.update(record.value for record in records)

    def claim(self) -> bool:
        """Whether it may publish again, after something went wrong."""
        try:
            self._publisher.claim()
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        self._publisher.close()

    def _record(self, partition: int) -> Record:
        return Record(self._topic, self._dice.choice(KEYS), str(next(self._numbers)).encode(), "number", partition)


def expected(broker: KafkaBroker, topic: str) -> Counter[bytes]:
    """What one worker that is never disturbed would count."""
    counts = {Partition(topic, number): Counts(EVERY) for number in range(PARTITIONS)}
    return Counter(
        count_value(record.partition, offsets)
        for record in broker.read(topic)
        for offsets in counts[record.partition].add(record)
    )


def broker_at(url: str) -> KafkaBroker:
    """To be closed by whoever asks for it."""
    return KafkaBroker(BrokerSettings(url=url), running_as(), batch_size=1_000)


def is_settled(broker: KafkaBroker, topic: str) -> bool:
    """Whether the workers have read all of it."""
    return all(standing.behind == 0 for standing in broker.standings(SERVICE, (topic,)))
