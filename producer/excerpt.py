"""A stretch of the journal as records, read once and published nowhere: no position is stored or moved."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count

from producer.journal import Journal
from producer.publication import position_of
from producer.reader import JournalReader
from producer.recovery import Surveyor
from producer.settings import ProducerSettings
from producer.source import JournalSource, ReadPage
from producer.stage import Decode
from runtime.flow import Settled, Tally
from runtime.record import Offset, Partition, Record, StoredRecord
from runtime.service import Running
from schemas.codec import encode
from schemas.records import Position
from schemas.topics import ENTRIES

POLL_SECONDS = 1.0


class Notebook:
    """Implements `Publisher`: what is published is kept for whoever takes it. It holds one position from the start."""

    def __init__(self, start: Position | None = None) -> None:
        self._start = start
        self._kept: list[StoredRecord] = []
        self._offsets = count()

    def take(self) -> Sequence[StoredRecord]:
        """The records of `sk.entries` since the last call."""
        kept, self._kept = self._kept, []
        return kept

    def claim(self) -> None:
        """Nobody else can have it."""

    def publish(self, records: Sequence[Record]) -> None:
        place = Partition(ENTRIES, 0)
        self._kept += [
            StoredRecord(place, Offset(next(self._offsets)), record.key, record.value, record.type)
            for record in records
            if record.topic == ENTRIES
        ]

    def newest(self, topic: str, key: bytes) -> StoredRecord | None:
        if self._start is None:
            return None
        return StoredRecord(Partition(topic, 0), Offset(0), key, encode(self._start), Position.type)

    def glance(self, topic: str, key: bytes) -> StoredRecord | None:
        return self.newest(topic, key)

    def keep_alive(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def excerpt(
    reader: JournalReader,
    journal: Journal,
    settings: ProducerSettings,
    running: Running,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[StoredRecord]:
    """What a producer would publish from `since` on, up to `until` or where the journal ends now.

    A reader that cannot look for a time begins at the oldest entry. Raises what the reader raises.
    """
    notebook = Notebook(_position(reader, journal, since, running.worker) if since else None)
    source = JournalSource(reader, notebook, journal, settings, running)
    stage = Decode(journal, running.metrics)
    while not running.shutdown.requested:
        batch = source.poll(POLL_SECONDS)
        if batch is None:
            continue
        outcome = stage.process(batch.items)
        source.checkpoint(Settled(batch, outcome.outputs, outcome.rejected, batch.tally))
        yield from notebook.take()
        read = batch.position
        assert isinstance(read, ReadPage)
        if read.page.at_end or read.page.final or (until is not None and read.progress > until):
            return


def _position(reader: JournalReader, journal: Journal, since: datetime, worker: str) -> Position | None:
    """The place behind which that time begins, as a stored position."""
    if not isinstance(reader, Surveyor):
        return None
    chain = reader.survey()
    journal.clock.state_offset(chain.utc_offset_seconds, chain.read_at)
    place = reader.place_at(journal.clock.local(since), chain)
    return position_of(journal, place, min(since, datetime.now(UTC)), Tally(), worker)
