"""The Db2 for i statements of the reader `display-journal`, and what their rows mean."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from producer.audit_levels import AUDIT_SYSTEM_VALUES, AUDITING_ON, NOTHING, SECOND_LIST, Levels
from producer.odbc import Cells
from producer.reader import JournalRow, Place
from producer.receivers import Receiver
from producer.settings import WORD

EARLIEST = datetime(1970, 1, 1)
NOT_AVAILABLE = "*NOTAVL"

# CURRENT TIMESTAMP is one moment, before the view looks at the receivers: everything older stands in what it lists
RECEIVERS = """
SELECT CURRENT TIMESTAMP, CURRENT TIMEZONE,
       JOURNAL_RECEIVER_LIBRARY, JOURNAL_RECEIVER_NAME, STATUS,
       FIRST_SEQUENCE_NUMBER, LAST_SEQUENCE_NUMBER, ATTACH_TIMESTAMP
  FROM QSYS2.JOURNAL_RECEIVER_INFO
 WHERE JOURNAL_LIBRARY = CAST(? AS VARCHAR(10)) AND JOURNAL_NAME = CAST(? AS VARCHAR(10))
   AND ATTACH_TIMESTAMP >= CAST(? AS TIMESTAMP)
"""

ATTACHED = """
SELECT ATTACHED_JOURNAL_RECEIVER_LIBRARY, ATTACHED_JOURNAL_RECEIVER_NAME
  FROM QSYS2.JOURNAL_INFO
 WHERE JOURNAL_LIBRARY = CAST(? AS VARCHAR(10)) AND JOURNAL_NAME = CAST(? AS VARCHAR(10))
"""

# without ORDER BY, which would sort the whole range first: the journal's own order is asserted instead
_ENTRIES = """
SELECT ENTRY_TIMESTAMP, SEQUENCE_NUMBER, RECEIVER_LIBRARY, RECEIVER_NAME, JOURNAL_ENTRY_TYPE,
       JOB_NAME, JOB_USER, JOB_NUMBER, "CURRENT_USER", PROGRAM_NAME, PROGRAM_LIBRARY,
       CAST(ENTRY_DATA AS VARBINARY(4096)) AS ENTRY_BYTES
  FROM TABLE(QSYS2.DISPLAY_JOURNAL(
         JOURNAL_LIBRARY           => CAST(? AS VARCHAR(10)),
         JOURNAL_NAME              => CAST(? AS VARCHAR(10)),
         STARTING_RECEIVER_LIBRARY => CAST(? AS VARCHAR(10)),
         STARTING_RECEIVER_NAME    => CAST(? AS VARCHAR(10)),
         STARTING_SEQUENCE         => CAST(? AS DECIMAL(21,0)),
         ENDING_RECEIVER_LIBRARY   => CAST(? AS VARCHAR(10)),
         ENDING_RECEIVER_NAME      => CAST(? AS VARCHAR(10)),
         ENDING_SEQUENCE           => CAST(? AS DECIMAL(21,0)),
         JOURNAL_CODES             => 'T',
         JOURNAL_ENTRY_TYPES       => 'SK,SV')) AS J
"""

FIRST_SINCE = """
SELECT SEQUENCE_NUMBER
  FROM TABLE(QSYS2.DISPLAY_JOURNAL(
         JOURNAL_LIBRARY           => CAST(? AS VARCHAR(10)),
         JOURNAL_NAME              => CAST(? AS VARCHAR(10)),
         STARTING_RECEIVER_LIBRARY => CAST(? AS VARCHAR(10)),
         STARTING_RECEIVER_NAME    => CAST(? AS VARCHAR(10)),
         STARTING_TIMESTAMP        => CAST(? AS TIMESTAMP),
         ENDING_RECEIVER_LIBRARY   => CAST(? AS VARCHAR(10)),
         ENDING_RECEIVER_NAME      => CAST(? AS VARCHAR(10)),
         JOURNAL_CODES             => 'T',
         JOURNAL_ENTRY_TYPES       => 'SK,SV')) AS J
 FETCH FIRST 1 ROW ONLY
"""

SYSTEM_VALUES = """
SELECT SYSTEM_VALUE_NAME, CURRENT_CHARACTER_VALUE
  FROM QSYS2.SYSTEM_VALUE_INFO
 WHERE SYSTEM_VALUE_NAME IN ('QAUDCTL', 'QAUDLVL', 'QAUDLVL2')
"""

DELETION = """
SELECT DELETE_RECEIVER_OPTION, DELETE_RECEIVER_DELAY
  FROM QSYS2.JOURNAL_INFO
 WHERE JOURNAL_LIBRARY = CAST(? AS VARCHAR(10)) AND JOURNAL_NAME = CAST(? AS VARCHAR(10))
