"""CEF: a header between pipes, then keys and values, each with escapes of its own."""

import re

from sinks.syslog.columns import COLUMNS, SEVERITIES
from sinks.syslog.facts import Told

HEADER = re.compile(r"([\\|])")
VALUE = re.compile(r"([\\=])")
BREAKS = str.maketrans({"\n": "\\n", "\r": "\\r"})
LONGEST_NAME = 512


def cef(told: Told, version: str) -> str:
    """One line whatever the facts hold."""
    head = ("CEF:0", "sk2siem", "sk2siem", version, told.code, told.name[:LONGEST_NAME], SEVERITIES[told.severity])
    return "|".join((head[0], *(_header(str(part)) for part in head[1:]), " ".join(_extension(told))))


def _extension(told: Told) -> list[str]:
    pairs: list[str] = []
    for column in COLUMNS:
        value = told.facts.get(column.fact)
        if value is None or column.cef is None:
            continue
        pairs.append(f"{column.cef}={_value(str(value)[: column.limit])}")
        if column.label is not None:
            pairs.append(f"{column.cef}Label={column.label}")
    return pairs


def _header(text: str) -> str:
    return HEADER.sub(r"\\\1", without_controls(text))


def _value(text: str) -> str:
    """Line breaks have an escape; other control characters have none and could end the message."""
    return VALUE.sub(r"\\\1", without_controls(text, keep="\n\r")).translate(BREAKS)


def without_controls(text: str, keep: str = "") -> str:
    """Control characters, line separators and lone surrogates become blanks."""
    return "".join(one if one in keep or one.isprintable() else " " for one in text)
