"""What was learnt of addresses, for as long as it holds, within a bound."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from enricher.names import Name

FAILURES = frozenset({"timeout", "error"})
LONGEST_DOUBLING = 32


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds. A name is kept for its TTL within bounds; that there is none (RFC 2308), shorter; a failure to learn
    anything (RFC 9520), shortest, and twice as long each time in a row.
    """

    shortest: float = 60
    longest: float = 86_400
    none: float = 300
    failure: float = 5
    longest_failure: float = 300


@dataclass(frozen=True, slots=True)
class Kept:
    name: Name
    until: float
    failures: int = 0


class NameCache:
    """Two sides, each with the same capacity, each forgetting what was not asked for longest: names, and addresses
    without one. A scan from many nameless addresses cannot push out the names.
    """

    def __init__(self, capacity: int, lifetimes: Lifetimes, clock: Callable[[], float]) -> None:
        self._capacity = capacity
        self._lifetimes = lifetimes
        self._clock = clock
        self._names: OrderedDict[str, Kept] = OrderedDict()
        self._nameless: OrderedDict[str, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._names) + len(self._nameless)

    def get(self, address: str) -> Name | None:
        """What is known and still holds. What has run out stays, so that failures in a row are counted."""
        for side in (self._names, self._nameless):
            kept = side.get(address)
            if kept is not None and self._clock() < kept.until:
                side.move_to_end(address)
                return kept.name
        return None

    def put(self, address: str, name: Name, ttl: float) -> None:
        """Keep what a lookup brought; `ttl` counts for names only."""
        before = self._nameless.pop(address, None)
        self._names.pop(address, None)
        failures = (before.failures if before else 0) + 1 if name.status in FAILURES else 0
        side = self._names if name.text is not None else self._nameless
        side[address] = Kept(name, self._clock() + self._seconds(name, ttl, failures), failures)
        if len(side) > self._capacity:
            side.popitem(last=False)

    def _seconds(self, name: Name, ttl: float, failures: int) -> float:
        lifetimes = self._lifetimes
        if name.text is not None:
            return min(max(ttl, lifetimes.shortest), lifetimes.longest)
        if failures:
            doubled: float = lifetimes.failure * 2 ** min(failures - 1, LONGEST_DOUBLING)
            return min(doubled, lifetimes.longest_failure)
        return lifetimes.none
