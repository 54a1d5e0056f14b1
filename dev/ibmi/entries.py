"""Journal entries as they are written into the double, many at a time."""

from datetime import datetime
from typing import NamedTuple

COPY_TARGET = (
    "dbl.entries (receiver, sequence, at, type, data,"
    " job_name, job_user, job_number, user_name, program, program_library)"
)


class JournalEntry(NamedTuple):
    """One entry as a partition writes it; `timestamp` is the partition's local time, `entry_data` is EBCDIC."""

    receiver_library: str
    receiver: str
    sequence: int
    timestamp: datetime
    entry_type: str
    entry_data: bytes
    job_name: str | None = None
    job_user: str | None = None
    job_number: str | None = None
    user: str | None = None
    program: str | None = None
    program_library: str | None = None


def copy_line(receiver: int, entry: JournalEntry) -> str:
    """The entry as a line of COPY_TARGET in text format; `receiver` is that receiver's number in the double."""
    texts = "\t".join([_copied(text) for text in entry[6:]])
    return f"{receiver}\t{entry[2]}\t{entry[3].isoformat(' ')}\t{entry[4]}\t\\\\x{entry[5].hex()}\t{texts}\n"


def _copied(text: str | None) -> str:
    return "\\N" if text is None else text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
