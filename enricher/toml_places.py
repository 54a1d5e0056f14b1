"""On which line of a TOML file a key stands: tomllib keeps no places, so beginnings of the text are parsed again."""

import tomllib
from collections.abc import Mapping, Sequence

KeyPath = Sequence[str | int]


def line_of(text: str, path: KeyPath) -> int | None:
    """The line on which the value at `path` begins, else the table it should stand in; None for the top level."""
    lines = text.split("\n")
    for length in range(len(path), 0, -1):
        end = _end_of(lines, path[:length])
        if end is not None:
            return _start_of(lines, end)
    return None


def _end_of(lines: list[str], path: KeyPath) -> int | None:
    """The number of lines after which the value is complete. A longer beginning holds all that a shorter one does."""
    low, high = 0, len(lines)
    if not _has(_parsed(lines, high), path):
        return None
    while low < high:
        middle = (low + high) // 2
        complete = _complete(lines, middle)
        if _has(_parsed(lines, complete), path):
            high = complete
        else:
            low = middle + 1
    return high


def _start_of(lines: list[str], end: int) -> int:
    """The first line of the statement that is complete after `end` lines."""
    first = _complete(lines, end - 1)
    while first < end - 1 and (not lines[first].strip() or lines[first].lstrip().startswith("#")):
        first += 1
    return first + 1


def _complete(lines: list[str], count: int) -> int:
    """The longest beginning of at most `count` lines that does not end within a statement."""
    while _parsed(lines, count) is None:
        count -= 1
    return count


def _parsed(lines: list[str], count: int) -> Mapping[str, object] | None:
    try:
        return tomllib.loads("\n".join(lines[:count]))
    except tomllib.TOMLDecodeError:
        return None


def _has(value: object, path: KeyPath) -> bool:
    if not path:
        return True
    part, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return part in value and _has(value[part], rest)
    return isinstance(value, list) and isinstance(part, int) and part < len(value) and _has(value[part], rest)
