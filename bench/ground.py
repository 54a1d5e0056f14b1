"""What benchmarks stand on: a ground with prepared records, and the two sides that are measured in turn."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench import stock
from bench.measurement import Added, Measurement
from bench.prepared import SERVICE, Prepared
from bench.processes import Program, run

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
    def unique(self) -> int:
        """So many verdicts and events that no id comes twice: a SIEM that knows an id answers otherwise."""
        return self.prepared.outcomes - MORE_THAN_A_BATCH

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
    """The two sides; each takes the number of the round, because every run begins anew. `waiting` is in the source.

    `added` is asked behind the last round; `rounds` is set where more of them would tell nothing new.
    """

    service: Run
    bare: Run
    waiting: int
    added: Callable[[], Added] = Added
    rounds: int | None = None


@contextmanager
def verdicts(ground: Ground) -> Iterator[dict[str, str]]:
    """A Kafka where verdicts wait; the sinks' benchmarks use it one after the other."""
    records = ground.prepared.for_sinks()
    with stock.kafka(ground.folder / "kafka-verdicts", records, ground.waiting) as kafka:
        yield kafka.exports()


def from_kafka(name: str, ground: Ground, settings: Callable[[str], Mapping[str, str]], entries: int) -> Contest:
    """Both sides read as the same group, which is forgotten after each run; `settings` get the run's name."""

    def measured(make: Callable[[str, Mapping[str, str], int], Program], side: str, number: int) -> Measurement:
        used = settings(f"{side}{number}")
        try:
            return run(make(name, used, entries), ground.log)
        finally:
            stock.forget_group({**SERVICE, **used}, name)

    return Contest(partial(measured, ground.service, "service"), partial(measured, ground.bare, "bare"), ground.waiting)
