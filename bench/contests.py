"""The benchmarks: for each, what has to run and wait before it, and the two programs that are measured in turn."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench import stock
from bench.measurement import Measurement
from bench.prepared import OF_SIMULATOR, SERVICE, SPARE, SYSTEM, ZONE, Prepared, broker_of
from bench.processes import Program, run, run_together
from cli.settings import load
from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.part import free_port
from schemas.topics import all_topics

HEAP = "2g"
MORE_THAN_A_BATCH = 5_000
Run = Callable[[int], Measurement]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where benchmarks run: a folder of their own, how many entries are measured, and how many wait in the source.

    `tried` are settings of the services that both sides get beside the default ones.
    """

    folder: Path
    prepared: Prepared
    waiting: int
    tried: Mapping[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> int:
        return self.prepared.entries

    @property
    def log(self) -> Path:
        return self.folder / "programs.log"

    def service(self, name: str, settings: Mapping[str, str], entries: int | None = None) -> Program:
        return Program("bench.child", [name, str(entries or self.entries)], {**SERVICE, **settings, **self.tried})

    def bare(self, name: str, settings: Mapping[str, str], entries: int | None = None) -> Program:
        arguments = [str(entries or self.entries), str(self.prepared.path())]
        return Program(f"bench.bare_{name}", arguments, {**SERVICE, **settings, **self.tried})


@dataclass(frozen=True, slots=True)
class Contest:
    """The two sides; each takes the number of the round, because every run begins anew. `waiting` is in the source."""

    service: Run
    bare: Run
    waiting: int


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
        yield _from_kafka("enricher", ground, lambda _: kafka.exports(), ground.entries)


@contextmanager
def splunk(ground: Ground) -> Iterator[Contest]:
    """Kafka to the HEC double."""
    with _verdicts(ground) as exports, Hec(free_port(), ground.folder / "hec") as hec:
        yield _to_siem("splunk", ground, lambda _: {**exports, **hec.exports()})


@contextmanager
def elastic(ground: Ground) -> Iterator[Contest]:
    """Kafka to Elasticsearch, which is warm: Java is slow until it has compiled what is used."""
    from sinks.elastic.templates import install

    server = Elasticsearch(free_port(), ground.folder / "elasticsearch", heap=HEAP)
    with _verdicts(ground) as exports, server:

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
    with _verdicts(ground) as exports:
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


BENCHMARKS: dict[str, Callable[[Ground], AbstractContextManager[Contest]]] = {
    "producer": producer,
    "enricher": enricher,
    "splunk": splunk,
    "elastic": elastic,
    "file": file,
    "embedded": embedded,
}


@contextmanager
def _verdicts(ground: Ground) -> Iterator[dict[str, str]]:
    """A Kafka where verdicts wait; the sinks' benchmarks use it one after the other."""
    records = ground.prepared.for_sinks()
    with stock.kafka(ground.folder / "kafka-verdicts", records, ground.waiting) as kafka:
        yield kafka.exports()


def _to_siem(name: str, ground: Ground, settings: Callable[[str], Mapping[str, str]]) -> Contest:
    """So many verdicts and events that no id comes twice: a SIEM that knows an id answers otherwise."""
    return _from_kafka(name, ground, settings, ground.prepared.outcomes - MORE_THAN_A_BATCH)


def _from_kafka(name: str, ground: Ground, settings: Callable[[str], Mapping[str, str]], entries: int) -> Contest:
    """Both sides read as the same group, which is forgotten after each run; `settings` get the run's name."""

    def measured(make: Callable[[str, Mapping[str, str], int], Program], side: str, number: int) -> Measurement:
        used = settings(f"{side}{number}")
        try:
            return run(make(name, used, entries), ground.log)
        finally:
            stock.forget_group({**SERVICE, **used}, name)

    return Contest(partial(measured, ground.service, "service"), partial(measured, ground.bare, "bare"), ground.waiting)
