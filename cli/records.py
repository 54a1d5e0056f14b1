"""Where the tools of an operator read records from: a topic of the broker, or a file of NDJSON."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from cli.progress import follow
from cli.running import tool
from cli.settings import Settings
from runtime.broker import Broker
from runtime.errors import ConfigError
from runtime.record import Offset, Partition, StoredRecord
from schemas.codec import CodecError
from schemas.lines import read_line
from schemas.topics import ENTRIES

UNREADABLE = "unreadable"
SQLITE = b"SQLite format 3\0"


def read_from(place: str, settings: Settings) -> Iterator[StoredRecord]:
    """The records of a file, or of a topic. Raises ConfigError where it is neither, Unavailable."""
    if is_file(place):
        return read_file(Path(place))
    return read_topic(place, settings)


def is_file(place: str) -> bool:
    return Path(place).exists() or os.sep in place or place.endswith((".ndjson", ".json"))


def read_topic(topic: str, settings: Settings) -> Iterator[StoredRecord]:
    """Every committed record that the topic holds at this moment. Raises ConfigError, Unavailable."""
    with tool("reader", settings) as (broker, _):
        yield from read_followed(broker, topic)


def read_followed(broker: Broker, topic: str) -> Iterator[StoredRecord]:
    """The same from a broker that is open, with how far it is."""
    yield from follow(broker.read(topic), f"reading {topic}", broker.size(topic))


def read_file(file: Path) -> Iterator[StoredRecord]:
    """The records of a file as one partition, in the order of their times: a dump of a topic mixes its partitions.

    A line that is no record becomes one of the type UNREADABLE. Raises ConfigError.
    """
    try:
        with file.open("rb") as opened:
            begins_with = opened.read(len(SQLITE))  # a pipe cannot be read twice
            _refuse_broker(file, begins_with)
            content = begins_with + opened.read()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    lines = [line for line in content.split(b"\n") if line.strip()]
    records = sorted((_record(line) for line in lines), key=lambda one: one[0])
    numbers = count()
    for _, kind, line in records:
        yield StoredRecord(Partition(str(file), 0), Offset(next(numbers)), b"", line, kind)


def _refuse_broker(file: Path, begins_with: bytes) -> None:
    if begins_with == SQLITE:
        raise ConfigError(
            f"{file}: is the file of a broker, not records: "
            f"set SK2SIEM_BROKER__URL=sqlite:///{file} and name a topic, {ENTRIES} for example"
        )


def _record(line: bytes) -> tuple[datetime, str, bytes]:
    try:
        record = read_line(line)
    except CodecError:
        return datetime.min.replace(tzinfo=UTC), UNREADABLE, line
    return record.time, record.type, line
