"""Journals as they are saved on a partition: rows as lines of JSON, an outfile as CSV or JSON, records of *TYPE5."""

import csv
import io
from collections.abc import Iterable, Sequence

import orjson

from producer import layout
from producer.decode import journal_time
from producer.raw_row import raw_of
from producer.reader import JournalRow

COLUMNS = (
    *("SKENTL", "SKSEQN", "SKCODE", "SKENTT", "SKTSTP", "SKJOB", "SKUSER", "SKNBR", "SKPGM", "SKPGML", "SKPGMD"),
    *("SKPGMA", "SKOBJ", "SKLIB", "SKMBR", "SKCTRR", "SKFLAG", "SKCCID", "SKUSPF", "SKSYNM", "SKJID", "SKRCST"),
    *("SKTGR", "SKINCD", "SKIGNA", "SKMIN", "SKOBJI", "SKSYSS", "SKRCV", "SKRCVL", "SKRCVD", "SKRCVA", "SKARM"),
    *("SKTHD", "SKTHDX", "SKADF", "SKRPT5", "SKRAD5", "SKLUW", "SKXID", "SKOBJT", "SKFILT", "SKCMTL", "SKRES1"),
    *("SKNVI", "SKESDL", "SKTYPE", "SKLADR", "SKLPRT", "SKRADR", "SKRPRT", "SKSCKD", "SKFDSC", "SKFDTL", "SKFDTA"),
    *("SKADRF", "SKLAD2", "SKRAD2", "SKMACA", "SKHOST", "SKSECV", "SKSECP"),
)


def as_rows(rows: Iterable[JournalRow]) -> bytes:
    return b"".join(orjson.dumps(raw_of(row)) + b"\n" for row in rows)


def as_outfile_csv(rows: Iterable[JournalRow], separator: str = ",") -> bytes:
    """The SK entries, as a query tool saves `SELECT *`."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(COLUMNS)
    writer.writerows(_record(row) for row in rows if row.entry_type == "SK")
    return text.getvalue().encode()


def as_outfile_json(rows: Iterable[JournalRow]) -> bytes:
    lines = (dict(zip(COLUMNS, _record(row), strict=True)) for row in rows if row.entry_type == "SK")
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def as_type5(rows: Iterable[JournalRow], entry_data_length: int = 3100) -> bytes:
    """Records with room for so many bytes of entry data; what is longer is cut off, as DSPJRN does."""
    return b"".join(_type5(row, entry_data_length) for row in rows)


def _record(row: JournalRow) -> Sequence[str]:
    text = row.entry_data.decode(layout.CCSID)
    heading = dict.fromkeys(COLUMNS[: COLUMNS.index("SKTYPE")], "")
    heading |= {
        "SKSEQN": str(row.place.sequence).zfill(20),
        "SKCODE": "T",
        "SKENTT": "SK",
        "SKTSTP": journal_time(row.timestamp),
        "SKJOB": row.job_name or "",
        "SKUSER": row.job_user or "",
        "SKNBR": str(int(row.job_number or "0")),
        "SKPGM": row.program or "",
        "SKPGML": row.program_library or "",
        "SKUSPF": row.user or "",
        "SKRCV": row.place.receiver.ljust(10),
        "SKRCVL": row.place.receiver_library.ljust(10),
    }
    descriptor = int.from_bytes(row.entry_data[layout.SOCKET_DESCRIPTOR], "big", signed=True)
    others = {id(layout.SOCKET_DESCRIPTOR): str(descriptor), id(layout.FILTER_LENGTH): "0", id(layout.FILTER): ""}
    return [*heading.values(), *(others.get(id(field), text[field]) for field in layout.SK_FIELDS)]


def _type5(row: JournalRow, room: int) -> bytes:
    data = row.entry_data[:room]
    record = bytearray(b"\x40" * 607)
    for start, text in (
        (0, str(609 + len(row.entry_data)).zfill(5)),
        (5, str(row.place.sequence).zfill(20)),
        (25, "T" + row.entry_type),
        (28, journal_time(row.timestamp)),
        (54, (row.job_name or "").ljust(10) + (row.job_user or "").ljust(10) + (row.job_number or "000000")),
        (80, (row.program or "").ljust(10) + (row.program_library or "").ljust(10)),
        (186, (row.user or "").ljust(10)),
        (240, row.place.receiver.ljust(10) + row.place.receiver_library.ljust(10)),
    ):
        record[start : start + len(text)] = text.encode(layout.CCSID)
    return bytes(record) + len(data).to_bytes(2, "big") + data.ljust(room, b"\x40")
