"""TOML files written by people: read with errors that name file, line and key."""

import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from runtime.errors import ConfigError

E = TypeVar("E", bound=StrEnum)
HEADER = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}\s*(#.*)?$")
KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*=""")
LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file. `name` is empty for the top level; `index` counts the tables of an array of tables."""

    file: str
    text: str
    values: Mapping[str, object]
    name: str = ""
    index: int = 0

    def error(self, key: str, problem: str) -> ConfigError:
        """What to raise about `key` (empty: about the table)."""
        line = _line_of(self.text, self.name, self.index, key)
        place = [f"line {line}"] if line else []
        named = ".".join(part for part in (self.name, key) if part)
        return ConfigError(", ".join([self.file, *place, f"key {named}: {problem}"]))

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
        first, dash, last = item.partition("-")
        if not (dash and first.strip().isdecimal() and last.strip().isdecimal()):
            raise self.error(key, f'{item!r} is neither a port nor a range such as "40000-40100"')
        start, end = self._port(key, int(first)), self._port(key, int(last))
        if start > end:
            raise self.error(key, f"{item!r} ends before it starts")
        return range(start, end + 1)

    def _port(self, key: str, value: object) -> int:
        if type(value) is not int or not 1 <= value <= LARGEST_PORT:
            raise self.error(key, f"{value!r} is not a port; a number from 1 to {LARGEST_PORT} expected")
        return value


def read_table(file: Path | Traversable) -> Table:
    """The top level of a file. Raises ConfigError when it cannot be read or is not TOML."""
    try:
        text = file.read_text(encoding="utf-8")
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


def table_of(top: Table, name: str) -> Table:
    """The table `[name]`; empty when there is none."""
    found = top.values.get(name, {})
    if not isinstance(found, dict):
        raise top.error(name, f"a table expected, under a line [{name}]")
    return Table(top.file, top.text, found, name)


def _line_of(text: str, table: str, index: int, key: str) -> int | None:
    """Where the key stands, else where its table begins. tomllib keeps no places, so the text is searched for them."""
    current, seen, start = "", -1 if table else 0, None
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            current = header[1]
            seen += current == table
            is_wanted = current == (table or key) and seen == index
            start = number if is_wanted and start is None else start
        elif current == table and seen == index and (found := KEY.match(line)) and found[1] == key:
            return number
    return start
