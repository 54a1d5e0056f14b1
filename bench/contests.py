"""The benchmarks: for each, what has to run and wait before it, and the two programs that are measured in turn."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from bench import killed, rivals, slow, stock
from bench.catch_up import catch_up
from bench.dns import dns
from bench.endurance import endurance
from bench.ground import Contest, Ground, from_kafka, verdicts
from bench.latency import latency
from bench.measurement import Measurement
from bench.prepared import OF_SIMULATOR, SERVICE, SPARE, SYSTEM, ZONE, broker_of
from bench.processes import run, run_together
from bench.report import report
from bench.sparse import sparse
from bench.truth import truth
from bench.windows import windows
from cli.settings import load
from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.part import free_port
from schemas.topics import all_topics

HEAP = "2g"


@contextmanager
def producer(ground: Ground) -> Iterator[Contest]:
    """IBM i double to Kafka."""
    with (
        stock.ibmi(ground.folder / "ibmi", ground.waiting) as double,
        stock.kafka(ground.folder / "kafka-producer", iter(()), 0) as kafka,
    ):

        def settings(number: int) -> dict[str, str]:
            system = f"{SYSTEM[:-1]}{number}"
            time = {"SK2SIEM_PRODUCER__SYSTEM": system, "SK2SIEM_PRODUCER__TIME_ZONE": ZONE}
            time["SK2SIEM_PRODUCER__READ_SHARE"] = "1"
            return {**double.exports(), **kafka.exports(), **time}

        yield Contest(
            lambda number: run(ground.service("producer", settings(number)), ground.log),
            lambda number: run(ground.bare("producer", settings(number)), ground.log),
            ground.waiting,
        )


@contextmanager
def enricher(ground: Ground) -> Iterator[Contest]:
    """Kafka to Kafka."""
    records = ground.prepared.for_enricher()
    with stock.kafka(ground.folder / "kafka-entries", records, ground.waiting) as kafka:
        yield from_kafka("enricher", ground, lambda _: kafka.exports(), ground.entries)


@contextmanager
def splunk(ground: Ground) -> Iterator[Contest]:
    """Kafka to the HEC double."""
    with verdicts(ground) as exports, Hec(free_port(), ground.folder / "hec") as hec:
        yield _to_siem("splunk", ground, lambda _: {**exports, **hec.exports()})


@contextmanager
def elastic(ground: Ground) -> Iterator[Contest]:
    """Kafka to Elasticsearch, which is warm: Java is slow until it has compiled what is used."""
    from sinks.elastic.templates import install

    server = Elasticsearch(free_port(), ground.folder / "elasticsearch", heap=HEAP)
    with verdicts(ground) as exports, server:

        def settings(namespace: str) -> dict[str, str]:
            return {**exports, **server.exports(), "SK2SIEM_ELASTIC__NAMESPACE": namespace}

        first = load({**SERVICE, **settings("warm")}).elastic
        assert first
        install(first)
        contest = _to_siem("elastic", ground, settings)
        contest.bare(0)
        yield contest


@contextmanager
def file(ground: Ground) -> Iterator[Contest]:
    """Kafka to files, one JSON object a line."""
    with verdicts(ground) as exports:
        yield _to_siem(
            "file", ground, lambda run_name: {**exports, "SK2SIEM_FILE__PATH": str(ground.folder / f"file-{run_name}")}
        )


@contextmanager
def embedded(ground: Ground) -> Iterator[Contest]:
    """Simulator to files over the embedded broker, three services side by side, against one process with SQLite alone.

    Nothing waits: the simulator makes the entries up as they are read.
    """

    def settings(name: str, number: int) -> dict[str, str]:
        broker = ground.folder / f"{name}-{number}.db"
        broker_of(broker).ensure(all_topics())
        path = {"SK2SIEM_FILE__PATH": str(ground.folder / f"{name}-{number}")}
        return {**OF_SIMULATOR, "SK2SIEM_BROKER__URL": f"sqlite:///{broker}", **path}

    def services(number: int) -> Measurement:
        shared = settings("embedded", number)
        count = {"producer": ground.entries + SPARE}
        programs = [ground.service(name, shared, count.get(name)) for name in ("producer", "enricher", "file")]
        return run_together(programs, ground.log)

    yield Contest(services, lambda number: run(ground.bare("sqlite", settings("sqlite", number)), ground.log), 0)


def _to_siem(name: str, ground: Ground, settings: Callable[[str], Mapping[str, str]]) -> Contest:
    return from_kafka(name, ground, settings, ground.unique)


BENCHMARKS: dict[str, Callable[[Ground], AbstractContextManager[Contest]]] = {
    "producer": producer,
    "latency": latency,
    "catch-up": catch_up,
    "sparse": sparse,
    "endurance": endurance,
    "enricher": enricher,
    "splunk": splunk,
    "elastic": elastic,
    "file": file,
    "splunk-raw": rivals.splunk,
    "elastic-raw": rivals.elastic,
    "splunk-slow": slow.splunk,
    "splunk-killed": killed.splunk,
    "elastic-killed": killed.elastic,
    "embedded": embedded,
    "dns": dns,
    "windows": windows,
    "truth": truth,
    "report": report,
}
