"""The audit outfile QASYSKJ5: which column is which field, by where it begins in the record; and a record as a row.

Names of its columns are not documented. Positions are: those of *TYPE5 and of the SK layout (IBM i 7.3).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from producer.fields import read_filter
from producer.layout import CCSID, PADDING
from producer.raw_row import Malformed, sequence_of, time_of
from producer.reader import JournalRow, Place
from producer.socket_fields import SocketFields
from runtime.errors import ConfigError

MODEL_LIBRARY, MODEL = "QSYS", "QASYSKJ5"

HEADING = {
    6: "sequence",
    29: "timestamp",
    55: "job_name",
    65: "job_user",
    75: "job_number",
    81: "program",
    91: "program_library",
    187: "user",
    241: "receiver",
    251: "receiver_library",
}
ENTRY = {
    610: "detail_type",
    611: "local_address_short",
    626: "local_port",
    631: "remote_address_short",
    646: "remote_port",
    651: "socket_descriptor",
    655: "filter_description",
    665: "filter_length",
    667: "filter_data",
    1181: "address_family",
    1191: "local_address",
    1237: "remote_address",
    1283: "mac_address",
    1315: "host_name",
}
HEADING_COLUMNS = (
    *("", "sequence", "", "", "timestamp", "job_name", "job_user", "job_number", "program", "program_library"),
    *("", "", "", "", "", "", "", "", "user", "", "", "", "", "", "", "", "", "", "receiver", "receiver_library"),
)
"""The first columns of the heading, in order; those without a name here say nothing of a connection."""
SINCE_7_3 = {1570: "secure_version", 1580: "secure_properties"}
OF_TLS = ("S", "X")
TIMESTAMP_BYTES = 26

Values = Mapping[str, object]


def fields_by_column(catalogue: Sequence[tuple[str, str, int]]) -> dict[str, str]:
    """Field to column name, for the columns (name, type, bytes) of the model file in order.

    Raises ConfigError where the columns do not begin where the layout says.
    """
    starts: dict[int, str] = {}
    at = 1
    for name, kind, size in catalogue:
        starts[at] = name
        # a record holds a timestamp as 26 characters, whatever Db2 keeps it in
        at += TIMESTAMP_BYTES if kind.startswith("TIMEST") else size
    missing = [position for position in (*HEADING, *ENTRY) if position not in starts]
    if missing:
        raise ConfigError(
            f"no column of {MODEL_LIBRARY}/{MODEL} begins at position {missing[0]}: this release has another layout; "
            "use SK2SIEM_PRODUCER__READER=display-journal"
        )
    known = {**HEADING, **ENTRY, **SINCE_7_3}
    return {known[position]: starts[position] for position in sorted(known) if position in starts}


def fields_by_header(names: Sequence[str]) -> dict[str, int]:
    """Field to its place in a line, for the column names of an outfile that was saved whole.

    The heading's columns are counted from the left. The entry's are counted from the two whose names are certain,
    local port and remote address. Raises ConfigError.
    """
    upper = [name.strip().upper() for name in names]
    pairs = zip(upper[len(HEADING_COLUMNS) :], upper[len(HEADING_COLUMNS) + 1 :], strict=False)
    found = [at for at, pair in enumerate(pairs) if pair[0].endswith("LPRT") and pair[1].endswith("RADR")]
    if not found or not upper[HEADING_COLUMNS.index("timestamp")].endswith("TSTP"):
        raise ConfigError(f"these are not the columns of a whole {MODEL}: save all of them, their names in front")
    first = found[0] + len(HEADING_COLUMNS) - list(ENTRY.values()).index("local_port")
    fields = {name: at for at, name in enumerate(HEADING_COLUMNS) if name}
    entry = {name: first + at for at, name in enumerate([*ENTRY.values(), *SINCE_7_3.values()])}
    there, before_7_3 = len(upper) - first, len(ENTRY)
    if there != before_7_3 and there < len(entry):
        raise ConfigError(
            f"{len(upper)} columns, where a whole {MODEL} has {first + len(entry)} or more "
            f"({first + before_7_3} before 7.3): save all of them, their names in front"
        )
    return fields | {name: at for name, at in entry.items() if at < len(upper)}


def row_of(values: Values) -> JournalRow:
    """A record of the outfile, by field. Raises `producer.raw_row.Malformed`."""
    return JournalRow(
        place=Place(text(values, "receiver_library"), text(values, "receiver"), sequence_of(text(values, "sequence"))),
        timestamp=_time(values),
        entry_type="SK",
        entry_data=b"",
        job_name=text(values, "job_name") or None,
        job_user=text(values, "job_user") or None,
        job_number=_job_number(text(values, "job_number")),
        user=text(values, "user") or None,
        program=text(values, "program") or None,
        program_library=text(values, "program_library") or None,
        fields=_fields(values),
    )


def text(values: Values, field: str) -> str:
    """A field without its padding; where the file is said to hold bit data, the driver gives EBCDIC."""
    value = values.get(field)
    if value is None:
        return ""
    return (value.decode(CCSID) if isinstance(value, bytes) else str(value)).strip(PADDING)


def _time(values: Values) -> datetime:
    value = values.get("timestamp")
    return value if isinstance(value, datetime) else time_of(text(values, "timestamp"))


def _job_number(number: str) -> str | None:
    """Zoned in the record: as a number it has lost its zeros; a task of the licensed internal code has none."""
    digits = number.partition(".")[0]
    return digits.zfill(6) if digits.strip("0") else None


def _fields(values: Values) -> SocketFields:
    if text(values, "detail_type") in OF_TLS and "secure_version" not in values:
        raise Malformed("an entry of TLS without its protocol and cipher: save all columns of the outfile")
    return SocketFields(
        detail_type=text(values, "detail_type"),
        local_address=text(values, "local_address") or text(values, "local_address_short"),
        local_port=text(values, "local_port"),
        remote_address=text(values, "remote_address") or text(values, "remote_address_short"),
        remote_port=text(values, "remote_port"),
        socket_descriptor=_descriptor(text(values, "socket_descriptor")),
        address_family=text(values, "address_family"),
        mac_address=text(values, "mac_address"),
        host_name=text(values, "host_name"),
        secure_version=text(values, "secure_version"),
        secure_properties=text(values, "secure_properties"),
        filter_description=text(values, "filter_description"),
        filter_data=_filter_data(values),
    )


def _descriptor(number: str) -> int | None:
    return int(number) if number.removeprefix("-").isdecimal() else None


def _filter_data(values: Values) -> str | None:
    """Only bytes: as text it has been through a code page, and what it was cannot be told."""
    data, length = values.get("filter_data"), text(values, "filter_length")
    if not isinstance(data, bytes) or not length.isdecimal():
        return None
    return read_filter(int(length).to_bytes(4, "big")[2:], data)
