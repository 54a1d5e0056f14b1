"""The search API as far as it is needed to ask what was indexed: exports of events, in a small part of the language."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl

from dev.hec.answers import JSON_TYPE, Answer, Refused

SEARCH_TOKEN = "00000000-0000-4000-8000-00000000search"
NOT_AUTHENTICATED = ("WARN", "call not properly authenticated")
DEFAULT_INDEX = "main"
METADATA = ("index", "source", "sourcetype", "host")
PARAMETERS = frozenset({"search", "earliest_time", "latest_time", "output_mode", "preview"})

_QUOTED = r'"[^"|]*"'
_TERM = re.compile(rf"(?P<key>\w+)(?:=(?P<one>{_QUOTED}|[^\s\"|()]+)|\s+IN\s*\((?P<many>[^)|]*)\))(?:\s+|$)")
_FIELDS = re.compile(r"fields(?P<sign>\s+[+-])?\s+(?P<names>\w+(?:\s*,\s*\w+|\s+\w+)*)")

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked: all conditions hold, then the columns are cut one after another."""

    conditions: Mapping[str, Sequence[str]]
    cuts: Sequence[Callable[[Row], Row]]
    earliest: float
    latest: float

    def rows(self, lines: Iterable[bytes]) -> Iterator[Row]:
        """Newest first, as Splunk gives them."""
        found = [row for row in map(_row, lines) if self._holds(row)]
        for row in sorted(found, key=lambda row: float(str(row["_time"])), reverse=True):
            for cut in self.cuts:
                row = cut(row)
            yield row

    def _holds(self, row: Row) -> bool:
        """`earliest` is included, `latest` is not."""
        in_time = self.earliest <= float(str(row["_time"])) < self.latest
        return in_time and all(
            any(fnmatchcase(str(row[key]), pattern) for pattern in patterns)
            for key, patterns in self.conditions.items()
        )


def export(lines: Iterable[bytes], authorization: str | None, body: bytes) -> Answer:
    """One export as a stream of JSON lines. Raises Refused."""
    if authorization != f"Bearer {SEARCH_TOKEN}":
        raise Refused(told(401, *NOT_AUTHENTICATED))
    rows = list(_read(body).rows(lines))
    last = len(rows) - 1
    stream = [
        {"preview": False, "offset": place, **({"lastrow": True} if place == last else {}), "result": row}
        for place, row in enumerate(rows)
    ] or [{"preview": False, "lastrow": True}]
    return Answer(200, "".join(json.dumps(one) + "\n" for one in stream).encode(), JSON_TYPE)


def broken_off(answer: Answer, words: str) -> Answer:
    """The same export, ended by Splunk in the middle: the status was sent long ago, only a message tells."""
    half = answer.body.splitlines(keepends=True)[: answer.body.count(b"\n") // 2]
    message = json.dumps({"messages": [{"type": "FATAL", "text": words}]}).encode() + b"\n"
    return Answer(200, b"".join(half) + message, JSON_TYPE)


def told(status: int, kind: str, text: str) -> Answer:
    return Answer(status, json.dumps({"messages": [{"type": kind, "text": text}]}).encode(), JSON_TYPE)


def _read(body: bytes) -> Search:
    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    unknown = sorted(form.keys() - PARAMETERS)
    if unknown:
        raise Refused(told(400, "FATAL", f"this double knows no parameter {unknown[0]}"))
    if form.get("output_mode") != "json":
        raise Refused(told(400, "FATAL", "this double gives JSON only: output_mode=json"))
    first, *commands = (part.strip() for part in form.get("search", "").split("|"))
    verb, _, terms = first.partition(" ")
    if verb != "search":
        raise Refused(told(400, "FATAL", f"Unknown search command '{verb}'."))
    return Search(
        _conditions(terms),
        [_cut(command) for command in commands],
        _seconds(form.get("earliest_time", "0")),
        _seconds(form.get("latest_time", "inf")),
    )


def _conditions(text: str) -> dict[str, list[str]]:
    conditions: dict[str, list[str]] = {}
    rest = text.strip()
    while rest:
        term = _TERM.match(rest)
        if term is None or term["key"] not in METADATA:
            raise Refused(told(400, "FATAL", f"Error in 'search' command: Unable to parse the search: {rest}"))
        patterns = [term["one"]] if term["one"] else term["many"].split(",")
        conditions[term["key"]] = [pattern.strip().strip('"') for pattern in patterns]
        rest = rest[term.end() :]
    return conditions


def _cut(command: str) -> Callable[[Row], Row]:
    """`fields a, b` keeps these and those that begin with an underscore; `fields - a` takes away."""
    found = _FIELDS.fullmatch(command)
    if found is None:
        raise Refused(told(400, "FATAL", f"Unknown search command '{command.partition(' ')[0]}'."))
    names = frozenset(re.split(r"[\s,]+", found["names"]))
    if (found["sign"] or "").strip() == "-":
        return lambda row: {name: value for name, value in row.items() if name not in names}
    return lambda row: {name: value for name, value in row.items() if name in names or name.startswith("_")}


def _row(line: bytes) -> Row:
    """A field that is indexed and in the event too has two values."""
    envelope = json.loads(line)
    event = envelope["event"]
    row: dict[str, object] = dict(event) if isinstance(event, dict) else {}
    for name, value in envelope.get("fields", {}).items():
        row[name] = [value, row[name]] if name in row else value
    metadata = {name: envelope.get(name, DEFAULT_INDEX if name == "index" else "") for name in METADATA}
    return {**row, **metadata, "_time": str(envelope.get("time", "0")), "_raw": json.dumps(event)}


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(told(400, "FATAL", f"Invalid time: {text}")) from None
