"""The audit outfile QASYSKJ5: which column is which field, by where it begins in the record; and a record as a row.

Names of its columns are not documented. Positions are: those of *TYPE5 and of the SK layout (IBM i 7.3).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from producer.layout import CCSID, PADDING
from producer.raw_row import sequence_of, time_of
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
    667: "filter_data",
    1181: "address_family",
    1191: "local_address",
    1237: "remote_address",
    1283: "mac_address",
    1315: "host_name",
}
SINCE_7_3 = {1570: "secure_version", 1580: "secure_properties"}
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
    filter_data = values.get("filter_data")
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
        filter_data=filter_data.rstrip(b"\x00\x40").hex() or None if isinstance(filter_data, bytes) else None,
    )


def _descriptor(number: str) -> int | None:
    return int(number) if number.removeprefix("-").isdecimal() else None
