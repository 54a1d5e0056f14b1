"""The receivers of a journal in the order in which they were attached, and what follows a place in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import dropwhile, takewhile

from producer.reader import Place

# attach times are local: in the repeated hour of autumn a later receiver can carry an earlier time
CLOCK_SET_BACK = timedelta(hours=2)
CLOCK_CHANGE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Receiver:
    """One journal receiver as listed; `first` and `last` are sequence numbers in it.

    `freed`: it was saved with its storage freed, so that nothing but its description is left.
    """

    library: str
    name: str
    first: int
    last: int
    attached_at: datetime
    attached: bool = False
    freed: bool = False

    @property
    def end(self) -> Place:
        return self.at(self.last)

    @property
    def start(self) -> Place:
        return self.at(self.first)

    @property
    def before(self) -> Place:
        """The place behind which all of it is read."""
        return self.at(self.first - 1)

    def at(self, sequence: int) -> Place:
        return Place(self.library, self.name, sequence, self.attached_at)

    def holds(self, place: Place) -> bool:
        return self.is_that_of(place) and self.first - 1 <= place.sequence <= self.last

    def is_that_of(self, place: Place) -> bool:
        """A name can be used again, for a receiver that was attached at another time."""
        return self.is_named_as(place) and (
            place.attached_at is None or _same_moment(self.attached_at, place.attached_at)
        )

    def is_named_as(self, place: Place) -> bool:
        return (self.library, self.name) == (place.receiver_library, place.receiver)

    def is_older_than(self, place: Place) -> bool:
        """Whether it was attached before the receiver of `place`. Where the clock may have been set back in between,
        numbers that come before that of `place` decide."""
        if place.attached_at is None or self.attached_at >= place.attached_at:
            return False
        return self.attached_at < place.attached_at - CLOCK_SET_BACK or self.last < place.sequence


@dataclass(frozen=True, slots=True)
class Chain:
    """The receivers listed, oldest first, and the partition's clock when they were."""

    receivers: Sequence[Receiver]
    read_at: datetime
    utc_offset_seconds: int | None

    @property
    def newest(self) -> Receiver:
        return self.receivers[-1]

    def holding(self, place: Place) -> Receiver | None:
        return next((receiver for receiver in self.receivers if receiver.holds(place)), None)

    def following(self, receiver: Receiver) -> Receiver | None:
        """The receiver that was attached after this one."""
        at = self.receivers.index(receiver) + 1
        return self.receivers[at] if at < len(self.receivers) else None

    def continuing(self, place: Place) -> Receiver | None:
        """The receiver that begins with the number after `place`: nothing was lost, though its own receiver is gone.

        After a reset the same numbers come again: then the one that continues a listed receiver is not meant.
        """
        newer = self.newer(place)
        if place.attached_at is not None:
            return newer[0] if newer and newer[0].first == place.sequence + 1 else None
        for before, receiver in zip((None, *newer), newer, strict=False):
            if receiver.first == place.sequence + 1 and not (before and before.last == place.sequence):
                return receiver
        return None

    def time_at(self, place: Place) -> datetime:
        """About when the entry at `place` was written, local time; the list's own time where it is not listed."""
        receiver = self.holding(place)
        if not receiver:
            return self.read_at
        following = self.following(receiver)
        until = following.attached_at if following else self.read_at
        share = (place.sequence - receiver.first + 1) / (receiver.last - receiver.first + 1)
        return receiver.attached_at + share * (until - receiver.attached_at)

    def written_since(self, local: datetime) -> Sequence[Receiver]:
        """The receiver that was attached at that local time, and those after it."""
        attached_later = takewhile(lambda receiver: receiver.attached_at > local, reversed(self.receivers))
        first = max(0, len(self.receivers) - len(list(attached_later)) - 1)
        return self.receivers[first:]

    def newer(self, place: Place) -> Sequence[Receiver]:
        """What was attached after the receiver of `place`, which is not listed; all where that cannot be told."""
        return list(dropwhile(lambda receiver: receiver.is_older_than(place), self.receivers))

    def following_place(self, place: Place) -> Place | None:
        """The next place that can be read."""
        receiver = self.holding(place)
        if receiver and place.sequence < receiver.last:
            return receiver.at(place.sequence + 1)
        following = self.following(receiver) if receiver else None
        return following.start if following else None

    def entries_after(self, place: Place) -> int | None:
        """How many journal entries stand behind `place`; None when it stands in no listed receiver."""
        receiver = self.holding(place)
        if not receiver:
            return None
        later = self.receivers[self.receivers.index(receiver) + 1 :]
        return receiver.last - place.sequence + sum(other.last - other.first + 1 for other in later)


def in_order(receivers: Iterable[Receiver]) -> list[Receiver]:
    """Oldest first: by attach time, except where the numbers show that the clock was set back in between."""
    waiting = sorted(receivers, key=lambda receiver: (receiver.attached, receiver.attached_at, receiver.first))
    ordered: list[Receiver] = []
    while waiting:
        oldest = _predecessor(waiting[0], waiting)
        waiting.remove(oldest)
        ordered.append(oldest)
    return ordered


def _predecessor(receiver: Receiver, waiting: Sequence[Receiver]) -> Receiver:
    """The first of those that lead up to `receiver` by number though they carry a slightly later time, else itself."""
    latest = receiver.attached_at + CLOCK_SET_BACK
    near = takewhile(lambda other: other.attached_at <= latest, waiting)
    ends = {other.last + 1: other for other in near if other is not receiver}
    while before := ends.pop(receiver.first, None):
        receiver = before
    return receiver


def _same_moment(one: datetime, other: datetime) -> bool:
    """Whether two local times can mean the same moment: a clock change moves them by whole quarters of an hour."""
    apart = abs(one - other)
    return apart <= CLOCK_SET_BACK and not apart % CLOCK_CHANGE
