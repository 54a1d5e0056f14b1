"""Where reading goes on when the position is lost: the operator's choice, made before it happens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from producer.reader import JournalReader, Missed, Page, Place, PlaceLost
from producer.receivers import Chain
from producer.settings import ProducerSettings
from runtime.errors import Halt, PositionLost, Unavailable

TRIES = 5


@runtime_checkable
class Surveyor(Protocol):
    """A reader that can say what there is to read without reading it."""

    def survey(self) -> Chain:
        """Every receiver that is listed. Raises like `JournalReader.read`."""

    def place_at(self, local: datetime, chain: Chain) -> Place:
        """The place behind which the first entry stands that was written at that local time or later."""


def read_on(
    reader: JournalReader, after: Place | None, limit: int, elsewhere: Callable[[PositionLost], Place | None]
) -> Page:
    """The page behind a place, or behind the one that `elsewhere` gives where that is gone. A clean-up may delete that
    one's receiver next: the page says what is missing as one gap.

    Raises Unavailable after TRIES, and what the reader and `elsewhere` raise.
    """
    first: PositionLost | None = None
    place = after
    for _ in range(TRIES):
        try:
            page = reader.read(place, limit)
        except PositionLost as lost:
            first, place = first or lost, elsewhere(lost)
        else:
            return replace(page, missed=(missed_by(first, after, place, page), *page.missed)) if first else page
    raise Unavailable("the journal's receivers change while it is read; it is tried again") from first


def oldest(lost: PositionLost) -> Place | None:
    """The place behind which the oldest unread entry stands; None means the oldest that can be read."""
    return lost.resume if isinstance(lost, PlaceLost) else None


def resume(
    lost: PositionLost, settings: ProducerSettings, reader: JournalReader, to_local: Callable[[datetime], datetime]
) -> Place | None:
    """The place to go on behind; None means the oldest entry that can be read. Raises Halt where that is the choice."""
    if settings.recovery == "oldest":
        return oldest(lost)
    if settings.recovery == "halt":
        raise Halt(f"{lost}; SK2SIEM_PRODUCER__RECOVERY is halt: look with `sk2siem position show`") from lost
    if not isinstance(reader, Surveyor):
        raise Halt(
            f"{lost}; the reader {reader.name} cannot go on there: set SK2SIEM_PRODUCER__RECOVERY=oldest"
        ) from lost
    chain = reader.survey()
    if settings.recovery == "newest":
        return chain.newest.end
    assert settings.recovery_timestamp is not None
    return later(chain, reader.place_at(to_local(settings.recovery_timestamp), chain), oldest(lost))


def later(chain: Chain, place: Place, other: Place | None) -> Place:
    """Whichever of both stands later in the journal: what has been read once is not read again."""
    if other is None:
        return place
    left, behind = chain.entries_after(place), chain.entries_after(other)
    return other if left is None or (behind is not None and behind < left) else place


def missed_by(lost: PositionLost, after: Place | None, place: Place | None, page: Page) -> Missed:
    """The gap behind a lost position, where reading went on behind `place` with that page; numbers that go on say how
    large it is."""
    sure = lost.sure if isinstance(lost, PlaceLost) else None
    after, why = sure or after, str(lost)
    if after is None or place is None:
        return Missed(after, page.rows[0].place if page.rows else page.place, why)
    count = place.sequence - after.sequence
    return Missed(after, replace(place, sequence=place.sequence + 1), why, count if count > 0 else None)
