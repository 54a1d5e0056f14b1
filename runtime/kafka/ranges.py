"""Reading a known range of a partition with a consumer of its own.

Never with a worker's consumer: pausing and seeking some of its partitions can stall them for ever
(kafka-python 3.0.12).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from runtime.errors import ConfigError, Unavailable
from runtime.kafka.client import REQUEST_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS, Clients
from runtime.kafka.errors import translated
from runtime.record import TYPE_HEADER, Partition, StoredRecord
from runtime.shutdown import Shutdown

POLL_MS = 200
ABORT_CHECK_SECONDS = 10.0
Read = Callable[[Partition, int, int], Iterator[StoredRecord]]
DEADLINE_SECONDS = TRANSACTION_TIMEOUT_MS / 1000 + ABORT_CHECK_SECONDS + 10.0


class Ranges:
    """Reads ranges; every wait ends when a stop is requested."""

    def __init__(self, clients: Clients, shutdown: Shutdown) -> None:
        self._clients = clients
        self._shutdown = shutdown

    def partitions(self, topic: str) -> list[int]:
        """Raises ConfigError where the topic does not exist."""
        with translated(f"looking for the topic {topic}"):
            consumer = self._clients.reader()
            try:
                if topic not in consumer.topics():
                    raise ConfigError(f"the topic {topic} does not exist; run `sk2siem init`")
                return sorted(consumer.partitions_for_topic(topic) or ())
            finally:
                consumer.close(autocommit=False)

    def ends(self, partitions: list[Partition], *, committed_only: bool = False) -> dict[Partition, tuple[int, int]]:
        """The first offset and the high watermark of each partition, open transactions included or left out."""
        with translated("asking for the ends of partitions"):
            consumer = self._clients.reader(committed_only=committed_only)
            try:
                places = [TopicPartition(*partition) for partition in partitions]
                first = consumer.beginning_offsets(places, timeout_ms=REQUEST_TIMEOUT_MS)
                last = consumer.end_offsets(places, timeout_ms=REQUEST_TIMEOUT_MS)
            finally:
                consumer.close(autocommit=False)
        return {Partition(*place): (first[place], last[place]) for place in places}

    def read_all(self, partition: Partition) -> Iterator[StoredRecord]:
        """Every committed record below the present high watermark."""
        low, end = self.ends([partition])[partition]
        return self.read(partition, low, end)

    def read_committed(self, partition: Partition) -> Iterator[StoredRecord]:
        """Every record below the oldest open transaction: never waits for one to end."""
        low, end = self.ends([partition], committed_only=True)[partition]
        return self.read(partition, low, end)

    def read(self, partition: Partition, low: int, end: int) -> Iterator[StoredRecord]:
        """The committed records of [low, end). Raises Unavailable when they do not come within the deadline."""
        with self.reading() as read:
            yield from read(partition, low, end)

    @contextmanager
    def reading(self) -> Iterator[Read]:
        """`read` for several ranges, one after the other: finding its way takes a client a tenth of a second."""
        consumer: KafkaConsumer | None = None

        def read(partition: Partition, low: int, end: int) -> Iterator[StoredRecord]:
            nonlocal consumer
            if low >= end:
                return
            with translated(f"reading {partition.topic}"):
                consumer = consumer or self._clients.reader()
                yield from self._drain(consumer, partition, low, end)

        try:
            yield read
        finally:
            if consumer is not None:
                with translated("closing a client"):
                    consumer.close(autocommit=False)

    def _drain(self, consumer: KafkaConsumer, partition: Partition, low: int, end: int) -> Iterator[StoredRecord]:
        place = TopicPartition(*partition)
        consumer.assign([place])
        consumer.seek(place, low)
        progressed = time.monotonic()
        position = low
        while position < end:
            records = consumer.poll(POLL_MS).get(place, ())
            yield from (stored(record, partition) for record in records if record.offset < end)
            reached = consumer.position(place, timeout_ms=REQUEST_TIMEOUT_MS) or position
            if reached > position:
                position, progressed = reached, time.monotonic()
            elif time.monotonic() - progressed > DEADLINE_SECONDS:
                raise Unavailable(f"Kafka: {partition.topic}: an open transaction hides records for too long")
            if self._shutdown.requested:
                raise Unavailable("stopping")


def stored(record: Any, partition: Partition) -> StoredRecord:
    """A client's record as ours."""
    headers = record.headers
    kind = ""
    if headers and headers[0][0] == TYPE_HEADER:
        kind = _text(headers[0][1])
        headers = headers[1:]
    return StoredRecord(
        partition, record.offset, record.key or b"", record.value or b"", kind, tuple(headers), record.timestamp
    )


@lru_cache(64)
def _text(header: bytes) -> str:
    """Of a header; there are few types of records."""
    return str(header, "ascii", "replace")
