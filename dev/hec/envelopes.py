"""Reads a HEC body: concatenated JSON envelopes, taken one after another until the first that Splunk would refuse."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

ENVELOPE_KEYS = frozenset({"time", "host", "source", "sourcetype", "index", "event", "fields"})
DEFAULT_MAX_EVENT_BYTES = 5 * 1024 * 1024

NO_DATA, INVALID_FORMAT, INCORRECT_INDEX = 5, 6, 7
EVENT_REQUIRED, EVENT_BLANK, INDEXED_FIELDS = 12, 13, 15
_STOP = -1  # an unknown key: reading ends here, and the answer is still 200
_SKIP = -2  # `fields` without `event`: neither indexed nor blamed


@dataclass(frozen=True, slots=True)
class Rules:
    """What this token and this server accept; no set of indexes means any index."""

    indexes: frozenset[str] | None = None
    max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES


@dataclass(slots=True)
class Reading:
    """The objects before the first refused one, as received, one line each; then the code and the number to answer."""

    lines: list[str] = field(default_factory=list)
    code: int = 0
    number: int | None = None


def read_envelopes(body: bytes, rules: Rules) -> Reading:
    """Read a whole (decompressed) body by the prefix rule."""
    text = _decode(body)
    reading = Reading()
    position, count = _read_ordinary_lines(text, rules, reading)
    _read_exactly(text, position, count, rules, reading)
    if not reading.code and not reading.lines and not text.strip():
        reading.code = NO_DATA
    return reading


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # NUL is no JSON anywhere, so the object that holds the bad byte is the one that gets blamed.
        return body[: error.start].decode() + "\0"


def _read_ordinary_lines(text: str, rules: Rules, reading: Reading) -> tuple[int, int]:
    """Take lines for as long as each is surely one good envelope; return where that ends and how many were taken.

    This is what real traffic looks like and it has to be fast. It may only say yes: the first line in doubt, and
    all that follows, is left to the exact reader.
    """
    position = 0
    accept = reading.lines.append
    for line in text.split("\n"):
        if line and not line.isspace():
            if not _surely_good(line, rules):
                break
            accept(line.strip())
        position += len(line) + 1
    return position, len(reading.lines)


def _surely_good(line: str, rules: Rules) -> bool:
    try:
        envelope = _loads(line)
    except ValueError:
        return False
    if not isinstance(envelope, dict) or _judge(envelope, rules) or _too_long(line, rules):
        return False
    # A parsed float has forgotten whether it was written with an exponent, which Splunk refuses in `time`.
    return type(envelope.get("time")) is not float or not (_EXPONENT.search(line) or "\\u00" in line)


def _read_exactly(text: str, position: int, count: int, rules: Rules, reading: Reading) -> None:
    while (position := _after_space(text, position)) < len(text):
        try:
            envelope, end = _EXACT.raw_decode(text, position)
        except (ValueError, RecursionError):
            reading.code, reading.number = INVALID_FORMAT, count
            return
        raw = text[position:end]
        verdict = INVALID_FORMAT if _too_long(raw, rules) else _judge(envelope, rules)
        if verdict == 0:
            reading.lines.append(raw.replace("\n", " ").replace("\r", " "))
        elif verdict != _SKIP:
            reading.code, reading.number = _blame(verdict, count, taken=len(reading.lines))
            return
        position, count = end, count + 1


def _blame(verdict: int, number: int, *, taken: int) -> tuple[int, int | None]:
    """The code and number that Splunk answers for a verdict on object `number` (0-based)."""
    if verdict == _STOP:
        return (0, None) if taken else (NO_DATA, None)
    if verdict == NO_DATA:
        return NO_DATA, None
    return verdict, number + 1 if verdict == INCORRECT_INDEX else number


def _judge(envelope: object, rules: Rules) -> int:
    """0 for an envelope that is indexed, else the code that Splunk blames it with."""
    if not isinstance(envelope, dict):
        return INVALID_FORMAT
    if not ENVELOPE_KEYS.issuperset(envelope):
        return _STOP
    return (
        _judge_event(envelope)
        or _judge_metadata(envelope, rules)
        or (INDEXED_FIELDS if "fields" in envelope and not _is_flat(envelope["fields"]) else 0)
        or (0 if "event" in envelope else _SKIP)
    )


def _judge_event(envelope: dict[str, object]) -> int:
    if "event" not in envelope:
        return 0 if "fields" in envelope else EVENT_REQUIRED
    event = envelope["event"]
    if type(event) is dict:
        return 0 if event else NO_DATA
    if isinstance(event, str):
        return 0 if event and not event.isspace() else EVENT_BLANK
    if event is None:
        return EVENT_REQUIRED
    return INVALID_FORMAT if isinstance(event, bool | list) else 0


def _judge_metadata(envelope: dict[str, object], rules: Rules) -> int:
    for key in ("host", "source", "sourcetype", "index"):
        if not isinstance(envelope.get(key, ""), str):
            return INVALID_FORMAT
    if "time" in envelope and not _is_plain_decimal(envelope["time"]):
        return INDEXED_FIELDS
    if rules.indexes is not None and "index" in envelope and envelope["index"] not in rules.indexes:
        return INCORRECT_INDEX
    return 0


def _is_plain_decimal(time: object) -> bool:
    if isinstance(time, _Written):
        return _PLAIN_DECIMAL.fullmatch(time.text) is not None
    if isinstance(time, str):
        return _PLAIN_DECIMAL.fullmatch(time) is not None
    return isinstance(time, int | float) and not isinstance(time, bool) and time >= 0


def _is_flat(fields: object) -> bool:
    return isinstance(fields, dict) and all(_is_flat_value(value) for value in fields.values())


def _is_flat_value(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _too_long(raw: str, rules: Rules) -> bool:
    # No character takes more than four bytes, so almost no envelope has to be encoded to be measured.
    return len(raw) * 4 > rules.max_event_bytes and len(raw.encode()) > rules.max_event_bytes


class _Written(float):
    """A float that remembers how it was written."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "_Written":
        number = super().__new__(cls, text)
        number.text = text
        return number


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_EXPONENT = re.compile(r'"time"\s*:\s*[-0-9.]+[eE]')
_EXACT = json.JSONDecoder(parse_float=_Written, parse_constant=_refuse_constant)


def _fastest_loads() -> Callable[[str], object]:
    try:
        from orjson import loads
    except ImportError:
        return _EXACT.decode
    return loads


_loads = _fastest_loads()
