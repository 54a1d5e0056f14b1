"""A stretch of the journal as the records that a producer would publish of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

from producer.journal import Journal
from producer.publication import dead_letter_of, gap_of, opening_of, progress_after, progress_of, resumed_at
from producer.reader import JournalRow
from producer.stage import Decode
from producer.walk import Walk
from runtime.flow import Rejection
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.topics import ENTRIES

PLACE = Partition(ENTRIES, 0)
SERVICE = "producer"


def excerpt(
    walk: Walk, journal: Journal, metrics: Metrics, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[StoredRecord]:
    """From `since` on, or from the oldest entry, up to `until` or where the journal ends now, on one partition.

    What the producer would reject is among them as its dead letter, with the time of the entry as its own. Raises what
    the reader raises.
    """
    stage, offsets = Decode(journal, metrics), count()
    place = walk.place_at(since) if since else None
    progress = None if since is None or place is None else min(since, datetime.now(UTC))
    journal.clock.rewind(progress)
    for page in walk.pages(place):
        journal.read_at = datetime.now(UTC)
        if page.missed:
            journal.know(None)
        before, opening = progress, opening_of(journal, page) if progress is None else None
        progress = progress_after(page, progress, journal.clock)
        resumed = resumed_at(page, progress, journal.clock)
        gaps = [gap_of(journal, missed, before or journal.read_at, resumed) for missed in page.missed]
        records: list[Record] = [record for gap in gaps for record in journal.broadcast(gap)]
        records += journal.broadcast(opening) if opening else []
        outcome = stage.process(page.rows)
        records += outcome.outputs
        records += journal.broadcast(progress_of(journal, page, progress))
        journal.clock.pass_by(progress)
        for record in records:
            yield StoredRecord(PLACE, Offset(next(offsets)), record.key, record.value, record.type)
        for rejection in outcome.rejected:
            letter, time = dead_letter_of(journal, rejection, SERVICE), _time_of(rejection, journal, progress)
            offset = Offset(next(offsets))
            yield StoredRecord(PLACE, offset, letter.key, letter.value, letter.type, letter.headers, time)
        if until is not None and progress > until:
            return


def _time_of(rejection: Rejection[JournalRow], journal: Journal, progress: datetime) -> int:
    """In milliseconds since 1970; for a time that has no counterpart in UTC, how far the journal has been read."""
    try:
        time = journal.clock.peek(rejection.item.timestamp)
    except (OverflowError, ValueError):
        time = progress
    return int(time.timestamp() * 1000)
