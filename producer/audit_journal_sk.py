"""The entries for the reader `audit-journal-sk`: SYSTOOLS.AUDIT_JOURNAL_SK, where IBM i decodes them itself."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from producer.entries import Stretch
from producer.journal_sql import moment, number, text
from producer.odbc import Cells, Odbc
from producer.reader import JournalRow, Place
from producer.receivers import Chain
from producer.settings import ProducerSettings
from producer.socket_fields import SocketFields
from runtime.errors import ConfigError

OTHERWISE = "use SK2SIEM_PRODUCER__READER=display-journal"
NEEDED = (
    "ENTRY_TIMESTAMP",
    "SEQUENCE_NUMBER",
    "RECEIVER_LIBRARY",
    "RECEIVER_NAME",
    "ENTRY_TYPE",
    "LOCAL_IP_ADDRESS",
    "LOCAL_PORT",
    "REMOTE_ADDRESS",
    "REMOTE_PORT",
)
HAVE_BOTH_ENDS = frozenset("ACSX")

_PROBE = """
SELECT COUNT(*) FROM QSYS2.SYSROUTINES
 WHERE ROUTINE_SCHEMA = 'SYSTOOLS' AND ROUTINE_NAME = 'AUDIT_JOURNAL_SK'
"""

# a null time on purpose: left out, the function would begin with yesterday and say nothing of what is older
_ENTRIES = """
SELECT *
  FROM TABLE(SYSTOOLS.AUDIT_JOURNAL_SK(
         STARTING_RECEIVER_LIBRARY => CAST(? AS VARCHAR(10)),
         STARTING_RECEIVER_NAME    => CAST(? AS VARCHAR(10)),
         STARTING_TIMESTAMP        => CAST(NULL AS TIMESTAMP),
         STARTING_SEQUENCE         => CAST(? AS DECIMAL(21,0)),
         ENDING_RECEIVER_LIBRARY   => CAST(? AS VARCHAR(10)),
         ENDING_RECEIVER_NAME      => CAST(? AS VARCHAR(10)),
         ENDING_SEQUENCE           => CAST(? AS DECIMAL(21,0)))) AS J
"""

Columns = Mapping[str, object]


class AuditJournalSkEntries:
    """Refuses to run (ConfigError) where the function or the remote end of its connections is missing."""

    name = "audit-journal-sk"

    def __init__(self, odbc: Odbc, settings: ProducerSettings) -> None:
        require_audit_journal(settings, self.name)
        self._odbc = odbc
        self._found = False
        self._has_remote_ends = False

    def between(self, stretch: Stretch, limit: int) -> Sequence[JournalRow]:
        self._require_function()
        receiver = (stretch.receiver.library, stretch.receiver.name)
        found = self._odbc.table(
            "reading the journal",
            f"{_ENTRIES} FETCH FIRST {limit:d} ROWS ONLY",
            *receiver,
            Decimal(stretch.start),
            *receiver,
            Decimal(stretch.until),
        )
        _require_columns(found.columns)
        rows = [_row_of(found.columns, cells) for cells in found.rows]
        self._require_remote_ends(rows)
        return rows

    def check(self, chain: Chain) -> None:
        self.between(Stretch.of_newest(chain), 1)

    def _require_function(self) -> None:
        if not self._found:
            self._found = has_function(self._odbc)
        if not self._found:
            raise ConfigError(f"this system has no SYSTOOLS.AUDIT_JOURNAL_SK: {OTHERWISE}")

    def _require_remote_ends(self, rows: Sequence[JournalRow]) -> None:
        """The columns are those of the entry's heading; a release that leaves them empty cannot be read this way."""
        connections = [row.fields for row in rows if row.fields and row.fields.detail_type in HAVE_BOTH_ENDS]
        if self._has_remote_ends or not connections:
            return
        self._has_remote_ends = any(fields.remote_address and fields.remote_port for fields in connections)
        if not self._has_remote_ends:
            raise ConfigError(f"SYSTOOLS.AUDIT_JOURNAL_SK leaves REMOTE_ADDRESS empty on this system: {OTHERWISE}")


def has_function(odbc: Odbc) -> bool:
    """Whether this system has SYSTOOLS.AUDIT_JOURNAL_SK. Raises as `Odbc.query` does."""
    ((count,),) = odbc.query("looking for SYSTOOLS.AUDIT_JOURNAL_SK", _PROBE)
    return number(count) > 0


def require_audit_journal(settings: ProducerSettings, reader: str) -> None:
    """Some ways of reading know the one journal only. Raises ConfigError for another."""
    if (settings.journal_library, settings.journal_name) != ("QSYS", "QAUDJRN"):
        raise ConfigError(f"the reader {reader} can read QSYS/QAUDJRN only: {OTHERWISE} for another journal")


def _require_columns(columns: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise ConfigError(f"SYSTOOLS.AUDIT_JOURNAL_SK has no column {', '.join(missing)} on this system: {OTHERWISE}")


def _row_of(columns: Sequence[str], cells: Cells) -> JournalRow:
    row = dict(zip(columns, cells, strict=True))
    return JournalRow(
        place=Place(_text(row, "RECEIVER_LIBRARY"), _text(row, "RECEIVER_NAME"), number(row["SEQUENCE_NUMBER"])),
        timestamp=moment(row["ENTRY_TIMESTAMP"]),
        entry_type="SK",
        entry_data=b"",
        job_name=text(row.get("JOB_NAME")),
        job_user=text(row.get("JOB_USER")),
        job_number=text(row.get("JOB_NUMBER")),
        user=text(row.get("USER_NAME")),
        program=text(row.get("PROGRAM_NAME")),
        program_library=text(row.get("PROGRAM_LIBRARY")),
        fields=_fields_of(row),
    )


def _fields_of(row: Columns) -> SocketFields:
    descriptor, filter_data = row.get("SOCKET_DESCRIPTOR"), row.get("FILTER_DATA")
    return SocketFields(
        detail_type=_text(row, "ENTRY_TYPE"),
        local_address=_text(row, "LOCAL_IP_ADDRESS"),
        local_port=_text(row, "LOCAL_PORT"),
        remote_address=_text(row, "REMOTE_ADDRESS"),
        remote_port=_text(row, "REMOTE_PORT"),
        socket_descriptor=None if descriptor is None else int(str(descriptor)),
        address_family=_family(_text(row, "ADDRESS_SPACE_TYPE")),
        mac_address=_text(row, "MAC_ADDRESS"),
        host_name=_text(row, "HOST_NAME"),
        secure_version=_text(row, "SECURE_VERSION"),
        secure_properties=_text(row, "SECURE_PROPERTIES"),
        filter_description=_text(row, "FILTER_DESCRIPTION"),
        filter_data=filter_data.hex() if isinstance(filter_data, bytes) and filter_data else None,
    )


def _family(said: str) -> str:
    """How the function spells it is not documented; where it cannot be read, the addresses tell."""
    word = said.upper().removeprefix("*")
    return f"*{word}" if word in ("IPV4", "IPV6") else ""


def _text(row: Columns, name: str) -> str:
    return text(row.get(name)) or ""
