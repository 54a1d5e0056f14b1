"""An audit journal in the IBM i double, and readers of it: what the tests of the readers share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NoReturn

from pydantic import SecretStr

from dev.ibmi import Control, Ibmi, JournalEntry
from producer.display_journal import DisplayJournalReader
from producer.odbc import Odbc
from producer.reader import Page, Place
from producer.settings import IbmiSettings, ProducerSettings
from runtime.bounded import Bounded
from runtime.shutdown import Shutdown

LIBRARY, FIRST = "QGPL", "AUDRCV0001"
START = datetime(2026, 11, 22, 2, 0)
NOW = datetime(2026, 11, 22, 3, 0)

Open = Callable[..., DisplayJournalReader]


class Stuck(Exception):
    """What ends the process in production."""


def stuck(what: str, _seconds: float) -> NoReturn:
    raise Stuck(what)


@contextmanager
def opening(ibmi: Ibmi) -> Iterator[Open]:
    """Opens readers as often as wanted; all are closed in the end."""
    opened: list[DisplayJournalReader] = []
    exported = ibmi.exports()

    def open_one(
        *,
        password: str = exported["SK2SIEM_IBMI__PASSWORD"],
        stuck_after: float = 60,
        connections: int = 0,
        **choices: object,
    ) -> DisplayJournalReader:
        settings = IbmiSettings(
            system=exported["SK2SIEM_IBMI__SYSTEM"],
            username=exported["SK2SIEM_IBMI__USERNAME"],
            password=SecretStr(password),
        )

        def odbc() -> Odbc:
            return Odbc(settings, Bounded(Shutdown(), stuck_after=stuck_after, on_stuck=stuck))

        producer = ProducerSettings(connections=connections or 1)
        more = odbc if connections else None
        reader = DisplayJournalReader(odbc(), producer, more=more, **choices)  # type: ignore[arg-type]
        opened.append(reader)
        return reader

    yield open_one
    ibmi.control.thaw()
    for reader in opened:
        reader.close()


def entry(sequence: int, *, receiver: str = FIRST, entry_type: str = "SK") -> JournalEntry:
    at = START + timedelta(seconds=sequence % 1000)
    data = sequence.to_bytes(8, "big") + b"\x40" * 1062
    return JournalEntry(
        LIBRARY, receiver, sequence, at, entry_type, data, "QTVDEVICE", "QTCP", "012345", "*NONE", "QTVTELNET"
    )


def place(sequence: int, receiver: str = FIRST) -> Place:
    return Place(LIBRARY, receiver, sequence)


def read_all(reader: DisplayJournalReader, after: Place | None, *, limit: int = 100) -> tuple[list[int], Page]:
    """The sequences of all pages up to the journal's end, and the last page."""
    sequences: list[int] = []
    while True:
        page = reader.read(after, limit)
        sequences += [row.place.sequence for row in page.rows]
        if page.at_end:
            return sequences, page
        after = page.place


def journal_queries(control: Control) -> list[str]:
    return [statement for statement in control.statements() if "DISPLAY_JOURNAL" in statement]
