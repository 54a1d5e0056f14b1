"""Millions of ids in eight bytes each."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import groupby

BITS = (1 << 64) - 1
HOUR = 11
"""So many characters of an id tell the hour of its entry."""


class Ids:
    """A set that is filled first and asked then. It holds a hash of 64 bits of each id, apart for each hour: that one
    of ten million ids is taken for another has a chance of less than one in a million."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._hours: dict[str, array[int]] = {}
        self._unsorted: set[str] = set()
        for one in ids:
            self.add(one)

    def add(self, one: str) -> None:
        hour = one[:HOUR]
        found = self._hours.get(hour)
        if found is None:
            found = self._hours[hour] = array("Q")
        found.append(hash(one) & BITS)
        self._unsorted.add(hour)

    def __contains__(self, one: str) -> bool:
        found = self._of(one[:HOUR])
        value = hash(one) & BITS
        place = bisect_left(found, value)
        return place < len(found) and found[place] == value

    def __len__(self) -> int:
        return sum(len(self._of(hour)) for hour in list(self._hours))

    def count_of(self, other: "Ids") -> int:
        """How many of those in `other` are here."""
        return sum(len(set(self._of(hour)).intersection(other._of(hour))) for hour in other._hours)

    def _of(self, hour: str) -> "array[int]":
        """In order, each once."""
        found = self._hours.get(hour, EMPTY)
        if hour in self._unsorted:
            found = self._hours[hour] = array("Q", (value for value, _ in groupby(sorted(found))))
            self._unsorted.remove(hour)
        return found


EMPTY: "array[int]" = array("Q")
