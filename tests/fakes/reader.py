"""A journal that is a list: the fake of the port JournalReader."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from producer.reader import JournalRow, Page, Place

Fault = Callable[[], None]


def row(sequence: int, entry_data: bytes = b"", receiver: str = "AUDRCV0001", entry_type: str = "SK") -> JournalRow:
    """A row of the second `sequence` past noon."""
    timestamp = datetime(2026, 11, 22, 12, 0, sequence % 60, 123456)
    return JournalRow(Place("AUDLIB", receiver, sequence), timestamp, entry_type, entry_data)


class ListReader:
    """Pages of a list of rows. `faults` are called, one per read, before anything is read; None means all is well."""

    name = "list"

    def __init__(self, rows: Sequence[JournalRow], faults: Sequence[Fault | None] = (), *, final: bool = False) -> None:
        self.rows = list(rows)
        self.faults = list(faults)
        self.final = final
        self.reads: list[Place | None] = []

    def read(self, after: Place | None, limit: int) -> Page:
        self.reads.append(after)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            fault()
        places = [row.place for row in self.rows]
        start = places.index(after) + 1 if after in places else 0
        rows = self.rows[start : start + limit]
        at_end = start + limit >= len(self.rows)
        page = Page(rows, rows[-1].place if rows else after, at_end, datetime(2026, 11, 22, 12, 1), 3600)
        return replace(page, final=self.final and at_end)

    def check(self) -> str:
        return f"{len(self.rows)} rows"

    def close(self) -> None:
        self.rows = []
