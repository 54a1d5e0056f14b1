"""Where what the enricher publishes goes: topic, key, partition."""

from collections.abc import Iterable, Iterator

from enricher.evidence_mode import Output
from enricher.naming import Published
from runtime.record import Record, StoredRecord
from schemas.codec import encode
from schemas.records import Alert, Audit, Direction, Event, Gap, Progress, Verdict
from schemas.topics import ALERTS, VERDICTS, entry_key, partition_of, remote_address_of


def at_home(records: Iterable[Published | None]) -> Iterator[Output]:
    """What a record brings that comes to every partition, on the one where its system is at home."""
    found = [record for record in records if record is not None]
    yield None, lambda: found


def is_home(record: Progress | Audit | Gap, item: StoredRecord) -> bool:
    """By the count that the producer spreads over, not the topic's present one: partitions may have been added."""
    return partition_of(record.system.encode(), record.partitions) == item.partition.number


def output(record: Published, item: StoredRecord) -> Record:
    """On the partition that the item is on."""
    topic = ALERTS if record.type == Alert.type else VERDICTS
    return Record(topic, _key(record, item), encode(record), record.type, item.partition.number)


def remote_addresses(items: Iterable[StoredRecord]) -> set[str]:
    """Of the connections that these are about, as far as their keys tell."""
    keys = {item.key for item in items}
    return {address for key in keys if (address := remote_address_of(key)) is not None}


def _key(record: Published, item: StoredRecord) -> bytes:
    """The key of the connection, which can be another one's time; else that of the item."""
    about = record.connection if isinstance(record, Alert) else record
    if isinstance(about, Verdict):
        remote = about.destination if about.direction is Direction.OUTBOUND else about.source
        return entry_key(about.system, remote.address)
    return entry_key(about.system, about.entry.remote_address) if isinstance(about, Event) else item.key
