"""TOML files written by people: read with errors that name file, line and key."""

import tomllib
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from enricher.ranges import LARGEST_PORT, read_ports
from enricher.toml_places import KeyPath, line_of
from runtime.errors import ConfigError

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Table:
    """The top level of a file (`name` is empty), or the table number `index` of an array of tables."""

    file: str
    text: str
    values: Mapping[str, object]
    name: str = ""
    index: int = 0

    def error(self, key: str, problem: str) -> ConfigError:
        """What to raise about `key` (empty: about the table)."""
        path = [*((self.name, self.index) if self.name else ()), *((key,) if key else ())]
        return ConfigError(problem_text(self.file, self.text, path, problem))

    def refuse_unknown(self, known: Set[str]) -> None:
        for key in self.values:
            if key not in known:
                raise self.error(key, f"unknown; known here: {', '.join(sorted(known))}")

    def text_of(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self.error(key, "text expected")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "true or false expected")
        return value

    def choice(self, key: str, choices: type[E], default: E | None = None) -> E:
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, f"missing; one of {', '.join(choices)}")
        if value not in tuple(choices):
            raise self.error(key, f"one of {', '.join(choices)} expected")
        return choices(str(value))

    def texts(self, key: str) -> tuple[str, ...] | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, 'a list of texts expected, such as ["a", "b"]')
        return tuple(value)

    def port_numbers(self, key: str) -> tuple[int, ...] | None:
        """A list of ports and of ranges such as "40000-40100", in order."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.error(key, 'a list of ports expected, such as [22, "40000-40100"]')
        return tuple(number for item in value for number in self._port_range(key, item))

    def port_number(self, key: str) -> int | None:
        value = self.values.get(key)
        return None if value is None else self._port(key, value)

    def _port_range(self, key: str, item: object) -> range:
        if not isinstance(item, str):
            port = self._port(key, item)
            return range(port, port + 1)
        try:
            return read_ports(item)
        except ValueError as error:
            raise self.error(key, str(error)) from error

    def _port(self, key: str, value: object) -> int:
        if type(value) is not int or not 1 <= value <= LARGEST_PORT:
            raise self.error(key, f"{value!r} is not a port; a number from 1 to {LARGEST_PORT} expected")
        return value


class Mistakes:
    """What is wrong in files: the first problem of each key, in the order in which they were found."""

    def __init__(self) -> None:
        self._problems: dict[str, ConfigError] = {}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """What this part of the work finds wrong ends the part alone."""
        try:
            yield
        except ConfigError as error:
            self._problems.setdefault(str(error).partition(": ")[0], error)

    def refuse(self) -> None:
        """Raises ConfigError with one line per problem, where there is one."""
        if self._problems:
            raise ConfigError("\n".join(map(str, self._problems.values())))


def read_table(file: Path | Traversable) -> Table:
    """The top level of a file. Raises ConfigError when it cannot be read or is not TOML."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    try:
        return Table(str(file), text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not TOML: {error}") from error


def tables_of(top: Table, name: str) -> list[Table]:
    """The array of tables `[[name]]`; empty when there is none."""
    found = top.values.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise top.error(name, f"tables expected, each under a line [[{name}]]")
    return [Table(top.file, top.text, values, name, index) for index, values in enumerate(found)]


def problem_text(file: str, text: str, path: KeyPath, problem: str) -> str:
    """One line that names file, line and key. `path` leads to the value: names, and places in lists."""
    line = line_of(text, path)
    named = ".".join(part for part in path if isinstance(part, str))
    return ", ".join([file, *([f"line {line}"] if line else []), f"key {named}: {problem}"])
