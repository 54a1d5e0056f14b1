"""What the benchmarks read and write, made once beforehand by a first run: simulator, producer and enricher.

It is kept in an embedded broker's file, entry for entry what the services make of the same journal on Kafka.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain, count, cycle, islice
from pathlib import Path
from shutil import copy

from bench.processes import Program, run
from dev.ibmi import JournalEntry
from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.record import Record, StoredRecord
from runtime.shutdown import Shutdown
from schemas.topics import ALERTS, DEFAULT_PARTITIONS, ENTRIES, VERDICTS, all_topics, partition_of

SYSTEM = "BENCH"
ZONE = "Europe/Berlin"
JOURNAL = {"seed": 7, "scale": 50, "zone": ZONE, "receiver_library": "QGPL", "receiver_entries": 1_000_000}
SIMULATOR = {f"SK2SIEM_SIMULATOR__{name.upper()}": str(value) for name, value in JOURNAL.items()}
OUTCOMES = frozenset({"verdict", "event"})
SPARE = 1000
"""So many rows more than entries: some rows of the journal are no entries but changes of system values."""

SERVICE = {
    "SK2SIEM_WORKER": "bench",
    "SK2SIEM_LOG__LEVEL": "warning",
    "SK2SIEM_ENRICHER__DNS__ENABLED": "false",
}
OF_SIMULATOR = {
    **SERVICE,
    **SIMULATOR,
    "SK2SIEM_PRODUCER__SYSTEM": SYSTEM,
    "SK2SIEM_PRODUCER__READER": "simulator",
    "SK2SIEM_PRODUCER__TIME_ZONE": ZONE,
}


class Prepared:
    """`entries` journal entries and what becomes of them, in `file`; made when it is first asked for.

    The enricher gets `settings` beside its usual ones.
    """

    def __init__(self, folder: Path, entries: int, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.entries = entries
        self.file = folder / "prepared.db"
        self._journal = folder / "entries.db"
        self._settings = settings or {}

    def journal(self) -> Path:
        """A file with the entries only, made by now. Raises ProgramFailed."""
        if not self._journal.exists():
            self._run("producer", self._journal, self.entries + SPARE)
        return self._journal

    def path(self) -> Path:
        """The file, made by now. Raises ProgramFailed."""
        if not self.file.exists():
            copy(self.journal(), self.file)
            self._run("enricher", self.file, self.entries)
        return self.file

    def _run(self, service: str, file: Path, entries: int) -> None:
        settings = {**OF_SIMULATOR, "SK2SIEM_BROKER__URL": f"sqlite:///{file}", **self._settings}
        broker_of(file).ensure(all_topics())
        run(Program("bench.child", [service, str(entries)], settings), self.folder / "prepared.log")

    @cached_property
    def broker(self) -> EmbeddedBroker:
        return broker_of(self.path())

    @cached_property
    def outcomes(self) -> int:
        """How many verdicts and events became of the entries: an entry that only tells of TLS becomes none."""
        return sum(stored.type in OUTCOMES for stored in self.broker.read(VERDICTS))

    def for_enricher(self) -> Iterator[Record]:
        """What a producer would have published, over and over again."""
        while True:
            for stored in self.broker.read(ENTRIES):
                yield from placed(stored)

    def for_sinks(self) -> Iterator[Record]:
        """What an enricher would have published: all alerts, then verdicts and events over and over again.

        Spread evenly, so that no partition begins to repeat itself before all of them do.
        """
        numbers = cycle(range(DEFAULT_PARTITIONS))
        endless = (stored for _ in count() for stored in self.broker.read(VERDICTS))
        for stored in chain(self.broker.read(ALERTS), endless):
            yield Record(stored.partition.topic, stored.key, stored.value, stored.type, next(numbers))


def broker_of(file: Path) -> EmbeddedBroker:
    return EmbeddedBroker(file, metrics=Metrics("bench"), shutdown=Shutdown())


def placed(stored: StoredRecord) -> Iterator[Record]:
    """The record on the partition that Kafka's topics would have it on; on each, where it goes to all of them."""
    topic = stored.partition.topic
    everywhere = topic == ENTRIES and stored.type != "entry"
    partitions = range(DEFAULT_PARTITIONS) if everywhere else (partition_of(stored.key, DEFAULT_PARTITIONS),)
    for partition in partitions:
        yield Record(topic, stored.key, stored.value, stored.type, partition)


def journal_entries(number: int) -> Iterator[JournalEntry]:
    """The first entries of the same journal, for the IBM i double."""
    partition = Partition(SimulatorSettings.model_validate(JOURNAL))
    for written in islice(partition.written(), number):
        row = written.row
        yield JournalEntry(
            row.place.receiver_library,
            row.place.receiver,
            row.place.sequence,
            row.timestamp,
            row.entry_type,
            row.entry_data,
            row.job_name,
            row.job_user,
            row.job_number,
            row.user,
            row.program,
            row.program_library,
        )
