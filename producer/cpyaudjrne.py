"""The entries for the reader `cpyaudjrne`: the command CPYAUDJRNE copies them into QTEMP, and the copy is read.

The command knows no sequence numbers, only times to the second. So a copy begins a little too early, what was read
before is left out by number, and one receiver is copied at a time (the command takes no more than 256).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from producer.audit_journal_sk import require_audit_journal
from producer.entries import Stretch
from producer.journal_sql import number, text
from producer.odbc import Cells, Odbc
from producer.odbc_errors import NoEntries
from producer.outfile import MODEL, MODEL_LIBRARY, fields_by_column, row_of
from producer.raw_row import Malformed
from producer.reader import JournalRow
from producer.receivers import Chain, Receiver
from producer.settings import ProducerSettings
from runtime.errors import Halt

OVERLAP = timedelta(seconds=2)
FROM_FIRST = "*FIRST"
WHOLE_RECEIVER = 2**64
"""The window for this reader: a copy has everything behind its beginning anyway."""

_COMMAND = "CALL QSYS2.QCMDEXC(CAST(? AS VARCHAR(1000)))"
# so that dates can be written without asking how this job writes them; only this connection's own job changes
_DATE_FORMAT = "CHGJOB DATFMT(*YMD)"
_COPY = (
    "CPYAUDJRNE ENTTYP(SK) OUTFILE(QTEMP/QAUDIT) OUTMBR(*FIRST *REPLACE)"
    " JRNRCV({receiver} {receiver}) FROMTIME({since})"
)
_COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE, STORAGE
  FROM QSYS2.SYSCOLUMNS
 WHERE TABLE_SCHEMA = CAST(? AS VARCHAR(128)) AND TABLE_NAME = CAST(? AS VARCHAR(128))
 ORDER BY ORDINAL_POSITION
"""


@dataclass(frozen=True, slots=True)
class _Copy:
    """What stands in QTEMP: the entries of one receiver from `start` to `until`, in the job of one connection."""

    session: int
    receiver: tuple[str, str, datetime]
    start: int
    until: int

    def holds(self, stretch: Stretch, session: int) -> bool:
        same = (self.session, self.receiver) == (session, _identity(stretch.receiver))
        return same and self.start <= stretch.start <= self.until


@dataclass(frozen=True, slots=True)
class _Known:
    """The entries of a receiver with higher numbers than `sequence` were written at `since` or later."""

    receiver: tuple[str, str, datetime]
    sequence: int
    since: datetime
    utc_offset_seconds: int | None


class CpyaudjrneEntries:
    """Copies what is new, reads the copy page by page, and copies anew when it is exhausted."""

    name = "cpyaudjrne"

    def __init__(self, odbc: Odbc, settings: ProducerSettings) -> None:
        require_audit_journal(settings, self.name)
        self._odbc = odbc
        self._session = 0
        self._columns: dict[str, str] = {}
        self._copy: _Copy | None = None
        self._known: _Known | None = None

    def between(self, stretch: Stretch, limit: int) -> Sequence[JournalRow]:
        copy, rows = self._copy, list[JournalRow]()
        if copy and copy.holds(stretch, self._odbc.session):
            until = min(copy.until, stretch.until)
            rows += self._select(stretch.start, until, limit)
            if len(rows) == limit or until == stretch.until:
                return rows
            stretch = replace(stretch, start=until + 1)
        try:
            self._copy_from(stretch, self._since(stretch))
        except NoEntries:
            return rows
        return [*rows, *self._select(stretch.start, stretch.until, limit - len(rows))]

    def check(self, chain: Chain) -> None:
        """Copies what was written in the last seconds."""
        self._copy_from(Stretch.of_newest(chain), chain.read_at - OVERLAP)

    def _since(self, stretch: Stretch) -> datetime | None:
        """None: all of the receiver, where it is not known what stands when, or where the clock was changed."""
        known, chain = self._known, stretch.chain
        if known is None or known.receiver != _identity(stretch.receiver) or stretch.start <= known.sequence:
            return None
        if chain.read_at < known.since or chain.utc_offset_seconds != known.utc_offset_seconds:
            return None
        return known.since - OVERLAP

    def _copy_from(self, stretch: Stretch, since: datetime | None) -> None:
        self._copy = None
        self._prepare()
        receiver, chain = stretch.receiver, stretch.chain
        command = _COPY.format(receiver=f"{receiver.library}/{receiver.name}", since=_command_time(since))
        known = _Known(_identity(receiver), receiver.last, chain.read_at, chain.utc_offset_seconds)
        try:
            self._odbc.run("CPYAUDJRNE", _COMMAND, command)
        except NoEntries:
            self._known = known
            raise
        start = receiver.first if since is None else stretch.start
        self._copy = _Copy(self._odbc.session, _identity(receiver), start, receiver.last)
        self._known = known

    def _prepare(self) -> None:
        """Once for each connection: its job writes dates as we do, and the columns are known."""
        if self._columns and self._session == self._odbc.session:
            return
        self._odbc.run("setting the date format of the job", _COMMAND, _DATE_FORMAT)
        found = self._odbc.query("reading the columns of the outfile", _COLUMNS, MODEL_LIBRARY, MODEL)
        self._columns = fields_by_column(
            [(text(name) or "", text(kind) or "", number(size)) for name, kind, size in found]
        )
        self._session = self._odbc.session

    def _select(self, start: int, until: int, limit: int) -> Sequence[JournalRow]:
        statement = _statement(self._columns, limit)
        found = self._odbc.query("reading the outfile", statement, Decimal(start), Decimal(until))
        return [_row_of(list(self._columns), cells) for cells in found]


def _identity(receiver: Receiver) -> tuple[str, str, datetime]:
    return receiver.library, receiver.name, receiver.attached_at


def _command_time(since: datetime | None) -> str:
    return FROM_FIRST if since is None else f"'{since:%y%m%d}' '{since:%H%M%S}'"


def _statement(columns: dict[str, str], limit: int) -> str:
    """The columns by their names in the catalogue; the sequence is text in the file."""
    names = ", ".join(_quoted(name) for name in columns.values())
    sequence = f"CAST({_quoted(columns['sequence'])} AS DECIMAL(21,0))"
    return (
        f"SELECT {names} FROM QTEMP.QAUDITSK"  # noqa: S608
        f" WHERE {sequence} >= CAST(? AS DECIMAL(21,0)) AND {sequence} <= CAST(? AS DECIMAL(21,0))"
        f" ORDER BY {sequence} FETCH FIRST {limit:d} ROWS ONLY"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _row_of(fields: Sequence[str], cells: Cells) -> JournalRow:
    try:
        return row_of(dict(zip(fields, cells, strict=True)))
    except Malformed as malformed:
        raise Halt(f"a record of the outfile is no journal entry: {malformed}") from malformed
