"""The port to the entries of one receiver, and its adapter over QSYS2.DISPLAY_JOURNAL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, Self

from producer import journal_sql as sql
from producer.odbc import Odbc
from producer.reader import JournalRow, Place
from producer.receivers import Chain, Receiver
from producer.settings import ProducerSettings


@dataclass(frozen=True, slots=True)
class Stretch:
    """The numbers from `start` to `until` of one receiver; `chain` is the list in which they were found."""

    chain: Chain
    receiver: Receiver
    start: int
    until: int

    @classmethod
    def of_newest(cls, chain: Chain) -> Self:
        """The newest entry alone: what a check asks for."""
        newest = chain.newest
        return cls(chain, newest, newest.last, newest.last)

    @property
    def before(self) -> Place:
        """The place right in front of it."""
        return self.receiver.at(self.start - 1)

    def behind(self, sequence: int) -> "Stretch":
        """What is left of it behind that number."""
        return replace(self, start=sequence + 1)


class ReceiverEntries(Protocol):
    """How the entries of a receiver are asked for; one object belongs to one connection."""

    name: str

    def between(self, stretch: Stretch, limit: int) -> Sequence[JournalRow]:
        """At most `limit` entries, in order. Raises as `Odbc.query` does; NoEntries where there are none."""

    def check(self, chain: Chain) -> None:
        """Ask as real traffic would, at little cost; raises what `between` raises."""


class DisplayJournalEntries:
    """SK and SV entries as the journal holds them, their data in EBCDIC."""

    name = "display-journal"

    def __init__(self, odbc: Odbc, settings: ProducerSettings) -> None:
        self._odbc = odbc
        self._library, self._journal = settings.journal_library, settings.journal_name

    def between(self, stretch: Stretch, limit: int) -> Sequence[JournalRow]:
        receiver = (stretch.receiver.library, stretch.receiver.name)
        found = self._odbc.query(
            "reading the journal",
            sql.entries(limit),
            self._library,
            self._journal,
            *receiver,
            Decimal(stretch.start),
            *receiver,
            Decimal(stretch.until),
        )
        return [sql.row_of(cells) for cells in found]

    def check(self, chain: Chain) -> None:
        self.between(Stretch.of_newest(chain), 1)