"""

# both sizes in KB
FILLING = """
SELECT SIZE, THRESHOLD
  FROM QSYS2.JOURNAL_RECEIVER_INFO
 WHERE JOURNAL_LIBRARY = CAST(? AS VARCHAR(10)) AND JOURNAL_NAME = CAST(? AS VARCHAR(10)) AND STATUS = 'ATTACHED'
"""

PREVIOUS = """
SELECT PREVIOUS_JOURNAL_RECEIVER_LIBRARY, PREVIOUS_JOURNAL_RECEIVER
  FROM QSYS2.JOURNAL_RECEIVER_INFO
 WHERE JOURNAL_LIBRARY = CAST(? AS VARCHAR(10)) AND JOURNAL_NAME = CAST(? AS VARCHAR(10))
   AND JOURNAL_RECEIVER_LIBRARY = CAST(? AS VARCHAR(10)) AND JOURNAL_RECEIVER_NAME = CAST(? AS VARCHAR(10))
"""

CONNECTIONS = """
SELECT LOCAL_ADDRESS, LOCAL_PORT, REMOTE_ADDRESS, REMOTE_PORT
  FROM QSYS2.NETSTAT_INFO
 WHERE PROTOCOL = 'TCP' AND TCP_STATE = 'ESTABLISHED'
"""

# '*' is the job that asks: the server job of this connection
OWN_JOB = "SELECT CPU_TIME FROM TABLE(QSYS2.ACTIVE_JOB_INFO(JOB_NAME_FILTER => '*')) AS J"

ENVIRONMENT = "SELECT HOST_NAME, OS_VERSION, OS_RELEASE FROM SYSIBMADM.ENV_SYS_INFO"


def entries(limit: int) -> str:
    """At most `limit` SK and SV entries of a range within one receiver."""
    return f"{_ENTRIES} FETCH FIRST {limit:d} ROWS ONLY"


def receiver_of(cells: Cells) -> Receiver:
    """A row of RECEIVERS."""
    _now, _zone, library, name, status, first, last, attached_at = cells
    return Receiver(
        library=text(library) or "",
        name=text(name) or "",
        first=number(first),
        last=number(last),
        attached_at=moment(attached_at),
        attached=text(status) == "ATTACHED",
        freed=text(status) == "FREED",
    )


def row_of(cells: Cells) -> JournalRow:
    """A row of `entries`."""
    at, sequence, library, receiver, entry_type, *heading, data = cells
    job_name, job_user, job_number, user, program, program_library = map(text, heading)
    return JournalRow(
        place=Place(text(library) or "", text(receiver) or "", number(sequence)),
        timestamp=moment(at),
        entry_type=text(entry_type) or "",
        entry_data=data if isinstance(data, bytes) else b"",
        job_name=job_name,
        job_user=job_user,
        job_number=job_number,
        user=user,
        program=program,
        program_library=program_library,
    )


def levels_of(rows: Iterable[Cells]) -> Levels:
    """The audit levels in force, from the rows of SYSTEM_VALUES; None when this profile may not see them."""
    values = {text(name): frozenset(WORD.findall(text(value) or "")) for name, value in rows}
    control, first, second = (values.get(name, frozenset({NOT_AVAILABLE})) for name in _CONTROL_FIRST)
    if NOT_AVAILABLE in control:
        return None
    if AUDITING_ON not in control:
        return frozenset()
    levels = first | second if SECOND_LIST in first else first
    return None if NOT_AVAILABLE in levels else levels - {NOTHING}


def offset_seconds(duration: object) -> int | None:
    """Db2's CURRENT TIMEZONE, a time duration such as -53000 for five and a half hours west, in seconds."""
    if not isinstance(duration, int | Decimal):
        return None
    size = abs(int(duration))
    seconds = size // 10_000 * 3600 + size // 100 % 100 * 60 + size % 100
    return seconds if duration >= 0 else -seconds


def text(cell: object) -> str | None:
    """A character column without its padding; None when it is null or blank."""
    return str(cell).rstrip() or None if cell is not None else None


def number(cell: object) -> int:
    """A DECIMAL(21,0) column; a null, as of a receiver without entries, is 0."""
    return int(str(cell)) if cell is not None else 0


def moment(cell: object) -> datetime:
    if not isinstance(cell, datetime):
        raise TypeError(f"a timestamp was expected, the driver gave {type(cell).__name__}")
    return cell


_CONTROL_FIRST = sorted(AUDIT_SYSTEM_VALUES)
