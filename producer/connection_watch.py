"""Connections that the system has and the journal does not: a look at NETSTAT while no entry tells of any."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from producer import layout
from producer.reader import JournalRow, Page

Ends = tuple[str | None, int, str | None, int]
"""A connection: its local address and port, and the remote ones."""

LOOK_EVERY = timedelta(minutes=5)
CONNECTIONS = frozenset("AC")


@dataclass(slots=True)
class Silence:
    """Since the last entry of a connection: when to look next, what was there first, and what came later."""

    due: float
    first: frozenset[Ends] | None = None
    later: set[Ends] = field(default_factory=set)
    is_told: bool = False


class ConnectionWatch:
    """Looks every five minutes while the journal is read to its end and has no A or C entry.

    Connections that were there from the first look on may have been opened before that; those that came later have to
    stand in the journal by the look after. Whoever is told once is told again when entries came meanwhile.
    """

    def __init__(self, look: Callable[[], frozenset[Ends] | None], clock: Callable[[], float]) -> None:
        self._look = look
        self._clock = clock
        self._silence = Silence(self._next_due())

    def unaudited(self, page: Page) -> int | None:
        """How many connections were opened of which the journal says nothing; None where there is nothing to tell."""
        if not page.at_end or _tells_of_a_connection(page.rows):
            self._silence = Silence(self._next_due())
        silence = self._silence
        if self._clock() < silence.due:
            return None
        silence.due = self._next_due()
        seen = self._look()
        if seen is None:
            return None
        if silence.first is None:
            silence.first = seen
        is_sure = bool(silence.later)
        silence.later |= seen - silence.first
        if silence.is_told or not is_sure:
            return None
        silence.is_told = True
        return len(silence.later)

    def _next_due(self) -> float:
        return self._clock() + LOOK_EVERY.total_seconds()


def _tells_of_a_connection(rows: Iterable[JournalRow]) -> bool:
    return any(row.entry_type == "SK" and _detail_type(row) in CONNECTIONS for row in rows)


def _detail_type(row: JournalRow) -> str:
    return row.fields.detail_type if row.fields else row.entry_data[layout.DETAIL_TYPE].decode(layout.CCSID)
