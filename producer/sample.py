"""A sample of the newest SK entries: what is written at which rate, and how fast it can be read."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from producer.decode import decode
from producer.entries import DisplayJournalEntries, Stretch
from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.listing import Listing
from producer.odbc import Odbc
from producer.odbc_errors import NoEntries
from producer.reader import JournalRow, Place
from producer.receivers import Chain
from producer.settings import ProducerSettings
from schemas.records import Entry

LARGEST = 1000
SPAN = timedelta(hours=1)
LONGER = timedelta(days=7)
"""Where an hour has too few entries to tell how fast they are read."""


@dataclass(frozen=True, slots=True)
class Sample:
    """`entries` stood in `span` of the journal. Reading `read` of them, or of the week before, took `seconds`. `others`
    are journal entries of all types in the last hour."""

    entries: Sequence[Entry]
    span: timedelta
    read: int
    seconds: float
    others: int

    @property
    def rate(self) -> float:
        """SK entries a second."""
        return len(self.entries) / max(self.span.total_seconds(), 1.0)

    @property
    def readable_rate(self) -> float | None:
        """SK entries a second that one connection can read; None where there were too few to tell."""
        return None if self.read < ENOUGH else self.read / max(self.seconds, 0.001)


ENOUGH = 100


def take_sample(
    odbc: Odbc, settings: ProducerSettings, chain: Chain, *, clock: Callable[[], float] = time.monotonic
) -> Sample:
    """At most LARGEST entries of the last hour, from its beginning. Raises as `Odbc.query` does."""
    begin = max(chain.read_at - SPAN, chain.receivers[0].attached_at)
    place = Listing(odbc, settings).place_at(begin, chain)
    source = DisplayJournalEntries(odbc, settings)
    started = clock()
    rows = timed = _behind(place, chain, source, LARGEST)
    seconds = clock() - started
    if len(rows) < ENOUGH and begin > chain.receivers[0].attached_at:
        earlier = Listing(odbc, settings).place_at(max(begin - LONGER, chain.receivers[0].attached_at), chain)
        started = clock()
        timed = _behind(earlier, chain, source, LARGEST - len(rows))
        seconds = clock() - started
    is_full = len(rows) == LARGEST
    end = rows[-1].timestamp if is_full else chain.read_at
    return Sample(_entries(rows, settings), end - begin, len(timed), seconds, chain.entries_after(place) or 0)


def _behind(place: Place, chain: Chain, source: DisplayJournalEntries, limit: int) -> Sequence[JournalRow]:
    """The entries that follow, over receivers."""
    rows: list[JournalRow] = []
    receiver = chain.holding(place)
    start = place.sequence + 1
    while receiver is not None and len(rows) < limit:
        if start <= receiver.last:
            rows += _between(source, Stretch(chain, receiver, start, receiver.last), limit - len(rows))
        receiver = chain.following(receiver)
        start = receiver.first if receiver else 0
    return rows


def _between(source: DisplayJournalEntries, stretch: Stretch, limit: int) -> Sequence[JournalRow]:
    try:
        return source.between(stretch, limit)
    except NoEntries:
        return []


def _entries(rows: Sequence[JournalRow], settings: ProducerSettings) -> Sequence[Entry]:
    """What cannot be read and SV entries are left out."""
    facts = Journal(settings.system, "", "doctor", JournalClock()).facts
    decoded = (decode(row, facts) for row in rows if row.entry_type == "SK")
    return [one for one in decoded if isinstance(one, Entry)]
