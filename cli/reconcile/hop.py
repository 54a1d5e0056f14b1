"""One comparison: what should have arrived at the next place, what did, and what did not although nothing says why."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from schemas.ids import origin_of
from schemas.records import EventId

MOST_EXAMPLES = 10


class Note(StrEnum):
    """Why something that is not there is no hole."""

    DEAD_LETTER = "dead letters (`sk2siem dead-letters list` says why)"
    GAP = "said by a gap (an alert has told of them)"
    EXPIRED = "older than what the topic holds (--since counts them as holes)"
    DELETED = "older than everything that the SIEM holds (--since counts them as holes)"
    RECENT = "too recent (the pipeline is still at work on them)"
    WAITING = "not worked on yet (the service has not come so far)"
    FILTERED = "not forwarded (the filter of the sink leaves them out)"
    OTHER_POLICY = "judged under another policy (what that one would have said besides cannot be told)"
    UNREADABLE = "records that cannot be read"


@dataclass(slots=True)
class Stretch:
    """The part of a hop that is about one receiver. `first` and `last` are the ids of the outermost holes."""

    expected: int = 0
    holes: int = 0
    first: EventId | None = None
    last: EventId | None = None


@dataclass(slots=True)
class Hop:
    """`on_hole` is told every hole as it is found."""

    name: str
    source: str
    target: str
    on_hole: Callable[[str, EventId], None] = lambda _hop, _id: None
    filled: int = 0
    rejected: int = 0
    copies: int = 0
    stretches: dict[tuple[str, str], Stretch] = field(default_factory=dict)
    notes: Counter[Note] = field(default_factory=Counter)
    examples: list[EventId] = field(default_factory=list)

    def arrived(self, one: EventId) -> None:
        self._stretch(one).expected += 1

    def hole(self, one: EventId, *, is_counted: bool = False) -> None:
        """`is_counted` where it was taken for arrived before."""
        stretch = self._stretch(one)
        stretch.expected += not is_counted
        stretch.holes += 1
        stretch.first = min(stretch.first or one, one)
        stretch.last = max(stretch.last or one, one)
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(one)
        self.on_hole(self.name, one)

    @property
    def expected(self) -> int:
        return sum(stretch.expected for stretch in self.stretches.values())

    @property
    def holes(self) -> int:
        return sum(stretch.holes for stretch in self.stretches.values())

    @property
    def remaining(self) -> int:
        return self.holes - self.filled - self.rejected

    @property
    def torn(self) -> Iterator[tuple[str, str, Stretch]]:
        """The receivers with holes: system, name, what is missing of it."""
        for (system, receiver), stretch in sorted(self.stretches.items()):
            if stretch.holes:
                yield system, receiver, stretch

    def _stretch(self, one: EventId) -> Stretch:
        system, receiver, _ = origin_of(one)
        found = self.stretches.get((system, receiver))
        if found is None:
            found = self.stretches[system, receiver] = Stretch()
        return found
