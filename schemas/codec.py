"""Records to JSON bytes and back. A consumer ignores unknown fields; a missing or ill-typed one is refused."""

import re
from typing import Any, TypeVar

import msgspec

from schemas.records import RECORDS, AnyRecord

R = TypeVar("R", bound=AnyRecord)

MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
ENUMERATION = re.compile(r"Invalid enum value .*")
PLACE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<place>.*)`", re.DOTALL)

VERSION = 1
ENCODER = msgspec.json.Encoder()
DECODERS: dict[type, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind) for kind in RECORDS.values()}


class CodecError(ValueError):
    """Bytes that are not the record they claim to be. The text names the field and what is wrong with it, no value."""


def encode(record: AnyRecord) -> bytes:
    """JSON with the record's fields in their order; times are UTC with `Z`, microseconds kept."""
    return ENCODER.encode(record)


def decode(kind: str, value: bytes) -> AnyRecord:
    """The record of type `kind` (the header `type`). Raises CodecError."""
    record_type = RECORDS.get(kind)
    if record_type is None:
        raise CodecError("unknown record type")
    return decode_as(record_type, value)


def decode_as(record_type: type[R], value: bytes) -> R:
    """Like `decode`, for a type known beforehand."""
    try:
        record: R = DECODERS[record_type].decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(record_type, value, error) from error
    if record.version != VERSION:
        raise _of_another_version(record_type)
    return record


def _refusal(record_type: type[R], value: bytes, error: Exception) -> CodecError:
    """What is wrong with the whole: a record of a later version may differ in any field."""
    try:
        document = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as broken:
        return CodecError(f"not JSON: {broken}")
    if type(document) is dict and document.get("version", VERSION) != VERSION:
        return _of_another_version(record_type)
    return CodecError(_words(str(error)))


def _of_another_version(record_type: type[R]) -> CodecError:
    return CodecError(f"version: this release reads version {VERSION} of {record_type.type}")


def _words(text: str) -> str:
    """msgspec's text with the place in front and no value in it: `source.port: expected int | null, got str`."""
    found = PLACE.fullmatch(text)
    what, place = (found["what"], found["place"]) if found else (text, "")
    if missing := MISSING.fullmatch(what):
        return f"{place}.{missing['name']}: missing".removeprefix(".")
    what = ENUMERATION.sub("not one of the values allowed", what).replace("`", "")
    return f"{place or 'record'}: {what[:1].lower()}{what[1:]}"
