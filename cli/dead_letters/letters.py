"""Dead letters as they are read back from a broker, and which of them were published again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from cli.records import read_followed
from runtime.broker import Broker
from runtime.dead_letters import PREFIX, TYPE
from runtime.record import Partition, Record, StoredRecord
from schemas.topics import dead_letters

JOURNAL_ROW = "journal-row"
REPLAY = "replay"
"""Type of the record that says which dead letters a transaction has published again; it is part of that transaction."""
MARK_KEY = b"replay"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One rejection. `origin` and `offset` say where the record stood; None for a row that never was one."""

    service: str
    place: tuple[int, int]
    reason: str
    message: str
    original_type: str
    origin: Partition | None
    offset: int | None
    rejected_at: datetime
    key: bytes
    value: bytes
    replayed: bool = False

    @property
    def id(self) -> str:
        """`splunk/0/17`: service, partition and offset of its topic."""
        return f"{self.service}/{self.place[0]}/{self.place[1]}"

    @property
    def can_be_replayed(self) -> bool:
        return self.origin is not None and self.original_type != JOURNAL_ROW


def read(broker: Broker, services: Sequence[str]) -> Iterator[DeadLetter]:
    """The dead letters of these services, oldest first within each. Raises ConfigError, Unavailable."""
    for service in services:
        yield from _of_service(broker, service)


def mark(letters: Iterable[DeadLetter], service: str) -> Record:
    """The record that remembers these letters of `service` as published again."""
    document = {"replayed": [letter.place for letter in letters], "at": datetime.now(UTC)}
    return Record(dead_letters(service), MARK_KEY, orjson.dumps(document, option=orjson.OPT_UTC_Z), REPLAY)


def _of_service(broker: Broker, service: str) -> Iterator[DeadLetter]:
    records = list(read_followed(broker, dead_letters(service)))
    replayed = {place for record in records if record.type == REPLAY for place in _marked(record)}
    for record in records:
        if record.type == TYPE:
            yield _letter(record, service, replayed)


def _marked(record: StoredRecord) -> Iterator[tuple[int, int]]:
    return (tuple(place) for place in orjson.loads(record.value)["replayed"])


def _letter(record: StoredRecord, service: str, replayed: set[tuple[int, int]]) -> DeadLetter:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    place = (record.partition.number, int(record.offset))
    original_type = headers.get("x-original-type", "")
    number, offset = headers.get(PREFIX + "partition", ""), headers.get(PREFIX + "offset", "")
    return DeadLetter(
        service=service,
        place=place,
        reason=headers.get("x-reason", "not-known"),
        message=headers.get(PREFIX + "exception.message", ""),
        original_type=original_type,
        origin=Partition(headers[PREFIX + "topic"], int(number)) if number.isdecimal() else None,
        offset=int(offset) if offset.isdecimal() else None,
        rejected_at=_moment(headers.get("x-rejected-at"), record.timestamp_ms),
        key=record.key,
        value=record.value,
        replayed=place in replayed,
    )


def _moment(text: str | None, timestamp_ms: int) -> datetime:
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
