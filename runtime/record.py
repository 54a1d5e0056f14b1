"""What travels through a broker: bytes with a key, a place and headers.

Named tuples: one is made for every record of every batch, and a frozen dataclass takes four times as long.
"""

from typing import NamedTuple, NewType

Offset = NewType("Offset", int)
Header = tuple[str, bytes]
TYPE_HEADER = "type"
RESTORED: Header = ("x-restored", b"1")
"""Marks a record that was lost and published again later than its place: who reads in order has to leave it out."""


class Partition(NamedTuple):
    topic: str
    number: int


class Record(NamedTuple):
    """A record to be published. `type` becomes the header `type`; the partition is ours, never the client's choice."""

    topic: str
    key: bytes
    value: bytes
    type: str
    partition: int = 0
    headers: tuple[Header, ...] = ()


class StoredRecord(NamedTuple):
    """A record as read from a broker. `timestamp_ms` is the broker's, in milliseconds since 1970."""

    partition: Partition
    offset: Offset
    key: bytes
    value: bytes
    type: str
    headers: tuple[Header, ...] = ()
    timestamp_ms: int = 0

    @property
    def is_restored(self) -> bool:
        return RESTORED in self.headers
