"""The journal up to where the producer stands: to tell what of it is on the topic, and to bring back what is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from producer.decode import decode
from producer.journal import Journal
from producer.publication import dead_letter_of, place_of
from producer.reader import JournalRow, Place
from producer.walk import Walk
from runtime.errors import CheckFailed
from runtime.flow import Rejection
from runtime.record import RESTORED, Record
from schemas.codec import encode
from schemas.ids import entry_id
from schemas.records import Entry, EventId, Position, changed

AHEAD = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """An SK entry in the journal, not decoded yet; `time` is UTC."""

    row: JournalRow
    id: EventId
    time: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """What a row brings: its entry and the record for `sk.entries`; or no entry, and the dead letter of the row."""

    entry: Entry | None
    record: Record


class Rereading:
    """Up to the stored position: what stands behind it is still the producer's to read.

    `missed` counts the places where the journal itself has lost entries since.
    """

    def __init__(self, walk: Walk, journal: Journal, position: Position) -> None:
        self._walk = walk
        self._journal = journal
        self._end = place_of(position)
        self._progress = position.progress
        self.missed = 0
        journal.partitions = position.partitions

    @property
    def progress(self) -> datetime:
        """Everything before it had been read when this began."""
        return self._progress

    @property
    def system(self) -> str:
        return self._journal.system

    def seen(self, after: Place | None, since: datetime | None) -> Iterator[Seen]:
        """In order, from behind `after`, or from about `since` (UTC), or from the oldest that can be read.

        Raises what the reader raises.
        """
        place = self._walk.place_at(since) if since else after
        for page in self._walk.pages(place):
            self.missed += len(page.missed)
            for row in page.rows:
                moment = self._journal.clock.to_utc(row.timestamp)
                if self._is_beyond(row.place) or moment > self._progress + AHEAD:
                    return
                if row.entry_type == "SK":
                    one = entry_id(row.timestamp, self._journal.system, row.place.receiver, row.place.sequence)
                    yield Seen(row, one, moment)
            place = page.place
            if place == self._end:
                return
        self._require_end(place)

    def restored(self, row: JournalRow) -> Restored:
        """What the producer would have published of it, marked as late. To be asked before the next row is taken."""
        found = decode(row, self._journal.facts)
        if isinstance(found, Entry):
            entry = changed(found, backfill=True)
            record = self._journal.keyed(entry.remote_address, encode(entry), Entry.type)
            return Restored(entry, record._replace(headers=(RESTORED,)))
        return Restored(None, dead_letter_of(self._journal, Rejection(row, found), "producer"))

    def _require_end(self, place: Place | None) -> None:
        """Raises CheckFailed where the journal ends before the position: then it is not the one that was read."""
        end = self._end
        if place is not None and place.sequence < end.sequence and _receiver_of(place) == _receiver_of(end):
            raise CheckFailed(
                f"the journal ends with entry {place.sequence} of {place.receiver}, before the stored position "
                f"{end.sequence}: is it the one that was read?"
            )

    def _is_beyond(self, place: Place) -> bool:
        return place.sequence > self._end.sequence and _receiver_of(place) == _receiver_of(self._end)


def _receiver_of(place: Place) -> tuple[str, str]:
    return place.receiver_library, place.receiver
