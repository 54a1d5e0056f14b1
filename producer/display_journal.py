"""The reader `display-journal`: QSYS2.DISPLAY_JOURNAL, a receiver at a time, never beyond the head read before."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from producer import journal_sql as sql
from producer.audit_levels import Levels
from producer.odbc import Odbc
from producer.odbc_errors import NoEntries, PlaceInDoubt, ReceiverDamaged, Refused
from producer.reader import JournalRow, Missed, Page, Place
from producer.receivers import CLOCK_SET_BACK, Chain, Receiver, in_order
from producer.settings import ProducerSettings
from runtime.errors import Halt, PipelineError, PositionLost, Unavailable

WINDOW = 200_000
"""Sequence numbers that one query covers: SK entries can be rare in a busy journal, and it must answer in time."""

LEVELS_EVERY_SECONDS = 60.0
NOT_LISTED_YET_SECONDS = 1.0


class DisplayJournalReader:
    """Reads the audit journal of one IBM i; each page belongs to one receiver."""

    name = "display-journal"

    def __init__(
        self,
        odbc: Odbc,
        settings: ProducerSettings,
        *,
        window: int = WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._odbc = odbc
        self._library, self._journal = settings.journal_library, settings.journal_name
        self._window = window
        self._clock = clock
        self._levels_due = clock()
        self._listed_from: datetime = sql.EARLIEST

    def read(self, after: Place | None, limit: int) -> Page:
        """See `JournalReader.read`. Where nothing is new, no entries are asked for."""
        chain = self._chain(after)
        receiver, start, missed = self._next_range(chain, after)
        self._listed_from = max(receiver.attached_at - CLOCK_SET_BACK, sql.EARLIEST)
        if start > receiver.last:
            return self._page(chain, [], receiver.end, missed)
        until = min(receiver.last, start + self._window - 1)
        try:
            rows = self._entries(receiver, start, until, limit)
        except ReceiverDamaged as damaged:
            lost = Missed(after, _start_of(chain.following(receiver)), str(damaged), receiver.last - start + 1)
            return self._page(chain, [], receiver.end, [*missed, lost])
        except (PlaceInDoubt, Refused) as doubt:
            raise self._resolved(doubt, after) from doubt
        place = rows[-1].place if len(rows) == limit else Place(receiver.library, receiver.name, until)
        return self._page(chain, rows, place, missed)

    def check(self) -> str:
        """What was found; asks for the newest entry, as real traffic would."""
        ((name, version, release),) = self._odbc.query("reading the release of IBM i", sql.ENVIRONMENT)
        chain = self._list(sql.EARLIEST)
        newest = chain.newest
        self._entries(newest, newest.last, newest.last, 1)
        levels = self._levels()
        audited = "not readable" if levels is None else " ".join(sorted(levels)) or "nothing"
        return (
            f"{sql.text(name)} (IBM i {version}.{release}) answers: {self._library}/{self._journal} has "
            f"{len(chain.receivers)} receivers listed and ends with {newest.library}/{newest.name} entry {newest.last}"
            f"; audited: {audited}"
        )

    def close(self) -> None:
        self._odbc.close()

    def _chain(self, after: Place | None) -> Chain:
        """The receivers from the one that holds `after` on; all of them where that cannot be told."""
        if after is None:
            return self._list(sql.EARLIEST)
        chain = self._list(self._listed_from)
        if not chain.holding(after) or not chain.newest.attached:
            return self._list(sql.EARLIEST)
        if _is_torn(chain, after):
            return self._list(self._listed_from)
        return chain

    def _list(self, since: datetime) -> Chain:
        found = self._odbc.query("listing the receivers", sql.RECEIVERS, self._library, self._journal, since)
        if found:
            return Chain(
                in_order(map(sql.receiver_of, found)), sql.moment(found[0][0]), sql.offset_seconds(found[0][1])
            )
        if since > sql.EARLIEST:
            return self._list(sql.EARLIEST)
        raise Halt(
            f"no receiver of {self._library}/{self._journal} can be seen: the journal does not exist, or this profile "
            "lacks authority to it (*USE and *OBJEXIST on the journal, *EXECUTE on its library)"
        )

    def _next_range(self, chain: Chain, after: Place | None) -> tuple[Receiver, int, list[Missed]]:
        """The receiver to read, the first number wanted of it, and what can no longer be read before that."""
        if after is None:
            return chain.receivers[0], chain.receivers[0].first, []
        receiver = chain.holding(after)
        if receiver is None:
            successor = chain.continuing(after)
            if successor is None:
                raise _lost(chain, after)
            return successor, successor.first, []
        following = chain.following(receiver) if after.sequence == receiver.last else None
        if following is None:
            return receiver, after.sequence + 1, []
        return following, following.first, _missed_between(after, following)

    def _entries(self, receiver: Receiver, start: int, until: int, limit: int) -> Sequence[JournalRow]:
        place = (receiver.library, receiver.name)
        try:
            found = self._odbc.query(
                "reading the journal",
                sql.entries(limit),
                self._library,
                self._journal,
                *place,
                Decimal(start),
                *place,
                Decimal(until),
            )
        except NoEntries:
            return []
        rows = [sql.row_of(cells) for cells in found]
        _require_order(rows, receiver, start)
        return rows

    def _page(self, chain: Chain, rows: Sequence[JournalRow], place: Place, missed: Sequence[Missed]) -> Page:
        at_end = place == chain.newest.end and self._is_attached(chain.newest)
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

    def _is_attached(self, receiver: Receiver) -> bool:
        """Whether it is really the journal's end: a new receiver can be missing from the list for a moment."""
        if receiver.attached:
            return True
        found = self._odbc.query("asking for the attached receiver", sql.ATTACHED, self._library, self._journal)
        return [(receiver.library, receiver.name)] == [(sql.text(library), sql.text(name)) for library, name in found]

    def _resolved(self, doubt: PlaceInDoubt | Refused, after: Place | None) -> PipelineError:
        """What a refused range means, once the list of receivers has been looked at again."""
        chain = self._list(sql.EARLIEST)
        if after is None or chain.holding(after) or chain.continuing(after):
            return Unavailable(f"the journal refused a range that is listed: {doubt}")
        return _lost(chain, after)

    def _levels_now_and_then(self) -> Levels:
        if self._clock() < self._levels_due:
            return None
        self._levels_due = self._clock() + LEVELS_EVERY_SECONDS
        return self._levels()

    def _levels(self) -> Levels:
        return sql.levels_of(self._odbc.query("reading the audit levels", sql.SYSTEM_VALUES))


