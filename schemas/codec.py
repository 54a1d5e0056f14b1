"""Records to JSON bytes and back. A consumer ignores unknown fields; a missing or ill-typed one is refused."""

import re
from typing import TypeVar

import msgspec
import orjson

from schemas.records import RECORDS, AnyRecord

R = TypeVar("R", bound=AnyRecord)

MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
ENUMERATION = re.compile(r"Invalid enum value .*")
PLACE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<place>.*)`", re.DOTALL)


class CodecError(ValueError):
    """Bytes that are not the record they claim to be. The text names the field and what is wrong with it, no value."""


def encode(record: AnyRecord) -> bytes:
    """JSON with the record's fields in their order; times are UTC with `Z`, microseconds kept."""
    return orjson.dumps(record, option=orjson.OPT_UTC_Z)


def decode(kind: str, value: bytes) -> AnyRecord:
    """The record of type `kind` (the header `type`). Raises CodecError."""
    record_type = RECORDS.get(kind)
    if record_type is None:
        raise CodecError("unknown record type")
    return decode_as(record_type, value)


def decode_as(record_type: type[R], value: bytes) -> R:
    """Like `decode`, for a type known beforehand."""
    try:
        document = orjson.loads(value)
        if type(document) is dict and document.get("version", 1) != 1:
            raise CodecError(f"version: this release reads version 1 of {record_type.type}")
        return msgspec.convert(document, record_type)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"not JSON: {error}") from error
    except msgspec.ValidationError as error:
        raise CodecError(_words(str(error))) from error


def _words(text: str) -> str:
    """msgspec's text with the place in front and no value in it: `source.port: expected int | null, got str`."""
    found = PLACE.fullmatch(text)
    what, place = (found["what"], found["place"]) if found else (text, "")
    if missing := MISSING.fullmatch(what):
        return f"{place}.{missing['name']}: missing".removeprefix(".")
    what = ENUMERATION.sub("not one of the values allowed", what).replace("`", "")
    return f"{place or 'record'}: {what[:1].lower()}{what[1:]}"
