"""Records to JSON bytes and back. A consumer ignores unknown fields; a missing or ill-typed one is refused."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import datetime
from enum import Enum
from operator import itemgetter
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


PLAIN_OR_NULL: dict[Build, Build] = {
    build: lambda value, build=build: None if value is None else build(value)  # type: ignore[misc]
    for build in (_text, _whole_number, _truth)
}
PLAIN = frozenset((*PLAIN_OR_NULL, *PLAIN_OR_NULL.values()))
"""Checks that give the value back as it is."""
REMEMBERED = 4096


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
    return _member(hint)


def _member(enumeration: type[Enum]) -> Build:
    """A dictionary is much faster than the enumeration itself, which is asked for the words when there is none."""
    members = {member.value: member for member in enumeration}

    def build(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):
            return enumeration(value)

    return build


def _optional(build: Build) -> Build:
    if build in PLAIN:
        return PLAIN_OR_NULL[build]
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
    """Checks field by field what it has not seen yet. For JSON types that passed before, only what needs it is turned.

    A plain field's check depends on nothing but the type of its value: the types of all fields together, once they
    passed, need no second look.
    """
    hints = get_type_hints(record_type)
    plan = [(f.name, _builder(hints[f.name]), f.default) for f in fields(record_type)]
    values_of = itemgetter(*(name for name, _, _ in plan))
    turned = [(place, build) for place, (_, build, _) in enumerate(plan) if build not in PLAIN]
    passed: set[tuple[type, ...]] = set()

    def build(document: Any) -> Any:
        try:
            found = values_of(document)
            types = tuple(map(type, found))
            if types in passed:
                values = list(found)
                for place, turn in turned:
                    values[place] = turn(values[place])
                return record_type(*values)
        except (KeyError, TypeError, ValueError):
            return slowly(document)
        record = slowly(document)
        if len(passed) < REMEMBERED:
            passed.add(types)
        return record

    def slowly(document: Any) -> Any:
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
