"""The producer, wired: which reader, whose journal, and where it is published."""

from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.reader import JournalReader, JournalRow
from producer.settings import IbmiSettings, ProducerSettings
from producer.simulator.settings import SimulatorSettings
from producer.source import JournalSource
from producer.stage import Decode
from runtime.bounded import Bounded
from runtime.broker import Broker
from runtime.flow import Source, Stage
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.service import Running
from runtime.shutdown import Shutdown
from schemas.topics import ENTRIES


def build(
    producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings, broker: Broker, running: Running
) -> tuple[Source[JournalRow], Stage[JournalRow]]:
    """Source and stage of one journal of one system. Raises ConfigError, Unavailable."""
    name = f"{producer.journal_library}/{producer.journal_name}"
    partitions = min(producer.partitions, broker.partitions(ENTRIES))
    reader = _reader(producer, ibmi, simulator, running)
    journal = Journal(producer.system, name, reader.name, JournalClock(producer.time_zone), partitions)
    publisher = broker.publisher(f"sk2siem.producer.{producer.system}.{name.replace('/', '.')}")
    return JournalSource(reader, publisher, journal, producer, running), Decode(journal, running.metrics)


def check(producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings) -> str:
    """One sentence on the journal. Raises what its reader raises."""
    running = Running("producer", "check", Shutdown(), Health(), Metrics("producer"))
    reader = _reader(producer, ibmi, simulator, running)
    try:
        return reader.check()
    finally:
        reader.close()


def _reader(
    producer: ProducerSettings, ibmi: IbmiSettings, simulator: SimulatorSettings, running: Running
) -> JournalReader:
    """Drivers are imported where they are used: the simulator must run without ODBC."""
    if producer.reader == "simulator":
        from producer.simulator.reader import SimulatorReader

        return SimulatorReader(simulator)
    from producer.display_journal import DisplayJournalReader
    from producer.odbc import Odbc

    bounded = Bounded(running.shutdown, stuck_after=running.stuck_after, grace=running.grace, beat=running.health.beat)
    return DisplayJournalReader(Odbc(ibmi, bounded), producer)
