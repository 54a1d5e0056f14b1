"""What it would cost to go on reading at a place: entries to read, entries read twice, entries never read."""

from collections.abc import Sequence
from dataclasses import dataclass

from producer.reader import Place
from producer.receivers import Chain, Receiver


@dataclass(frozen=True, slots=True)
class Cost:
    """Counts are journal entries of all types. `again` would be published twice, under the same ids; `never` would be
    left out for good. `gone` can no longer be read, whatever is chosen: the stored position is lost (None: so many that
    nobody knows). `hours` is about how much of the journal's time lies between the place and its end.
    """

    choice: str
    place: Place
    to_read: int
    again: int
    never: int
    hours: float
    gone: int | None = 0

    @property
    def left_out(self) -> int | None:
        """How many entries will be missing; None where nobody knows."""
        return None if self.gone is None else self.never + self.gone

    @property
    def is_gap(self) -> bool:
        """Whether any entry will be missing, or may be."""
        return self.left_out != 0


def cost_of(choice: str, place: Place, stored: Place | None, chain: Chain) -> Cost:
    """`stored` is the position now; None where nothing has been read yet."""
    to_read = chain.entries_after(place) or 0
    unread = _unread(stored, chain)
    hours = (chain.read_at - chain.time_at(place)).total_seconds() / 3600
    again = 0 if stored is None else max(0, to_read - unread)
    return Cost(choice, place, to_read, again, max(0, unread - to_read), max(0.0, hours), _gone(stored, chain))


def _gone(stored: Place | None, chain: Chain) -> int | None:
    """How many entries behind the stored position are no longer there; numbers that go on say so."""
    if stored is None or chain.holding(stored) or chain.continuing(stored):
        return 0
    newer = chain.newer(stored)
    count = newer[0].first - stored.sequence - 1 if newer else 0
    return count if count > 0 else None


def _unread(stored: Place | None, chain: Chain) -> int:
    """How many entries that can still be read were not read yet."""
    if stored is None:
        return _count(chain.receivers)
    left = chain.entries_after(stored)
    return _count(chain.newer(stored)) if left is None else left


def _count(receivers: Sequence[Receiver]) -> int:
    return sum(receiver.last - receiver.first + 1 for receiver in receivers)
