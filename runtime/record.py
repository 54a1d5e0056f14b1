"""What travels through a broker: bytes with a key, a place and headers."""

from dataclasses import dataclass
from typing import NamedTuple, NewType

Offset = NewType("Offset", int)
Header = tuple[str, bytes]
TYPE_HEADER = "type"


class Partition(NamedTuple):
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record to be published. `type` becomes the header `type`; the partition is ours, never the client's choice."""

    topic: str
    key: bytes
    value: bytes
    type: str
    partition: int = 0
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as read from a broker. `timestamp_ms` is the broker's, in milliseconds since 1970."""

    partition: Partition
    offset: Offset
    key: bytes
    value: bytes
    type: str
    headers: tuple[Header, ...] = ()
    timestamp_ms: int = 0
