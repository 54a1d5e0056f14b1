"""A row of the journal as one line of JSON: what the producer's dead letters hold and what the reader `file` takes."""

from collections.abc import Mapping
from datetime import datetime

from producer.decode import journal_time
from producer.reader import JournalRow, Place
from producer.socket_fields import SocketFields

HEADING = ("job_name", "job_user", "job_number", "user", "program", "program_library")
SAA_TIME = "%Y-%m-%d-%H.%M.%S.%f"
Document = Mapping[str, object]


class Malformed(ValueError):
    """A line that is no row of a journal. The text says what is wrong with it and quotes nothing of it."""


def raw_of(row: JournalRow) -> dict[str, object]:
    """The row as it was read. The heading's fields are left out where they are not known."""
    raw: dict[str, object] = {
        "receiver_library": row.place.receiver_library,
        "receiver": row.place.receiver,
        "sequence": str(row.place.sequence),
        "timestamp": journal_time(row.timestamp),
        "type": row.entry_type,
    }
    raw |= {"entry_data": row.entry_data.hex()} if row.fields is None else {"fields": row.fields._asdict()}
    return raw | {name: value for name in HEADING if (value := getattr(row, name)) is not None}


def row_of(raw: Document) -> JournalRow:
    """The row of a line. Raises Malformed."""
    place = Place(_text(raw, "receiver_library"), _text(raw, "receiver"), sequence_of(raw.get("sequence")))
    fields = _fields(raw["fields"]) if "fields" in raw else None
    return JournalRow(
        place,
        time_of(raw.get("timestamp")),
        _text(raw, "type"),
        b"" if fields else _bytes(raw.get("entry_data")),
        **{name: _text(raw, name) for name in HEADING if raw.get(name) is not None},
        fields=fields,
    )


def sequence_of(value: object) -> int:
    """A sequence as a number or as text, padded or not."""
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if text.isascii() and text.isdigit():
        return int(text)
    raise Malformed("the sequence is not a whole number")


def time_of(value: object) -> datetime:
    """A local time in the journal's own form, or in that of ISO 8601."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        found = datetime.strptime(text, SAA_TIME) if text[10:11] == "-" else datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("the timestamp is not a time such as 2026-11-22-02.15.00.123456") from error
    if found.tzinfo is not None:
        raise Malformed("the timestamp has a zone; the journal's time is local")
    return found


def _text(raw: Document, name: str) -> str:
    value = raw.get(name)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise Malformed(f"{name} is missing")


def _bytes(value: object) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "not there")
    except ValueError as error:
        raise Malformed("entry_data is not hexadecimal") from error


def _fields(value: object) -> SocketFields:
    if not isinstance(value, dict) or not isinstance(value.get("detail_type"), str):
        raise Malformed("fields is not an object with a detail_type")
    texts = {name: found for name, found in value.items() if name in SocketFields._fields and found is not None}
    descriptor = texts.pop("socket_descriptor", None)
    if not all(isinstance(found, str) for found in texts.values()) or not isinstance(descriptor, int | None):
        raise Malformed("fields holds something else than texts and the number socket_descriptor")
    return SocketFields(**texts, socket_descriptor=descriptor)
