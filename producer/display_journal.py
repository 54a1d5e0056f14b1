"""The reader `display-journal`: QSYS2.DISPLAY_JOURNAL, a receiver at a time, never beyond the head read before."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from producer import journal_sql as sql
from producer.ahead import ReadAhead, Taken
from producer.audit_levels import Levels
from producer.connection_watch import ConnectionWatch
from producer.course import BehindThePlace, Range, is_torn, lost, next_range, passed_over
from producer.entries import DisplayJournalEntries, ReceiverEntries, Stretch
from producer.listing import Listing
from producer.odbc import Odbc
from producer.odbc_errors import NoEntries, PlaceInDoubt, ReceiverDamaged, Refused
from producer.reader import JournalRow, Missed, Page, Place, PlaceLost
from producer.receivers import CLOCK_SET_BACK, Chain, Receiver
from producer.settings import ProducerSettings
from producer.surroundings import Surroundings
from producer.time_to_loss import time_to_loss
from runtime.errors import Halt, PipelineError, Unavailable

WINDOW = 200_000
"""Sequence numbers that one query covers: SK entries can be rare in a busy journal, and it must answer in time."""

LEVELS_EVERY_SECONDS = 60.0
LOOK_AROUND_EVERY_SECONDS = 60.0
NOT_LISTED_YET_SECONDS = 1.0
LATE_LIST_SECONDS = 60.0
REFUSED_SECONDS = 600.0


class DisplayJournalReader:
    """Reads the audit journal of one IBM i; each page belongs to one receiver."""

    def __init__(
        self,
        odbc: Odbc,
        settings: ProducerSettings,
        *,
        window: int = WINDOW,
        clock: Callable[[], float] = time.monotonic,
        entries: Callable[[Odbc, ProducerSettings], ReceiverEntries] = DisplayJournalEntries,
        more: Callable[[], Odbc] | None = None,
    ) -> None:
        self._odbc = odbc
        self._listing = Listing(odbc, settings)
        self._surroundings = Surroundings(odbc, settings)
        self._watch = ConnectionWatch(self._surroundings.connections, clock)
        self._source = entries(odbc, settings)
        self._others: list[Odbc] = []
        self._ahead = ReadAhead(
            self._source,
            lambda: entries(self._one_more(more), settings),
            connections=settings.connections if more else 1,
            widest=window,
            clock=clock,
        )
        self.name = self._source.name
        self._library, self._journal = settings.journal_library, settings.journal_name
        self._window = window
        self._clock = clock
        self._levels_due = self._look_due = clock()
        self._listed_from: datetime = sql.EARLIEST
        self._sure: Place | None = None
        self._doubtful: tuple[Place | None, float] | None = None

    def read(self, after: Place | None, limit: int) -> Page:
        """See `JournalReader.read`. Where nothing is new, no entries are asked for."""
        started = self._clock()
        page = self._read(after, limit)
        page = replace(page, read_seconds=page.read_seconds or self._clock() - started)
        return replace(self._looked_around(page), unaudited=self._watch.unaudited(page))

    def _read(self, after: Place | None, limit: int) -> Page:
        taken = self._ahead.take(after, limit)
        if taken:
            return self._window_page(taken)
        chain = self._chain(after)
        found = self._next_range(chain, after)
        receiver = found.receiver
        self._listed_from = max(receiver.attached_at - CLOCK_SET_BACK, sql.EARLIEST)
        if found.exhausted:
            return self._page(chain, [], receiver.end, found.missed)
        if receiver.freed:
            return self._pass_over(chain, found, after, "the receiver was saved with its storage freed")
        if not found.missed and self._ahead.worth_while(receiver, found.start, limit):
            self._ahead.begin(chain, receiver, found.start, limit)
            taken = self._ahead.take(receiver.at(found.start - 1), limit)
            if taken:
                return self._window_page(taken)
        until = min(receiver.last, found.start + self._window - 1)
        try:
            rows = self._entries(Stretch(chain, receiver, found.start, until), limit)
        except ReceiverDamaged as damaged:
            return self._pass_over(chain, found, after, str(damaged))
        except (PlaceInDoubt, Refused) as doubt:
            if not receiver.attached and self._doubted_for(after) > REFUSED_SECONDS:
                return self._pass_over(chain, found, after, f"the journal refuses the receiver: {doubt}")
            raise self._resolved(doubt, after) from doubt
        self._doubtful = None
        self._require_same(chain, receiver, rows)
        place = receiver.at(rows[-1].place.sequence if len(rows) == limit else until)
        return self._page(chain, rows, place, found.missed)

    def survey(self) -> Chain:
        """See `producer.recovery.Surveyor`."""
        return self._listing.receivers()

    def place_at(self, local: datetime, chain: Chain) -> Place:
        """See `producer.recovery.Surveyor`."""
        return self._listing.place_at(local, chain)

    def check(self) -> str:
        """What was found; asks for the newest entry, as real traffic would."""
        chain = self._listing.receivers()
        newest = chain.newest
        with suppress(NoEntries):
            self._source.check(chain)
        levels = self._listing.levels()
        audited = "not readable" if levels is None else " ".join(sorted(levels)) or "nothing"
        return (
            f"{self._listing.environment()} answers: {self._library}/{self._journal} has "
            f"{len(chain.receivers)} receivers listed and ends with {newest.library}/{newest.name} entry {newest.last}"
            f"; audited: {audited}"
        )

    def close(self) -> None:
        self._ahead.close()
        for odbc in (self._odbc, *self._others):
            odbc.close()

    def _one_more(self, more: Callable[[], Odbc] | None) -> Odbc:
        assert more is not None
        self._others.append(more())
        return self._others[-1]

    def _window_page(self, taken: Taken) -> Page:
        """A page that was read ahead."""
        _require_order(taken.rows, taken.stretch.receiver, taken.stretch.start)
        self._require_same(taken.stretch.chain, taken.stretch.receiver, taken.rows)
        page = self._page(taken.stretch.chain, taken.rows, taken.place, ())
        return replace(page, read_seconds=taken.seconds)

    def _chain(self, after: Place | None) -> Chain:
        """The receivers from the one that holds `after` on; all of them where that cannot be told."""
        if after is None:
            return self._listing.receivers()
        chain = self._listing.receivers(self._listed_from)
        if not chain.holding(after) or not chain.newest.attached:
            return self._listing.receivers()
        if is_torn(chain, after):
            return self._listing.receivers(self._listed_from)
        return chain

    def _next_range(self, chain: Chain, after: Place | None) -> Range:
        try:
            found = next_range(chain, after, self._surroundings.follows)
        except BehindThePlace as behind:
            if self._doubted_for(after) < LATE_LIST_SECONDS:
                raise Unavailable(f"the list of receivers is late: {behind}", retry_after=1.0) from behind
            raise
        except PlaceLost as lost:
            if after and any(receiver.is_named_as(after) for receiver in chain.receivers):
                lost.sure = self._sure
            raise
        self._sure = found.receiver.at(found.start - 1)
        return found

    def _pass_over(self, chain: Chain, found: Range, after: Place | None, why: str) -> Page:
        """Give up the rest of a receiver; the attached one still grows, so it must be changed first."""
        receiver = found.receiver
        if receiver.attached:
            raise Unavailable(f"the attached receiver {receiver.name} cannot be read, change it (CHGJRN): {why}")
        return self._page(chain, [], receiver.end, passed_over(chain, found, after, why))

    def _doubted_for(self, after: Place | None) -> float:
        """For how many seconds the same place has been in doubt."""
        if self._doubtful is None or self._doubtful[0] != after:
            self._doubtful = after, self._clock()
        return self._clock() - self._doubtful[1]

    def _entries(self, stretch: Stretch, limit: int) -> Sequence[JournalRow]:
        try:
            rows = self._source.between(stretch, limit)
        except NoEntries:
            return []
        _require_order(rows, stretch.receiver, stretch.start)
        return rows

    def _require_same(self, chain: Chain, receiver: Receiver, rows: Sequence[JournalRow]) -> None:
        """A range that was listed holds nothing younger than the list, unless the clock was set back, or the name
        belongs to another receiver by now."""
        if rows and rows[-1].timestamp > chain.read_at and not self._listing.receivers().holding(receiver.start):
            raise Unavailable(f"{receiver.name} was deleted and its name used again while it was read", retry_after=0)

    def _page(self, chain: Chain, rows: Sequence[JournalRow], place: Place, missed: Sequence[Missed]) -> Page:
        at_end = place == chain.newest.end and self._listing.is_attached(chain.newest)
        if place == chain.newest.end and not at_end and not rows and not missed:
            raise Unavailable("the attached receiver is not listed yet", retry_after=NOT_LISTED_YET_SECONDS)
        return Page(
            rows=rows,
            place=place,
            at_end=at_end,
            read_at=chain.read_at,
            utc_offset_seconds=chain.utc_offset_seconds,
            missed=missed,
            audit_levels=self._levels_now_and_then() if at_end else None,
            lag=chain.entries_after(place),
        )

    def _resolved(self, doubt: PlaceInDoubt | Refused, after: Place | None) -> PipelineError:
        """What a refused range means, once the list of receivers has been looked at again."""
        chain = self._listing.receivers()
        if after is None or chain.holding(after) or chain.continuing(after):
            return Unavailable(f"the journal refused a range that is listed: {doubt}")
        return lost(chain, after)

    def _looked_around(self, page: Page) -> Page:
        """With what is asked once a minute."""
        if page.place is None or self._clock() < self._look_due:
            return page
        self._look_due = self._clock() + LOOK_AROUND_EVERY_SECONDS
        deletion = self._surroundings.deletion()
        loss = time_to_loss(self._listing.receivers(), page.place, deletion) if deletion else None
        return replace(page, loss=loss, job_cpu=self._surroundings.own_cpu())

    def _levels_now_and_then(self) -> Levels:
        if self._clock() < self._levels_due:
            return None
        self._levels_due = self._clock() + LEVELS_EVERY_SECONDS
        return self._listing.levels()


def _require_order(rows: Sequence[JournalRow], receiver: Receiver, start: int) -> None:
    previous = start - 1
    for row in rows:
        if row.place.sequence <= previous or row.place.receiver != receiver.name:
            raise Halt(f"the journal gave entry {row.place} after number {previous} of {receiver.name}: out of order")
        previous = row.place.sequence
