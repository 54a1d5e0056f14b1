"""The producer, wired: which reader, whose journal, and where it is published."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from producer.file_reader import FileReader, position_name
from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.positions import BrokerPositions, identity_of
from producer.reader import JournalReader, JournalRow
from producer.recovery import Surveyor
from producer.relocation import Relocation
from producer.rereading import Rereading
from producer.settings import IbmiSettings, ProducerSettings
from producer.simulator.settings import SimulatorSettings
from producer.source import JournalSource
from producer.stage import Decode
from producer.walk import Walk
from runtime.bounded import Bounded
from runtime.broker import Broker
from runtime.errors import ConfigError
from runtime.flow import Source, Stage
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from runtime.service import Running
from runtime.shutdown import Shutdown
from schemas.topics import DEFAULT_PARTITIONS, ENTRIES


def build(
    producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings, broker: Broker, running: Running
) -> tuple[Source[JournalRow], Stage[JournalRow]]:
    """Source and stage of one journal of one system. Raises ConfigError, Unavailable."""
    reader = _reader(producer, ibmi, simulator, running)
    journal = _journal(producer, reader, partitions=min(producer.partitions, broker.partitions(ENTRIES)))
    publisher = broker.publisher(identity_of(producer.system, journal.position_name))
    return JournalSource(reader, publisher, journal, producer, running), Decode(journal, running.metrics)


@contextmanager
def relocating(
    producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings, broker: Broker, running: Running
) -> Iterator[Relocation]:
    """The hands that move the position. Raises ConfigError for a reader that cannot look without reading."""
    name = f"{producer.journal_library}/{producer.journal_name}"
    reader = _reader(producer, ibmi, simulator, running)
    publisher = broker.publisher(identity_of(producer.system, name))
    try:
        if not isinstance(reader, Surveyor):
            raise ConfigError(f"SK2SIEM_PRODUCER__READER: the position of {reader.name} cannot be moved by hand")
        partitions = min(producer.partitions, broker.partitions(ENTRIES))
        clock = JournalClock(producer.time_zone)
        yield Relocation(reader, publisher, Journal(producer.system, name, reader.name, clock, partitions))
    finally:
        publisher.close()
        reader.close()


def reading(
    producer: ProducerSettings,
    ibmi: IbmiSettings,
    simulator: SimulatorSettings,
    running: Running,
    *,
    since: datetime | None,
    until: datetime | None,
    called: str = "",
) -> Iterator[StoredRecord]:
    """Records of a stretch of the journal for a tool that looks back; nothing is published, no position is stored.

    `called` is how errors name a file that no setting named.
    """
    from producer.excerpt import excerpt

    reader = _reader(producer, ibmi, simulator, running, called=called)
    try:
        journal = _journal(producer, reader, partitions=1)
        walk = Walk(reader, journal, producer, running)
        yield from excerpt(walk, journal, running.metrics, since=since, until=until)
    finally:
        reader.close()


@contextmanager
def rereading(
    producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings, broker: Broker, running: Running
) -> Iterator[Rereading | None]:
    """The journal beside the producer that reads it; None where none has read it yet. Connects to nothing.

    What a simulated journal has written by now is bounded by the position, not by a clock that would begin here.
    """
    reader = _reader(producer, ibmi, simulator.model_copy(update={"speed": 0.0}), running)
    publisher = broker.publisher(identity_of(producer.system, "reread"))
    try:
        journal = _journal(producer, reader)
        position = BrokerPositions(publisher, journal.system, journal.position_name).load()
        walk = Walk(reader, journal, producer, running)
        yield None if position is None else Rereading(walk, journal, position)
    finally:
        publisher.close()
        reader.close()


def check(producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings) -> str:
    """One sentence on the journal. Raises what its reader raises."""
    running = Running("producer", "check", Shutdown(), Health(), Metrics("producer"))
    reader = _reader(producer, ibmi, simulator, running)
    try:
        return reader.check()
    finally:
        reader.close()


def _journal(producer: ProducerSettings, reader: JournalReader, *, partitions: int = DEFAULT_PARTITIONS) -> Journal:
    name = f"{producer.journal_library}/{producer.journal_name}"
    stored_as = position_name(producer.file) if producer.file and producer.reader == "file" else ""
    clock = JournalClock(producer.time_zone)
    assertion = frozenset(producer.audited) or None
    return Journal(producer.system, name, reader.name, clock, partitions, assertion=assertion, stored_as=stored_as)


def _reader(
    producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings, running: Running, *, called: str = ""
) -> JournalReader:
    """Drivers are imported where they are used: the simulator and saved files must be readable without ODBC."""
    if producer.reader == "simulator":
        from producer.simulator.reader import SimulatorReader

        return SimulatorReader(simulator)
    if producer.reader == "file":
        return _file_reader(producer, called)
    return _ibmi_reader(producer, ibmi, running)


def _file_reader(producer: ProducerSettings, called: str) -> JournalReader:
    if producer.file is None:
        raise ConfigError("SK2SIEM_PRODUCER__FILE: must be set for the reader file")
    return FileReader(producer.file, producer.file_format, called=called)


def _ibmi_reader(producer: ProducerSettings, ibmi: IbmiSettings, running: Running) -> JournalReader:
    from producer.display_journal import DisplayJournalReader
    from producer.odbc import Login, Odbc

    login = Login()

    def bounded() -> Bounded:
        return Bounded(running.shutdown, stuck_after=running.stuck_after, grace=running.grace, beat=running.health.beat)

    def odbc() -> Odbc:
        return Odbc(ibmi, bounded(), login=login)

    if producer.reader == "audit-journal-sk":
        from producer.audit_journal_sk import AuditJournalSkEntries

        return DisplayJournalReader(odbc(), producer, entries=AuditJournalSkEntries, more=odbc)
    if producer.reader == "cpyaudjrne":
        from producer.cpyaudjrne import WHOLE_RECEIVER, CpyaudjrneEntries

        calling = Odbc(ibmi, bounded(), calls=True)
        return DisplayJournalReader(calling, producer, entries=CpyaudjrneEntries, window=WHOLE_RECEIVER)
    return DisplayJournalReader(odbc(), producer, more=odbc)
