"""A SIEM that misbehaves at random while the worker is killed at random: each event is stored or a dead letter."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
import urllib3

from dev.hec import ACK_TOKEN, TOKEN, Hec
from dev.part import free_port
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.service import Running
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.codec import encode
from schemas.records import Verdict
from schemas.topics import VERDICTS, all_topics, dead_letters
from tests.e2e.processes import ServiceProcess, wait_until
from tests.fakes.elastic_node import ElasticNode, Fault, ItemFault, RequestFault, elastic_node
from tests.unit.sinks.samples import verdict

CHUNK = 500
KILLS = 3
ROUNDS = 6
EVENTS = CHUNK * (ROUNDS + 1)
IN_DEFAULT_RUN = (("splunk", 1), ("splunk acknowledged", 2), ("elastic", 3))
IN_SOAK = [(kind, seed) for kind in ("splunk", "splunk acknowledged", "elastic") for seed in range(100, 140)]

SPLUNK_FAULTS: Sequence[Mapping[str, object]] = (
    {"code": 9, "times": 2},
    {"code": 26, "retry_after": 0},
    {"code": 8},
    {"code": 2},
    {"code": 7, "number": 5, "takes": 4},
    {"code": 6, "number": 3, "takes": 3},
    {"code": 15, "number": 0},
    {"code": 24},
    {"html": 502},
    {"html": 200},
    {"status": 413},
    {"reset": True},
    {"reset": True, "takes": 20},
    {"status": 500, "takes": 7},
    {"delay_seconds": 1.5},
    {"lose_ack": True},
    {"endpoint": "ack", "reset": True},
    {"endpoint": "ack", "code": 19},
)
ELASTIC_FAULTS: Sequence[Fault] = (
    ItemFault((0, 7, 8), 429, "es_rejected_execution_exception"),
    ItemFault((1, 30), 503, "unavailable_shards_exception"),
    ItemFault((2,), 400, "document_parsing_exception"),
    ItemFault((5,), 201, failure_store="used"),
    ItemFault(tuple(range(50)), 403, "cluster_block_exception"),
    ItemFault((3, 4), 409, "version_conflict_engine_exception", stores=True),
    RequestFault(401, "security_exception"),
    RequestFault(413),
    RequestFault(429, "circuit_breaking_exception", retry_after=0.0),
    RequestFault(502, page=True),
    RequestFault(product=False, items=100),
    RequestFault(torn=True),
    RequestFault(torn=True, takes=60),
    RequestFault(delay_seconds=1.5, takes=40),
    RequestFault(items=1),
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
            faults = [dict(fault) for fault in dice.sample(SPLUNK_FAULTS, k=3)]
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
            "SK2SIEM_SPLUNK__ACKNOWLEDGEMENT_SECONDS": "2",
            "SK2SIEM_SPLUNK__BATCH_EVENTS": "50",
            "SK2SIEM_SPLUNK__TIMEOUT_SECONDS": "1",
        }
        yield Siem("splunk", environment, disturb, heal, stored, copies=True)
    http.clear()


@contextmanager
def elastic() -> Iterator[Siem]:
    with elastic_node() as node:
        environment = {
            "SK2SIEM_ELASTIC__URL": node.url,
            "SK2SIEM_ELASTIC__BATCH_EVENTS": "100",
            "SK2SIEM_ELASTIC__TIMEOUT_SECONDS": "1",
        }
        yield Siem("elastic", environment, _disturb(node), node.heal, lambda: list(node.documents), copies=False)


def _disturb(node: ElasticNode) -> Callable[[random.Random], None]:
    return lambda dice: node.fault(*dice.sample(ELASTIC_FAULTS, k=3))


@pytest.mark.chaos
@pytest.mark.parametrize(("kind", "seed"), IN_DEFAULT_RUN)
def test_each_event_is_stored_or_a_dead_letter(kind: str, seed: int, tmp_path: Path) -> None:
    _play(kind, seed, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "seed"), IN_SOAK)
def test_each_event_is_stored_or_a_dead_letter_under_many_mixtures(kind: str, seed: int, tmp_path: Path) -> None:
    _play(kind, seed, tmp_path)


def _play(kind: str, seed: int, folder: Path) -> None:
    dice = random.Random(seed)
    chunks = _chunks()
    _publish(folder, chunks[0])
    opened = elastic() if kind == "elastic" else splunk(folder, acknowledged="acknowledged" in kind)
    with opened as siem:
        worker = ServiceProcess(siem.service, {**_environment(folder), **siem.environment}, folder)
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
            worker.kill()  # a wait for a person, who has mended everything by now, ends with the process
            worker.start()
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
    running = Running("test", "test", Shutdown(), Health(), Metrics("test"))
    made = connect(BrokerSettings(url=f"sqlite:///{folder}/broker.db"), running, batch_size=1_000)
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
