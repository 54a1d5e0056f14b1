"""A DSPJRN outfile of format *TYPE5, transferred as it is: records of one length, EBCDIC, entry data at their end."""

import re
from collections.abc import Iterator
from os import SEEK_END
from pathlib import Path

from producer.layout import CCSID, PADDING, SK_BEFORE_7_3
from producer.raw_row import Malformed, sequence_of, time_of
from producer.reader import JournalRow, Place

SEQUENCE = slice(5, 25)
ENTRY_TYPE = slice(26, 28)
TIMESTAMP = slice(28, 54)
JOB_NAME, JOB_USER, JOB_NUMBER = slice(54, 64), slice(64, 74), slice(74, 80)
PROGRAM, PROGRAM_LIBRARY = slice(80, 90), slice(90, 100)
USER = slice(186, 196)
RECEIVER, RECEIVER_LIBRARY = slice(240, 250), slice(250, 260)
ENTRY_DATA_LENGTH = slice(607, 609)
ENTRY_DATA = ENTRY_DATA_LENGTH.stop

_DIGITS = rb"[\xf0-\xf9]"
_TIME = re.compile(
    _DIGITS + rb"{4}\x60" + rb"\x60".join([_DIGITS + rb"{2}"] * 2) + rb"\x60" + rb"\x4b".join([_DIGITS + rb"{2}"] * 3)
)
LONGEST_RECORD = 33_500


def looks_like_type5(start: bytes) -> bool:
    """Whether a file that begins so is such an outfile."""
    return bool(_TIME.match(start, TIMESTAMP.start))


def records_of(path: Path) -> Iterator[bytes]:
    """The records, in the order of the file. Raises Malformed where they do not fill it, OSError."""
    with path.open("rb") as file:
        size = _record_size(file.read(2 * LONGEST_RECORD))
        whole, rest = divmod(file.seek(0, SEEK_END), size)
        if rest:
            raise Malformed(f"record {whole + 1} is cut off: transfer the whole file, in binary mode")
        file.seek(0)
        while record := file.read(size):
            yield record


def row_of(record: bytes) -> JournalRow:
    """The row of a record. Raises Malformed."""
    if not looks_like_type5(record):
        raise Malformed("not a record of a *TYPE5 outfile; transfer the file in binary mode")
    entry_type = _text(record, ENTRY_TYPE)
    length = int.from_bytes(record[ENTRY_DATA_LENGTH], "big")
    data = record[ENTRY_DATA : ENTRY_DATA + length]
    if len(data) < length or (entry_type == "SK" and length < SK_BEFORE_7_3):
        raise Malformed(f"the entry data are cut off after {len(data)} bytes; use DSPJRN with ENTDTALEN(4000)")
    number = _text(record, JOB_NUMBER)
    return JournalRow(
        Place(_text(record, RECEIVER_LIBRARY), _text(record, RECEIVER), sequence_of(_text(record, SEQUENCE))),
        time_of(_text(record, TIMESTAMP)),
        entry_type,
        data,
        _text(record, JOB_NAME) or None,
        _text(record, JOB_USER) or None,
        number if number.strip("0") else None,
        _text(record, USER) or None,
        _text(record, PROGRAM) or None,
        _text(record, PROGRAM_LIBRARY) or None,
    )


def _record_size(start: bytes) -> int:
    """How far the next record's timestamp is; one record alone is the whole file."""
    second = _TIME.search(start, ENTRY_DATA)
    return second.start() - TIMESTAMP.start if second else len(start)


def _text(record: bytes, field: slice) -> str:
    return record[field].decode(CCSID).strip(PADDING)
