"""Enrichers that die between any two steps and live again, while a journal goes on and the policy changes."""

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dev.kafka import Kafka
from dev.part import free_port
from enricher.policy import Policy
from enricher.policy_file import load_policy
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.record import Partition, Record
from runtime.settings import BrokerSettings
from schemas.topics import ALERTS, DEFAULT_PARTITIONS, ENTRIES, VERDICTS, all_topics
from tests.chaos.open_connections import Line, OpenConnections, lines
from tests.fakes.running import running_as
from tests.processes import ServiceProcess, wait_until
from tests.unit.enricher.scripts import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
PACE_SECONDS = 0.04
JOURNAL_SECONDS = 3
ENOUGH_SECONDS = 90
"""Of the journal before the policy changes, and behind the last death."""
LONGEST_SECONDS_A_DEATH = 20
SETTLES_WITHIN_SECONDS = 60
FIRST_POLICY = "default"
LATER_POLICY = """
mode = "evidence"
window = 10

[tls]
weakest_protocol = "TLSV1.0"
"""


class Death(NamedTuple):
    step: str
    nth: int


@dataclass
class Worker:
    """One life after the other. A newcomer has another name in each, so that partitions move; it dies `deaths` times
    at most, since each time the group waits for its session to end."""

    name: str
    broker: str
    environment: Mapping[str, str]
    folder: Path
    is_newcomer: bool = False
    deaths: int = 1_000
    planned: list[Death | None] = field(default_factory=list)
    lives: list[ServiceProcess] = field(default_factory=list)

    def start(self, policy: str, deaths: deque[Death]) -> None:
        """A new life with the next death in it, if there is one."""
        death = deaths.popleft() if deaths and len(self.lives) < self.deaths else None
        module = ("tests.chaos.mortal", self.broker, death.step, str(death.nth)) if death else ("cli",)
        name = f"{self.name}-{len(self.lives)}" if self.is_newcomer else self.name
        environment = {**self.environment, "SK2SIEM_WORKER": name, "SK2SIEM_ENRICHER__POLICY": policy}
        life = ServiceProcess("enricher", environment, self.folder, module=module)
        self.planned.append(death)
        self.lives.append(life)
        life.start()

    @property
    def is_dead(self) -> bool:
        return not self.lives[-1].running

    @property
    def will_die(self) -> bool:
        return self.planned[-1] is not None and not self.is_dead

    def assert_died_as_planned(self) -> None:
        for death, life in zip(self.planned, self.lives, strict=True):
            # whoever is asked to stop before it listens to signals is ended by them
            expected = (0, -signal.SIGTERM) if death is None else (-signal.SIGKILL,)
            assert life.process.poll() in expected, f"{death}: {life.last_words()}"


@dataclass
class Stage:
    """A broker with a journal that goes on, and the workers that share its partitions."""

    broker: Broker
    workers: Sequence[Worker]
    journal: OpenConnections
    later_policy: Path
    publish: Callable[[Sequence[Record]], None]
    _enough: dict[Partition, int] = field(default_factory=dict)

    def play(self, deaths: deque[Death]) -> None:
        """To the last death; when half of them have come, the policy changes."""
        policy, half = FIRST_POLICY, len(deaths) // 2
        deadline = time.monotonic() + LONGEST_SECONDS_A_DEATH * len(deaths)
        pause = threading.Event()
        for worker in self.workers:
            worker.start(policy, deaths)
        while deaths or policy == FIRST_POLICY or any(worker.will_die for worker in self.workers):
            self.publish([record for _ in range(JOURNAL_SECONDS) for record in self.journal.second()])
            if policy == FIRST_POLICY and len(deaths) <= half and self._is_enough():
                policy = str(self.later_policy)
                for worker in self.workers:
                    if not worker.will_die:
                        worker.lives[-1].stop()
            for worker in self.workers:
                if worker.is_dead:
                    worker.start(policy, deaths)
            pause.wait(PACE_SECONDS)
            assert time.monotonic() < deadline, [worker.lives[-1].last_words() for worker in self.workers]
        for worker in self.workers:
            if worker.is_dead:
                worker.start(policy, deaths)
        for _ in range(ENOUGH_SECONDS):
            self.publish(self.journal.second())
        self.publish(self.journal.end())
        wait_until("every window is closed", lambda: self._behind() == 0, SETTLES_WITHIN_SECONDS)
        for worker in self.workers:
            worker.lives[-1].stop()
            worker.assert_died_as_planned()

    def _is_enough(self) -> bool:
        """Whether what was written before a while has been judged by now, on every partition."""
        if self.journal.seconds < ENOUGH_SECONDS:
            return False
        standings = self.broker.standings("enricher", (ENTRIES,))
        self._enough = self._enough or {one.partition: one.end_offset for one in standings}
        return all(one.next_offset >= self._enough[one.partition] for one in standings)

    def published(self) -> list[Line]:
        return [line for topic in (VERDICTS, ALERTS) for line in lines(self.broker.read(topic))]

    def policies(self) -> tuple[Policy, Policy]:
        """The first and the later one."""
        return load_policy(Path(FIRST_POLICY), CATALOGUE), load_policy(self.later_policy, CATALOGUE)

    def _behind(self) -> int:
        return sum(standing.behind for standing in self.broker.standings("enricher", (ENTRIES,)))


@contextmanager
def kafka_stage(folder: Path, seed: int) -> Iterator[Stage]:
    """Three workers; one of them is another one each time."""
    with Kafka(port=free_port(), data=folder / "kafka") as own, _stage("kafka", own.url, folder, seed) as stage:
        yield stage


@contextmanager
def embedded_stage(folder: Path, seed: int) -> Iterator[Stage]:
    """Two workers; one waits until the other has died."""
    with _stage("embedded", f"sqlite:///{folder}/broker.db", folder, seed) as stage:
        yield stage


STAGES = {"kafka": kafka_stage, "embedded": embedded_stage}


@contextmanager
def _stage(kind: str, url: str, folder: Path, seed: int) -> Iterator[Stage]:
    partitions = DEFAULT_PARTITIONS if kind == "kafka" else 1
    environment = {
        "SK2SIEM_BROKER__URL": url,
        "SK2SIEM_LOOP__BATCH_SIZE": "60",
        "SK2SIEM_LOOP__BACKOFF_LONGEST": "0.5",
        "PYTHONPATH": str(ROOT),
    }
    workers = [Worker(name, kind, environment, folder) for name in ("w1", "w2")]
    if kind == "kafka":
        workers.append(Worker("newcomer", kind, environment, folder, is_newcomer=True, deaths=2))
    broker = connect(BrokerSettings(url=url), running_as(), batch_size=5_000)
    broker.ensure(all_topics())
    publisher = broker.publisher("journal")
    publisher.claim()
    (folder / "later.toml").write_text(LATER_POLICY)
    try:
        journal = OpenConnections(seed, partitions)
        yield Stage(broker, workers, journal, folder / "later.toml", publisher.publish)
    finally:
        for worker in workers:
            for life in worker.lives:
                life.discard()
        publisher.close()
        broker.close()
