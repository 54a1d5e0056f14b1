"""Records to JSON bytes and back. A consumer ignores unknown fields; a missing or ill-typed one is refused."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

from schemas.records import RECORDS, AnyRecord

R = TypeVar("R", bound=AnyRecord)
Build = Callable[[Any], Any]


class CodecError(ValueError):
    """Bytes that are not the record they claim to be. The text names the field and what is wrong with it."""


def encode(record: AnyRecord) -> bytes:
    """JSON with the record's fields in their order; times are UTC with `Z`, microseconds kept."""
    return orjson.dumps(record, option=orjson.OPT_UTC_Z)


def decode(kind: str, value: bytes) -> AnyRecord:
    """The record of type `kind` (the header `type`). Raises CodecError."""
    record_type = RECORDS.get(kind)
    if record_type is None:
        raise CodecError(f"unknown record type {kind!r}")
    return decode_as(record_type, value)


def decode_as(record_type: type[R], value: bytes) -> R:
    """Like `decode`, for a type known beforehand."""
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"not JSON: {error}") from error
    if type(document) is not dict:
        raise CodecError(f"not a JSON object but {_json_type(document)}")
    if document.get("version", 1) != 1:
        raise CodecError(f"{record_type.type} of version {document['version']}: this release reads version 1")
    record: R = BUILDERS[record_type](document)
    return record


def _json_type(value: object) -> str:
    return {dict: "an object", list: "an array", str: "text", bool: "a truth value", NoneType: "null"}.get(
        type(value), "a number"
    )


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"text expected, not {_json_type(value)}")
    return value


def _whole_number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"a whole number expected, not {_json_type(value)}")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise ValueError(f"a number expected, not {_json_type(value)}")
    return float(value)


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"true or false expected, not {_json_type(value)}")
    return value


def _time(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time with its zone expected")
    return moment


SIMPLE: dict[Any, Build] = {str: _text, int: _whole_number, float: _number, bool: _truth, datetime: _time}


def _builder(hint: Any) -> Build:
    """A function that checks one JSON value and turns it into what the annotation `hint` says."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if hasattr(hint, "__supertype__"):
        return _builder(hint.__supertype__)
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _optional(_builder(next(part for part in get_args(hint) if part is not NoneType)))
    if origin is tuple:
        return _tuple(get_args(hint))
    if hasattr(hint, "__dataclass_fields__"):
        return _record(hint)
    return hint  # type: ignore[no-any-return]  # an enumeration: calling it checks the value


def _optional(build: Build) -> Build:
    return lambda value: None if value is None else build(value)


def _tuple(parts: tuple[Any, ...]) -> Build:
    if parts[-1] is Ellipsis:
        build = _builder(parts[0])
        return lambda value: tuple(build(item) for item in _array(value, None))
    builds = [_builder(part) for part in parts]
    return lambda value: tuple(build(item) for build, item in zip(builds, _array(value, len(builds)), strict=True))


def _array(value: Any, length: int | None) -> list[Any]:
    if type(value) is not list or (length is not None and len(value) != length):
        raise ValueError(f"an array{'' if length is None else f' of {length}'} expected")
    return value


def _record(record_type: Any) -> Build:
    hints = get_type_hints(record_type)
    plan = [(f.name, _builder(hints[f.name]), f.default) for f in fields(record_type)]

    def build(document: Any) -> Any:
        if type(document) is not dict:
            raise ValueError(f"an object expected, not {_json_type(document)}")
        values = []
        for name, build_field, default in plan:
            try:
                if name in document:
                    values.append(build_field(document[name]))
                elif default is MISSING:
                    raise CodecError(f"{name}: missing")
                else:
                    values.append(default)
            except CodecError:
                raise
            except ValueError as error:
                raise CodecError(f"{name}: {error}") from error
        return record_type(*values)

    return build


BUILDERS: dict[Any, Build] = {record_type: _record(record_type) for record_type in RECORDS.values()}
