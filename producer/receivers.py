"""The receivers of a journal in the order in which they were attached, and what follows a place in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from producer.reader import Place

# attach times are local: in the repeated hour of autumn a later receiver can carry an earlier time
CLOCK_SET_BACK = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Receiver:
    """One journal receiver as listed; `first` and `last` are sequence numbers in it."""

    library: str
    name: str
    first: int
    last: int
    attached_at: datetime
    attached: bool = False

    @property
    def end(self) -> Place:
        return Place(self.library, self.name, self.last)

    @property
    def start(self) -> Place:
        return Place(self.library, self.name, self.first)

    def holds(self, place: Place) -> bool:
        return self._is_named(place) and self.first <= place.sequence <= self.last

    def _is_named(self, place: Place) -> bool:
        return (self.library, self.name) == (place.receiver_library, place.receiver)


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
        """The receiver that begins with the number after `place`: nothing was lost, though its own receiver is gone."""
        return next((receiver for receiver in self.receivers if receiver.first == place.sequence + 1), None)

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
