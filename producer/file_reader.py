"""The reader `file`: a saved journal, for a system that cannot be reached, and for dead letters after a fix."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

from producer.reader import JournalRow, Page, Place
from producer.saved_rows import AUTO, called_by_setting, saved_rows
from runtime.errors import ConfigError
from runtime.logs import log

JUST_AFTER = timedelta(microseconds=1)


class FileReader:
    """Reads the file once from the front, or from behind the stored place; its last page is final."""

    name = "file"

    def __init__(self, path: Path, form: str = AUTO, *, called: str = "") -> None:
        """`called` is how errors name the file, see `saved_rows`."""
        self._path = path
        self._called = called or called_by_setting(path)
        self._form = form
        self._rows: Iterator[JournalRow] | None = None
        self._ahead: JournalRow | None = None
        self._place: Place | None = None
        self._time: datetime | None = None
        self._is_told = False

    def read(self, after: Place | None, limit: int) -> Page:
        """See `JournalReader.read`. A place that is not in the file belongs to another one: read from the front."""
        if self._rows is None or after != self._place:
            self._go_behind(after)
        rows = list(islice(self._following(), limit))
        self._look_at_order(rows)
        if rows:
            self._place, self._time = rows[-1].place, rows[-1].timestamp
        if self._time is None:
            raise ConfigError(f"{self._called} holds no entries")
        final = self._ahead is None
        return Page(rows, self._place, final, self._time + JUST_AFTER, final=final)

    def check(self) -> str:
        """Reads the first entry."""
        first = next(saved_rows(self._path, self._form, called=self._called), None)
        if first is None:
            raise ConfigError(f"{self._called} holds no entries")
        return f"{self._path} begins with an entry of {first.timestamp}, number {first.place.sequence}"

    def close(self) -> None:
        self._rows = self._ahead = None

    def _go_behind(self, after: Place | None) -> None:
        self._open()
        if after is None:
            return
        for row in self._following():
            if row.place == after:
                self._place, self._time = after, row.timestamp
                return
        log.warning("the stored position is not in this file: it is read from the front", file=str(self._path))
        self._open()

    def _open(self) -> None:
        self._rows = saved_rows(self._path, self._form, called=self._called)
        self._ahead = next(self._rows, None)
        self._place = self._time = None

    def _look_at_order(self, rows: Sequence[JournalRow]) -> None:
        """Said once: a connection and its handshake are joined in the order in which they stand."""
        if self._is_told:
            return
        for before, row in pairwise([*([self._place] if self._place else []), *(row.place for row in rows)]):
            is_same = (before.receiver_library, before.receiver) == (row.receiver_library, row.receiver)
            if is_same and row.sequence <= before.sequence:
                log.warning(
                    "the file is not in the order of the journal: sort it, or what belongs together is not joined",
                    file=str(self._path),
                    entry=str(row),
                    behind=str(before),
                )
                self._is_told = True
                return

    def _following(self) -> Iterator[JournalRow]:
        """The rows from here on; one is always read ahead, so that the last page is known to be the last."""
        while self._rows is not None and (row := self._ahead) is not None:
            self._ahead = next(self._rows, None)
            yield row


def position_name(path: Path) -> str:
    """The name of a file's own position: reading it never moves that of the journal it came from."""
    return f"FILE/{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
