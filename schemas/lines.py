"""Records as lines of NDJSON, as the file sink and a dump of a topic write them: which record a line is."""

import orjson
from msgspec.structs import fields

from schemas.codec import CodecError, decode_as
from schemas.records import RECORDS, AnyRecord

REQUIRED = {
    record_type: frozenset(field.name for field in fields(record_type) if field.required)
    for record_type in RECORDS.values()
}


def read_line(line: bytes) -> AnyRecord:
    """The record of the line, told by its fields, because the type travels in a header. Raises CodecError."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"not JSON: {error}") from error
    names = document.keys() if isinstance(document, dict) else set()
    fitting = [record_type for record_type, required in REQUIRED.items() if required <= names]
    if not fitting:
        raise CodecError("none of the records that travel through the topics: a field is missing")
    return decode_as(max(fitting, key=lambda record_type: len(REQUIRED[record_type])), line)
