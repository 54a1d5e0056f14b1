"""A SIEM that misbehaves at random while the worker is killed at random: each event is stored or a dead letter."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest
import urllib3

from dev.hec import ACK_TOKEN, TOKEN, Hec
from dev.part import free_port
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.record import Record
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.codec import encode
from schemas.records import Verdict
from schemas.topics import VERDICTS, all_topics, dead_letters
from tests.chaos.nursery import Nursery, Worker
from tests.fakes.elastic_node import ElasticNode, ItemFault, RequestFault, elastic_node
from tests.fakes.running import running_as
from tests.integration import elastic_rows, splunk_rows
from tests.processes import wait_until
from tests.unit.sinks.samples import verdict

CHUNK = 500
KILLS = 3
ROUNDS = 6
FAULTS_A_ROUND = 3
EVENTS = CHUNK * (ROUNDS + 1)
KINDS = ("splunk", "splunk acknowledged", "elastic")
IN_DEFAULT_RUN = {"splunk": range(1, 4), "splunk acknowledged": range(4, 7), "elastic": range(7, 11)}
IN_SOAK = 1_000
IN_ONE_TEST = 50
AT_A_TIME = 4
LATE_SECONDS = 0.5
PATIENCE_SECONDS = "0.3"

ONLY_WITH_ACKNOWLEDGEMENT: Sequence[Mapping[str, object]] = (
    {"lose_ack": True},
    {"endpoint": "ack", "reset": True},
    {"endpoint": "ack", "code": 19},
)
SPLUNK_FAULTS = (*(row.fault for row in splunk_rows.ROWS.values()), *ONLY_WITH_ACKNOWLEDGEMENT)
ELASTIC_FAULTS = (
    *(row.fault for row in elastic_rows.ROWS.values()),
    ItemFault(tuple(range(50)), 403, "cluster_block_exception"),
    RequestFault(torn=True, takes=60),
)


@dataclass(frozen=True)
class Siem:
    """What a mixture needs of a SIEM; `copies`: it cannot tell that it has an event already."""

    service: str
    environment: Mapping[str, str]
    disturb: Callable[[random.Random], None]
    heal: Callable[[], None]
    stored: Callable[[], Sequence[str]]
    copies: bool


@contextmanager
def splunk(folder: Path, *, acknowledged: bool) -> Iterator[Siem]:
    http = urllib3.PoolManager()
    with Hec(free_port(), folder / "hec") as hec:
        control = f"{hec.url}/control"

        def disturb(dice: random.Random) -> None:
            faults = [_late(fault) for fault in dice.sample(SPLUNK_FAULTS, k=FAULTS_A_ROUND)]
            assert http.request("POST", f"{control}/faults", body=json.dumps(faults)).status == 200

        def heal() -> None:
            http.request("DELETE", f"{control}/faults")

        def stored() -> Sequence[str]:
            lines = http.request("GET", f"{control}/indexed").data.splitlines()
            return [orjson.loads(line)["event"]["event_id"] for line in lines]

        environment = {
            "SK2SIEM_SPLUNK__URL": hec.url,
            "SK2SIEM_SPLUNK__TOKEN": ACK_TOKEN if acknowledged else TOKEN,
            "SK2SIEM_SPLUNK__ACKNOWLEDGEMENT": str(acknowledged).lower(),
            "SK2SIEM_SPLUNK__ACKNOWLEDGEMENT_SECONDS": "1",
            "SK2SIEM_SPLUNK__BATCH_EVENTS": "50",
            "SK2SIEM_SPLUNK__TIMEOUT_SECONDS": PATIENCE_SECONDS,
        }
        yield Siem("splunk", environment, disturb, heal, stored, copies=True)
    http.clear()


@contextmanager
def elastic() -> Iterator[Siem]:
    with elastic_node() as node:
        environment = {
            "SK2SIEM_ELASTIC__URL": node.url,
            "SK2SIEM_ELASTIC__BATCH_EVENTS": "100",
            "SK2SIEM_ELASTIC__TIMEOUT_SECONDS": PATIENCE_SECONDS,
        }
        yield Siem("elastic", environment, _disturb(node), node.heal, lambda: list(node.documents), copies=False)


def _disturb(node: ElasticNode) -> Callable[[random.Random], None]:
    def disturb(dice: random.Random) -> None:
        for fault in dice.sample(ELASTIC_FAULTS, k=FAULTS_A_ROUND):
            if isinstance(fault, RequestFault) and fault.delay_seconds:
                node.fault(replace(fault, delay_seconds=LATE_SECONDS))
            else:
                node.fault(fault)

    return disturb


def _late(fault: Mapping[str, object]) -> Mapping[str, object]:
    """With a delay that is just longer than the worker waits, where there is one."""
    return {**fault, "delay_seconds": LATE_SECONDS} if "delay_seconds" in fault else fault


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


@pytest.mark.chaos
@pytest.mark.parametrize("kind", KINDS)
def test_each_event_is_stored_or_a_dead_letter(kind: str, nursery: Nursery, tmp_path: Path) -> None:
    assert _play_all(kind, IN_DEFAULT_RUN[kind], nursery, tmp_path) == {}


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1_000, 1_000 + IN_SOAK, IN_ONE_TEST))
def test_each_event_is_stored_or_a_dead_letter_under_a_thousand_mixtures(
    first: int, nursery: Nursery, tmp_path: Path
) -> None:
    kind = KINDS[first // IN_ONE_TEST % len(KINDS)]

    assert _play_all(kind, range(first, first + IN_ONE_TEST), nursery, tmp_path) == {}


def _play_all(kind: str, seeds: Sequence[int], nursery: Nursery, folder: Path) -> dict[int, str]:
    """Several at a time: they wait most of the time. The seeds that failed, and how."""

    def play(seed: int) -> None:
        own = folder / str(seed)
        own.mkdir()
        _play(kind, seed, nursery, own)
        shutil.rmtree(own)

    with ThreadPoolExecutor(AT_A_TIME) as threads:
        played = {seed: threads.submit(play, seed) for seed in seeds}
    return {seed: f"{why!r}; see {folder / str(seed)}" for seed, one in played.items() if (why := one.exception())}


def _play(kind: str, seed: int, nursery: Nursery, folder: Path) -> None:
    dice = random.Random(seed)
    chunks = _chunks()
    _publish(folder, chunks[0])
    opened = elastic() if kind == "elastic" else splunk(folder, acknowledged="acknowledged" in kind)
    with opened as siem:
        worker = Worker(nursery, siem.service, {**_environment(folder), **siem.environment}, folder)
        kills = set(dice.sample(range(ROUNDS), k=KILLS))
        try:
            worker.start()
            for turn in range(ROUNDS):
                siem.disturb(dice)
                before = len(siem.stored())
                _publish(folder, chunks[turn + 1])
                _until_it_moves(siem, before, dice.uniform(0.1, 1.0))
                if turn in kills:
                    worker.kill()
                    worker.start()
            siem.heal()
            wait_until("everything has its fate", lambda: _settled(folder, siem.service), 120)
            wait_until("the worker is ready", lambda: worker.get("/readyz")[0] == 200, 60)
            assert worker.stop() == 0
        finally:
            worker.discard()
        ids = [one.id for chunk in chunks for one in chunk]
        _assert_each_has_its_fate(ids, siem.stored(), _dead(folder, siem.service), copies=siem.copies)


def _until_it_moves(siem: Siem, before: int, seconds: float) -> None:
    """A while of work, or of waiting in vain: both are what a kill should meet."""
    shutdown = Shutdown()
    for _ in range(20):
        shutdown.wait(seconds / 20)
        if len(siem.stored()) > before + CHUNK // 2:
            return


def _assert_each_has_its_fate(ids: Sequence[str], stored: Sequence[str], dead: Sequence[str], *, copies: bool) -> None:
    held, letters = Counter(stored), Counter(dead)
    assert set(held) | set(letters) == set(ids)
    assert set(letters.values()) <= {1}
    assert copies or set(held.values()) == {1}


def _environment(folder: Path) -> dict[str, str]:
    return {
        "SK2SIEM_BROKER__URL": f"sqlite:///{folder}/broker.db",
        "SK2SIEM_WORKER": "chaos",
        "SK2SIEM_LOOP__BATCH_SIZE": "500",
        "SK2SIEM_LOOP__BACKOFF_FIRST": "0.05",
        "SK2SIEM_LOOP__BACKOFF_LONGEST": "0.2",
    }


@contextmanager
def _broker(folder: Path) -> Iterator[Broker]:
    made = connect(BrokerSettings(url=f"sqlite:///{folder}/broker.db"), running_as(), batch_size=1_000)
    try:
        yield made
    finally:
        made.close()


def _chunks() -> list[list[Verdict]]:
    """One to begin with, and one for each round, so that each fault and each kill meets work."""
    return [[verdict(number) for number in range(start, start + CHUNK)] for start in range(0, EVENTS, CHUNK)]


def _publish(folder: Path, verdicts: Sequence[Verdict]) -> None:
    with _broker(folder) as broker:
        broker.ensure(all_topics())
        publisher = broker.publisher("test")
        publisher.claim()
        publisher.publish([Record(VERDICTS, b"PROD1|10.9.8.7", encode(one), one.type) for one in verdicts])
        publisher.close()


def _settled(folder: Path, service: str) -> bool:
    with _broker(folder) as broker:
        return all(standing.behind == 0 for standing in broker.standings(service, [VERDICTS]))


def _dead(folder: Path, service: str) -> list[str]:
    with _broker(folder) as broker:
        return [orjson.loads(record.value)["id"] for record in broker.read(dead_letters(service))]
