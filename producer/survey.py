"""What a partition says of itself, for whoever looks before reading begins; nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from producer import journal_sql as sql
from producer.audit_journal_sk import has_function
from producer.entries import DisplayJournalEntries, Stretch
from producer.listing import Listing
from producer.netstat import Netstat, Socket
from producer.odbc import Odbc
from producer.odbc_errors import NoEntries
from producer.receivers import Chain, Receiver
from producer.settings import WORD, IbmiSettings, ProducerSettings

PTF_GROUPS = {(7, 2): "SF99702", (7, 3): "SF99703", (7, 4): "SF99704", (7, 5): "SF99950", (7, 6): "SF99960"}
"""That of Db2 for i, by release."""

_CLOCK = "SELECT CURRENT TIMESTAMP, CURRENT TIMEZONE FROM SYSIBM.SYSDUMMY1"

_SYSTEM_VALUES = """
SELECT SYSTEM_VALUE_NAME, CURRENT_CHARACTER_VALUE
  FROM QSYS2.SYSTEM_VALUE_INFO
 WHERE SYSTEM_VALUE_NAME IN ('QAUDCTL', 'QAUDLVL', 'QAUDLVL2', 'QTIMZON')
"""

_SIZE = """
SELECT SIZE, THRESHOLD
  FROM QSYS2.JOURNAL_RECEIVER_INFO
 WHERE JOURNAL_LIBRARY = CAST(? AS VARCHAR(10)) AND JOURNAL_NAME = CAST(? AS VARCHAR(10)) AND STATUS = 'ATTACHED'
"""

_DB2_LEVEL = """
SELECT MAX(PTF_GROUP_LEVEL)
  FROM QSYS2.GROUP_PTF_INFO
 WHERE PTF_GROUP_NAME = CAST(? AS VARCHAR(60)) AND PTF_GROUP_STATUS = 'INSTALLED'
"""

_SCHEDULED = "SELECT SCHEDULED_JOB_NAME, SCHEDULED_TIME FROM QSYS2.SCHEDULED_JOB_INFO"


@dataclass(frozen=True, slots=True)
class Environment:
    """The partition's own name and its release."""

    name: str
    version: int
    release: int

    @property
    def ptf_group(self) -> str | None:
        """Of Db2 for i; None for a release that is not known here."""
        return PTF_GROUPS.get((self.version, self.release))


@dataclass(frozen=True, slots=True)
class PartitionClock:
    """Its local time and its offset from UTC, and what this machine's clock said in the middle of the question."""

    local: datetime
    offset: timedelta | None
    here: datetime

    @property
    def ahead(self) -> timedelta | None:
        """By how much it is ahead of this machine's clock; None where it does not state its offset."""
        return None if self.offset is None else (self.local - self.offset).replace(tzinfo=UTC) - self.here


@dataclass(frozen=True, slots=True)
class JournalAttributes:
    """The attached receiver (None: nothing is attached), and what CHGJRN says about the deletion of others."""

    attached: tuple[str, str] | None
    deleted_by_system: bool
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Filling:
    """Of the attached receiver, in kilobytes; `threshold` is None where it has none, so that nothing changes it."""

    size: int | None
    threshold: int | None


@dataclass(frozen=True, slots=True)
class ScheduledJobs:
    """Entries of WRKJOBSCDE: how many, and of how many the time can be seen."""

    entries: int
    with_time: int


class Survey:
    """Each question raises as `Odbc.query` does."""

    def __init__(self, odbc: Odbc, ibmi: IbmiSettings, producer: ProducerSettings) -> None:
        self._odbc = odbc
        self._listing = Listing(odbc, producer)
        self._netstat = Netstat(odbc, ibmi.username)
        self._entries = DisplayJournalEntries(odbc, producer)
        self._journal = (producer.journal_library, producer.journal_name)

    def environment(self) -> Environment:
        ((name, version, release),) = self._odbc.query("reading the release of IBM i", sql.ENVIRONMENT)
        return Environment(sql.text(name) or "", int(str(version)), int(str(release)))

    def db2_level(self, group: str) -> int | None:
        """The highest level of the PTF group that is installed."""
        ((level,),) = self._odbc.query("asking for the level of Db2", _DB2_LEVEL, group)
        return None if level is None else sql.number(level)

    def clock(self) -> PartitionClock:
        before = datetime.now(UTC)
        ((local, zone),) = self._odbc.query("asking for the time", _CLOCK)
        after = datetime.now(UTC)
        seconds = sql.offset_seconds(zone)
        offset = None if seconds is None else timedelta(seconds=seconds)
        return PartitionClock(sql.moment(local), offset, before + (after - before) / 2)

    def system_values(self) -> Mapping[str, tuple[str, ...] | None]:
        """The words of each value; None where this profile may not see it."""
        found = self._odbc.query("reading system values", _SYSTEM_VALUES)
        return {sql.text(name) or "": _words(sql.text(value) or "") for name, value in found}

    def journal(self) -> JournalAttributes:
        attached = self._odbc.query("asking for the attached receiver", sql.ATTACHED, *self._journal)
        names = [(sql.text(library), sql.text(name)) for library, name in attached]
        where = next(((library, name) for library, name in names if library and name), None)
        deletion = self._odbc.query("asking how receivers are deleted", sql.DELETION, *self._journal)
        option, delay = deletion[0] if deletion else (None, None)
        return JournalAttributes(where, sql.text(option) == "YES", timedelta(minutes=sql.number(delay)))

    def receivers(self) -> Chain:
        return self._listing.receivers()

    def filling(self) -> Filling:
        found = self._odbc.query("asking for the size of the attached receiver", _SIZE, *self._journal)
        size, threshold = found[0] if found else (None, None)
        return Filling(sql.number(size) or None, sql.number(threshold) or None)

    def touch(self, chain: Chain, receiver: Receiver) -> None:
        """Ask for the last entry of a receiver: what may not be read raises."""
        try:
            self._entries.between(Stretch(chain, receiver, receiver.last, receiver.last), 1)
        except NoEntries:
            return

    def sockets(self) -> Sequence[Socket]:
        return self._netstat.sockets()

    def has_audit_journal_sk(self) -> bool:
        """Whether the reader `audit-journal-sk` can be used."""
        return has_function(self._odbc)

    def scheduled_jobs(self) -> ScheduledJobs:
        found = self._odbc.query("asking for scheduled jobs", _SCHEDULED)
        return ScheduledJobs(len(found), sum(time is not None for _, time in found))


def _words(value: str) -> tuple[str, ...] | None:
    """System values of names have no stars: they are one word."""
    if value == sql.NOT_AVAILABLE:
        return None
    return tuple(WORD.findall(value)) or tuple(value.split())
