"""The records that a page causes besides its entries: progress, position, gaps, dead letters."""

from datetime import UTC, datetime, timedelta

import orjson

from producer.decode import journal_time
from producer.journal import Journal
from producer.journal_clock import EPOCH, JournalClock
from producer.raw_row import SAA_TIME, raw_of
from producer.reader import JournalRow, Loss, Missed, Page, Place
from runtime.dead_letters import TYPE, headers_of
from runtime.flow import Rejection, Tally
from runtime.record import Record
from schemas.ids import gap_id
from schemas.records import Gap, JournalPlace, Position, Progress
from schemas.topics import dead_letters

MARGIN = timedelta(seconds=1)
BEFORE = timedelta(microseconds=1)
OPENING = timedelta(minutes=1)


def progress_after(page: Page, before: datetime | None, clock: JournalClock) -> datetime:
    """With this page everything before that UTC time has been read; it never goes back."""
    before = before or EPOCH
    if page.final:
        moment = clock.now(page.read_at)
    elif page.at_end:
        moment = clock.now(page.read_at) - MARGIN
    elif page.rows:
        moment = clock.peek(page.rows[-1].timestamp) - BEFORE
    else:
        return before
    return max(moment, before)


def progress_of(journal: Journal, page: Page, progress: datetime, warning: Loss | None = None) -> Progress:
    read = page.audit_levels if page.at_end else None
    return Progress(
        journal.system,
        journal.name,
        progress,
        page.at_end,
        journal.audit_levels if read is None else tuple(sorted(read)),
        page.lag,
        journal.partitions,
        page.final,
        None if warning is None else int(warning.after.total_seconds()),
        None if warning is None else int(warning.before.total_seconds()),
        journal.is_asserted and read is None,
        page.unaudited,
    )


def opening_of(journal: Journal, page: Page) -> Progress | None:
    """What somebody vouches for is in force from before the first entry on; else nobody would know it until the first
    page is read. None where nobody does."""
    if not (journal.is_asserted and page.rows):
        return None
    time = journal.clock.peek(page.rows[0].timestamp) - OPENING
    return Progress(
        journal.system,
        journal.name,
        time,
        False,
        journal.audit_levels,
        None,
        journal.partitions,
        audit_levels_asserted=True,
    )


def words_of(loss: Loss) -> dict[str, str]:
    """A range in words, such as 5 h 20 min."""
    return {"not_before": _duration(loss.after), "probably_before": _duration(loss.before)}


def position_of(journal: Journal, place: Place, progress: datetime, tally: Tally, worker: str) -> Position:
    return Position(
        journal.system,
        journal.position_name,
        place.receiver_library,
        place.receiver,
        str(place.sequence),
        journal.partitions,
        worker,
        datetime.now(UTC),
        progress,
        journal.audit_levels,
        (tally.received, tally.rejected, tally.in_a_row),
        None if place.attached_at is None else journal_time(place.attached_at),
        asserted_levels=tuple(sorted(journal.assertion or ())) if journal.is_asserted else None,
    )


def place_of(position: Position) -> Place:
    """The place that a position record stores."""
    attached = position.receiver_attached
    return Place(
        position.receiver_library,
        position.receiver,
        int(position.sequence),
        None if attached is None else datetime.strptime(attached, SAA_TIME),
    )


def resumed_at(page: Page, progress: datetime, clock: JournalClock) -> datetime:
    """What was missed before this page is older than this UTC time."""
    return clock.peek(page.rows[0].timestamp) if page.rows else progress


def gap_of(journal: Journal, missed: Missed, time: datetime, resumed: datetime | None = None) -> Gap:
    where = missed.after or missed.until or Place("", "", 0)
    return Gap(
        gap_id(journal.system, where.receiver, where.sequence),
        journal.system,
        journal.name,
        _travelling(missed.after),
        _travelling(missed.until),
        missed.why,
        missed.count,
        time,
        journal.partitions,
        resumed=resumed,
    )


def dead_letter_of(journal: Journal, rejection: Rejection[JournalRow], service: str) -> Record:
    """The raw row as JSON, in the form that the offline reader takes: a dead letter can be read again."""
    place = rejection.item.place
    key = f"{journal.system}/{place.receiver_library}/{place.receiver}/{place.sequence}".encode()
    origin = (("__connect.errors.topic", journal.name),)
    headers = headers_of(rejection.reason, service, "journal-row", origin)
    return Record(dead_letters(service), key, orjson.dumps(raw_of(rejection.item)), TYPE, 0, headers)


def _duration(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min"


def _travelling(place: Place | None) -> JournalPlace | None:
    return None if place is None else JournalPlace(place.receiver_library, place.receiver, str(place.sequence))
