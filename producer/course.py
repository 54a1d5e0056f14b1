"""What is read next: the range behind a place, and what can no longer be read before it. Pure: the list decides."""

from collections.abc import Callable
from dataclasses import dataclass

from producer.reader import Missed, Place, PlaceLost
from producer.receivers import Chain, Receiver

FIRST_OF_ALL = 1
"""With what a sequence begins that was reset."""

GONE = "receivers in between are gone"


@dataclass(frozen=True, slots=True)
class Range:
    """The receiver to read and the first number wanted of it; `missed` lies before that."""

    receiver: Receiver
    start: int
    missed: tuple[Missed, ...] = ()

    @property
    def exhausted(self) -> bool:
        return self.start > self.receiver.last


class BehindThePlace(PlaceLost):
    """The receiver of the place is there and ends before it: the list is late, or entries were lost on the system."""


def next_range(chain: Chain, after: Place | None, follows: Callable[[Receiver, Place], bool]) -> Range:
    """Raises PlaceLost where `after` stands in no listed receiver and nothing continues it.

    `follows` says whether a receiver was attached right after that of a place; asked where numbers do not tell.
    """
    if after is None:
        return Range(chain.receivers[0], chain.receivers[0].first)
    receiver = chain.holding(after)
    if receiver is None:
        return _without_its_receiver(chain, after)
    following = chain.following(receiver) if after.sequence == receiver.last else None
    if following is None:
        return Range(receiver, after.sequence + 1)
    return Range(following, following.first, _missed_between(after, following, follows))


def is_torn(chain: Chain, after: Place) -> bool:
    """Whether the list may show a receiver as it was before the change and its successor as it was after it."""
    receiver = chain.holding(after)
    following = chain.following(receiver) if receiver else None
    return bool(receiver and following and after.sequence == receiver.last and following.first != receiver.last + 1)


def lost(chain: Chain, after: Place) -> PlaceLost:
    """The error that says what became of `after`, and where the oldest entry stands that was not read yet."""
    short = _too_short(chain, after)
    if short:
        return BehindThePlace(
            f"{_words(after)} is not there: its receiver ends with entry {short.last}, which the system must have lost",
            short.end,
        )
    newer = chain.newer(after) if after.attached_at else ()
    oldest = newer[0] if newer else chain.receivers[0]
    return PlaceLost(
        f"{_words(after)} can no longer be reached: the oldest receiver {'behind it ' if newer else ''}is "
        f"{oldest.library}/{oldest.name}, from entry {oldest.first} on",
        oldest.before if newer else None,
    )


def passed_over(chain: Chain, found: Range, after: Place | None, why: str) -> tuple[Missed, ...]:
    """What is missed when the rest of the receiver is given up."""
    following = chain.following(found.receiver)
    until = following.start if following else None
    return (*found.missed, Missed(after, until, why, found.receiver.last - found.start + 1))


def _without_its_receiver(chain: Chain, after: Place) -> Range:
    successor = chain.continuing(after)
    if successor is None:
        raise lost(chain, after)
    return Range(successor, successor.first)


def _too_short(chain: Chain, after: Place) -> Receiver | None:
    """The very receiver of `after`, where it is known to be the same one and ends before it."""
    if after.attached_at is None:
        return None
    mine = (receiver for receiver in chain.receivers if receiver.is_that_of(after))
    return next((receiver for receiver in mine if receiver.last < after.sequence), None)


def _missed_between(
    after: Place, following: Receiver, follows: Callable[[Receiver, Place], bool]
) -> tuple[Missed, ...]:
    """The gap in front of `following`; where that begins with 1, perhaps nothing but the sequence was reset."""
    count = following.first - after.sequence - 1
    if count == 0 or (following.first <= FIRST_OF_ALL and follows(following, after)):
        return ()
    return (Missed(after, following.start, GONE, count if count > 0 else None),)


def _words(place: Place) -> str:
    return f"entry {place.sequence} of {place.receiver_library}/{place.receiver}"
