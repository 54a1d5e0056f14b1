"""A producer that is killed again and again reads a journal that is damaged again and again: nothing is lost unsaid."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from dev.ibmi import Ibmi
from producer.positions import BrokerPositions
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from schemas.codec import decode_as
from schemas.records import Gap, Position
from schemas.topics import ENTRIES, all_topics
from tests.chaos.journal_life import START, JournalLife
from tests.processes import ServiceProcess, wait_until

SYSTEM, JOURNAL = "PROD1", "QSYS/QAUDJRN"
PORTION = 5_000
LIVES_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Extent:
    """How long a life is. Damages come in rounds of all kinds, in an order of their own, spread over the receivers.

    Where more than `backlog` entries are unread, writing waits; a pause is as long as the dice say.
    """

    entries: int
    receivers: int
    rounds: int
    kill_every: int
    backlog: int
    longest_pause: float
    settings: dict[str, str] = field(default_factory=dict)


SMALL = Extent(
    entries=15_000,
    receivers=40,
    rounds=3,
    kill_every=6,
    backlog=700,
    longest_pause=0.4,
    settings={"SK2SIEM_PRODUCER__PAGE_SIZE": "150", "SK2SIEM_PRODUCER__POLL_SECONDS": "0.2"},
)
YEAR = Extent(
    entries=10_000_000,
    receivers=400,
    rounds=3,
    kill_every=12,
    backlog=100_000,
    longest_pause=0.5,
    settings={"SK2SIEM_PRODUCER__READ_SHARE": "1"},
)


@dataclass(slots=True)
class Published:
    """What came out, in the order in which it was published."""

    entries: int = 0
    gaps: list[Gap] = field(default_factory=list)
    unordered: list[int] = field(default_factory=list)
    unsaid: list[range] = field(default_factory=list)


@contextmanager
def embedded(path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown())
    try:
        yield broker
    finally:
        broker.close()
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()


def position_in(broker: EmbeddedBroker) -> Position | None:
    publisher = broker.publisher("test")
    try:
        return BrokerPositions(publisher, SYSTEM, JOURNAL).load()
    finally:
        publisher.close()


def has_read(broker: EmbeddedBroker, life: JournalLife) -> bool:
    position = position_in(broker)
    return position is not None and (position.receiver, int(position.sequence)) == life.last


def keeps_up(broker: EmbeddedBroker, life: JournalLife, backlog: int) -> bool:
    position = position_in(broker)
    return position is not None and life.written - life.read_until(position.receiver, int(position.sequence)) < backlog


def live(life: JournalLife, producer: ServiceProcess, broker: EmbeddedBroker, extent: Extent, seed: int) -> None:
    """Write, damage and kill, by the dice."""
    dice, nobody = random.Random(f"{seed}/order"), threading.Event()
    names = [name for _ in range(extent.rounds) for name in dice.sample(sorted(life.damages), len(life.damages))]
    due = dict(zip(sorted(dice.sample(range(extent.receivers), len(names))), names, strict=True))
    for number in range(extent.receivers):
        for _ in range(dice.randint(1, 3)):
            write(life, dice.randint(1, extent.entries // extent.receivers))
            wait_until("the producer keeps up", lambda: keeps_up(broker, life, extent.backlog), LIVES_SECONDS)
        nobody.wait(dice.uniform(0, extent.longest_pause))
        if number % extent.kill_every == extent.kill_every - 1:
            producer.kill()
            producer.start()
        if number in due:
            life.damages[due[number]]()
        life.rotate()
    write(life, max(10, extent.entries - life.written))


def write(life: JournalLife, count: int) -> None:
    for start in range(0, count, PORTION):
        life.write(min(PORTION, count - start))


def published_by(broker: EmbeddedBroker, life: JournalLife) -> tuple[Published, bytearray]:
    """What came out, and for each entry that was written whether it did."""
    found, there = Published(), bytearray(life.written)
    holes: list[range] = []
    last, said = -1, False
    for record in broker.read(ENTRIES):
        if record.type == "gap":
            found.gaps.append(decode_as(Gap, record.value))
            said = True
        elif record.type == "entry":
            order = life.order_of(str(orjson.loads(record.value)["id"]))
            if order <= last:
                found.unordered.append(order)
            if order > last + 1 and not said:
                holes.append(range(last + 1, order))
            there[order], last, said = 1, order, False
            found.entries += 1
    spans = [span for gap in found.gaps for span in life.spans(gap)]
    found.unsaid = [hole for hole in holes if not all(any(a < one < b for a, b in spans) for one in hole)]
    return found, there


def prove(broker: EmbeddedBroker, life: JournalLife) -> Published:
    """Everything readable came out once and in order, and what did not come out at all was said."""
    found, there = published_by(broker, life)

    assert found.unordered == []
    assert found.unsaid == []
    assert there[-1] == 1
    assert [span for span in life.readable() if there.count(0, span.start, span.stop)] == []
    return found


def run(ibmi: Ibmi, folder: Path, extent: Extent, seed: int) -> tuple[JournalLife, Published]:
    ibmi.control.reset(clock=START)
    life = JournalLife(ibmi.control, SYSTEM, seed)
    settings = {
        **ibmi.exports(),
        "SK2SIEM_BROKER__URL": f"sqlite:///{folder}/broker.db",
        "SK2SIEM_PRODUCER__SYSTEM": SYSTEM,
        "SK2SIEM_PRODUCER__CONNECTIONS": "3",
        "SK2SIEM_WORKER": "w1",
        **extent.settings,
    }
    with embedded(folder / "broker.db") as broker:
        broker.ensure(all_topics(1))
        with ServiceProcess("producer", settings, folder) as producer:
            life.write(10)
            wait_until("the first entries are read", lambda: has_read(broker, life), 60)
            live(life, producer, broker, extent, seed)
            wait_until("the journal is read", lambda: has_read(broker, life), LIVES_SECONDS)
            assert producer.stop() == 0, producer.log_text()[-3000:]
        found = prove(broker, life)
    ibmi.control.reset()
    return life, found


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_a_damaged_journal_is_read_to_its_end_and_every_loss_is_said(ibmi: Ibmi, tmp_path: Path) -> None:
    life, found = run(ibmi, tmp_path, SMALL, seed=7)

    assert life.written / 2 < found.entries <= life.written
    assert len(found.gaps) > 3


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_a_year_of_damages_is_read_to_its_end_and_every_loss_is_said(ibmi: Ibmi, tmp_path: Path) -> None:
    life, found = run(ibmi, tmp_path, YEAR, seed=1)

    assert life.written >= YEAR.entries
    assert len(life.generations) >= YEAR.receivers
    assert life.written / 2 < found.entries <= life.written
    assert len(found.gaps) > 10