def _is_torn(chain: Chain, after: Place) -> bool:
    """Whether the list may show a receiver as it was before the change and its successor as it was after it."""
    receiver = chain.holding(after)
    following = chain.following(receiver) if receiver else None
    return bool(receiver and following and after.sequence == receiver.last and following.first != receiver.last + 1)


def _missed_between(after: Place, following: Receiver) -> list[Missed]:
    """The gap in front of `following`; a number that is not higher means that the sequence was reset instead."""
    count = following.first - after.sequence - 1
    return [Missed(after, following.start, "receivers in between are gone", count)] if count > 0 else []


def _lost(chain: Chain, after: Place) -> PositionLost:
    oldest = chain.receivers[0]
    return PositionLost(
        f"entry {after.sequence} of {after.receiver_library}/{after.receiver} can no longer be reached: the oldest "
        f"receiver is {oldest.library}/{oldest.name}, from entry {oldest.first} on"
    )


def _start_of(receiver: Receiver | None) -> Place | None:
    return receiver.start if receiver else None


def _require_order(rows: Sequence[JournalRow], receiver: Receiver, start: int) -> None:
    previous = start - 1
    for row in rows:
        if row.place.sequence <= previous or row.place.receiver != receiver.name:
            raise Halt(f"the journal gave entry {row.place} after number {previous} of {receiver.name}: out of order")
        previous = row.place.sequence
