"""A policy against its JSON Schema, every problem as one line that names file, line and key."""

import json
from collections.abc import Callable, Iterator
from datetime import date, time
from functools import cache
from importlib.resources import files
from typing import Any, cast

import orjson
from jsonschema import Draft202012Validator, FormatChecker, TypeChecker, ValidationError
from jsonschema.validators import extend

from enricher.ranges import read_address, read_addresses, read_network, read_ports
from enricher.toml_file import Table, problem_text
from enricher.toml_places import KeyPath, line_of
from runtime.errors import ConfigError

LONGEST_VALUE = 60
MANY_CHOICES = 8
FORMATS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "network": read_network,
    "ip-address": read_address,
    "address-range": read_addresses,
    "port-range": read_ports,
}

Problem = tuple[KeyPath, str]


def check_policy(top: Table) -> None:
    """Raises ConfigError with one line per problem, in the order of the file."""
    errors = _validator().iter_errors(_as_json(top.values))
    problems = [problem for error in errors for problem in _told(error)]
    problems.sort(key=lambda problem: line_of(top.text, problem[0]) or 0)
    if problems:
        told = (problem_text(top.file, top.text, path, words) for path, words in problems)
        raise ConfigError("\n".join(dict.fromkeys(told)))  # a value can be wrong in two ways that need the same words


@cache
def _validator() -> Draft202012Validator:
    """JSON calls 15.0 an integer; TOML does not, and neither does what reads a policy."""
    schema = orjson.loads(files("enricher").joinpath("policies", "policy.schema.json").read_bytes())
    checker = FormatChecker(formats=())
    for name, read in FORMATS.items():
        checker.checks(name, raises=ValueError)(_reads(read))
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    kind = cast(type[Draft202012Validator], extend(Draft202012Validator, type_checker=types))  # type: ignore[no-untyped-call]
    return kind(schema, format_checker=checker)


def _is_integer(_: TypeChecker, value: object) -> bool:
    return type(value) is int


def _reads(read: Callable[[str], object]) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        return not isinstance(value, str) or read(value) is not None

    return check


def _as_json(value: object) -> object:
    """TOML knows days and times; JSON has them as text."""
    if isinstance(value, dict):
        return {name: _as_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_json(part) for part in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _told(error: ValidationError) -> Iterator[Problem]:
    """The problem in words, at the key that it is about."""
    path, schema, value = list(error.absolute_path), _resolved(error.schema), cast(Any, error.instance)
    if error.validator == "additionalProperties":
        known = ", ".join(sorted(schema["properties"]))
        yield from (
            ([*path, name], f"unknown; known here: {known}") for name in value if name not in schema["properties"]
        )
    elif error.validator == "required":
        name = next(name for name in schema["required"] if error.message.startswith(repr(name)))
        yield [*path, name], f"missing; {_resolved(schema['properties'][name])['title']} expected"
    elif error.validator == "enum" and len(schema["enum"]) > MANY_CHOICES:
        is_name = "propertyNames" in error.absolute_schema_path
        yield [*path, value] if is_name else path, f"{_shown(value)} is unknown; known: {', '.join(schema['enum'])}"
    else:
        yield path, f"{_cause(error) or f'{_shown(value)} found'}; {schema['title']} expected"


def _resolved(schema: Any) -> dict[str, Any]:
    """The schema with what its `$ref` says, where it has one."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return {**cast(Any, _validator().schema)["$defs"][name], **schema} if name else dict(schema)


def _cause(error: ValidationError) -> str | None:
    """What the reader of a network, a range or a day says of it."""
    causes = (part.cause for part in (error, *(error.context or ())))
    return next((str(cause) for cause in causes if cause), None)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
