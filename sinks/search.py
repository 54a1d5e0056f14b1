"""The port to what a SIEM holds: the ids of our records in it, to be compared with what should be there."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from schemas.records import EventId


class Held(NamedTuple):
    """One copy of a record. `topic` is the one whose records it belongs to: an alert and its verdict share an id."""

    topic: str
    id: EventId


class Search(Protocol):
    """Asks a SIEM. `settle_seconds` is how long what it has taken may stay invisible to a search."""

    settle_seconds: float

    def held(self, since: datetime, until: datetime) -> Iterator[Held]:
        """Every copy of a record whose time is from `since` to `until`, both included, in any order.

        Raises Unavailable when not all of it can be told, ConfigError.
        """

    def close(self) -> None:
        """Let go; never raises."""
