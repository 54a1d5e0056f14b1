"""A producer that is killed again and again reads a journal that is damaged again and again: nothing is lost unsaid."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from dev.ibmi import Ibmi
from producer.positions import BrokerPositions
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from schemas.codec import decode_as
from schemas.records import Gap
from schemas.topics import ENTRIES, all_topics
from tests.chaos.journal_life import START, JournalLife
from tests.e2e.processes import ServiceProcess, wait_until

SYSTEM, JOURNAL = "PROD1", "QSYS/QAUDJRN"
SEED = 7


@dataclass(frozen=True, slots=True)
class Extent:
    """How long a life is: damages come in rounds of all kinds, in an order of their own."""

    rounds: int
    kill_every: int
    most_entries: int
    longest_pause: float


SMALL = Extent(rounds=3, kill_every=5, most_entries=400, longest_pause=0.6)
YEAR = Extent(rounds=36, kill_every=7, most_entries=5_000, longest_pause=1.0)


@contextmanager
def embedded(path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown())
    try:
        yield broker
    finally:
        broker.close()


def has_read(broker: EmbeddedBroker, life: JournalLife) -> bool:
    publisher = broker.publisher("test")
    try:
        position = BrokerPositions(publisher, SYSTEM, JOURNAL).load()
    finally:
        publisher.close()
    return position is not None and (position.receiver, int(position.sequence)) == life.last


def live(life: JournalLife, producer: ServiceProcess, extent: Extent, seed: int) -> None:
    """Write, damage and kill, by the dice."""
    dice, nobody = random.Random(f"{seed}/order"), threading.Event()
    names = [name for _ in range(extent.rounds) for name in dice.sample(sorted(life.damages), len(life.damages))]
    for number, name in enumerate(names):
        life.write(dice.randint(1, extent.most_entries))
        if dice.random() < 0.5:
            life.rotate()
            life.write(dice.randint(1, extent.most_entries))
        nobody.wait(dice.uniform(0, extent.longest_pause))
        if number % extent.kill_every == extent.kill_every - 1:
            producer.kill()
            producer.start()
        life.damages[name]()
    life.write(10)


def prove(broker: EmbeddedBroker, life: JournalLife) -> tuple[int, int]:
    """How many entries were published, and how many gaps."""
    orders = life.orders()
    published: list[int] = []
    gaps: list[Gap] = []
    said: set[int] = set()
    for record in broker.read(ENTRIES):
        if record.type == "gap":
            gaps.append(decode_as(Gap, record.value))
            said.add(len(published))
        elif record.type == "entry":
            published.append(orders[str(orjson.loads(record.value)["id"])])
    holes = [number for number, (one, other) in enumerate(pairwise(published), start=1) if other != one + 1]
    unsaid = [
        order
        for number in holes
        if number not in said
        for order in range(published[number - 1] + 1, published[number])
        if not any(life.covers(gap, order) for gap in gaps)
    ]

    assert [order for order, count in Counter(published).items() if count > 1] == []
    assert published == sorted(published)
    assert published[-1] == life.written - 1
    assert {orders[found] for found in life.readable()} <= set(published)
    assert unsaid == []
    return len(published), len(gaps)


def run(ibmi: Ibmi, folder: Path, extent: Extent, seed: int) -> tuple[int, int, int]:
    """Entries written, entries published, gaps."""
    ibmi.control.reset(clock=START)
    life = JournalLife(ibmi.control, SYSTEM, seed)
    settings = {
        **ibmi.exports(),
        "SK2SIEM_BROKER__URL": f"sqlite:///{folder}/broker.db",
        "SK2SIEM_PRODUCER__SYSTEM": SYSTEM,
        "SK2SIEM_PRODUCER__PAGE_SIZE": "150",
        "SK2SIEM_PRODUCER__POLL_SECONDS": "0.2",
        "SK2SIEM_PRODUCER__CONNECTIONS": "3",
        "SK2SIEM_WORKER": "w1",
    }
    with embedded(folder / "broker.db") as broker:
        broker.ensure(all_topics(1))
        with ServiceProcess("producer", settings, folder) as producer:
            life.write(10)
            wait_until("the first entries are read", lambda: has_read(broker, life), 60)
            live(life, producer, extent, seed)
            wait_until("the journal is read", lambda: has_read(broker, life), 120)
            assert producer.stop() == 0, producer.log_text()[-3000:]
        published, gaps = prove(broker, life)
    ibmi.control.reset()
    return life.written, published, gaps


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_a_damaged_journal_is_read_to_its_end_and_every_loss_is_said(ibmi: Ibmi, tmp_path: Path) -> None:
    written, published, gaps = run(ibmi, tmp_path, SMALL, seed=SEED)

    assert 0 < published <= written
    assert gaps > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2))
def test_a_year_of_damages_is_read_to_its_end_and_every_loss_is_said(ibmi: Ibmi, tmp_path: Path, seed: int) -> None:
    written, published, gaps = run(ibmi, tmp_path, YEAR, seed)

    assert 0 < published <= written
    assert gaps > 10
