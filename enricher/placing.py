"""Where what the enricher publishes goes: topic, key, partition; made only when somebody wants it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from enricher.evidence_mode import Output
from enricher.naming import Published
from runtime.record import Offset, Record, StoredRecord
from schemas.codec import encode
from schemas.records import Alert, Audit, Direction, Event, Gap, Progress, Verdict
from schemas.topics import ALERTS, VERDICTS, entry_key, partition_of


class Placed(NamedTuple):
    """A record to be published, and where."""

    record: Published
    key: bytes
    partition: int


Due = tuple[Offset | None, Callable[[], Sequence[Placed]]]
"""What makes the records to be published, and the record whose outcome they are; None where that is never open."""


def placed(outputs: Iterator[Output], item: StoredRecord) -> Iterator[Due]:
    for about, make in outputs:
        yield about, partial(place, make, item)


def place(make: Callable[[], Sequence[Published]], item: StoredRecord) -> Sequence[Placed]:
    """On the partition that the item is on, under the key of the connection: it can be another one's time."""
    return [Placed(record, _key(record), item.partition.number) for record in make()]


def at_home(records: Iterable[Published | None], item: StoredRecord) -> Iterator[Due]:
    found = [Placed(record, item.key, item.partition.number) for record in records if record is not None]
    yield None, lambda: found


def _key(record: Published) -> bytes:
    about = record.connection if isinstance(record, Alert) else record
    if isinstance(about, Event):
        return entry_key(about.system, about.entry.remote_address)
    assert isinstance(about, Verdict)
    remote = about.destination if about.direction is Direction.OUTBOUND else about.source
    return entry_key(about.system, remote.address)


def is_home(record: Progress | Audit | Gap, item: StoredRecord) -> bool:
    """By the count that the producer spreads over, not the topic's present one: partitions may have been added."""
    return partition_of(record.system.encode(), record.partitions) == item.partition.number


def output(placed: Placed, record: Published) -> Record:
    topic = ALERTS if record.type == Alert.type else VERDICTS
    return Record(topic, placed.key, encode(record), record.type, placed.partition)
