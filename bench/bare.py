"""What the bare programs share: the product's clients with the product's settings, and nothing around them."""

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Generic, TypeVar

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import NoOffsetForPartitionError
from kafka.structs import OffsetAndMetadata

from bench.meter import Meter
from bench.prepared import broker_of, placed
from bench.stock import clients
from cli.settings import Settings, load
from runtime.record import TYPE_HEADER, Record

T = TypeVar("T")
Sendable = tuple[str, bytes, bytes, list[tuple[str, bytes]], int]
"""What a Kafka producer's `send` takes: topic, value, key, headers, partition."""

METADATA = '{"v":1,"low":123456,"policy":"0123456789ab","rejected":[1000,0,0]}'


def arguments() -> tuple[Settings, Meter, Path]:
    """Of every bare program: how many entries, and the file of the prepared records."""
    return load(os.environ), Meter(int(sys.argv[1])), Path(sys.argv[2])


def prepared(file: Path, topics: Sequence[str]) -> list[Record]:
    """The records of the topics on their Kafka partitions; those of each topic spread evenly over the list."""
    broker = broker_of(file)
    found = [[record for stored in broker.read(topic) for record in placed(stored)] for topic in topics]
    ranked = [(place / len(records), record) for records in found for place, record in enumerate(records)]
    return [record for _, record in sorted(ranked, key=lambda pair: pair[0])]


def sendable(record: Record) -> Sendable:
    return record.topic, record.value, record.key, [(TYPE_HEADER, record.type.encode())], record.partition


class Supply(Generic[T]):
    """Prepared things, given out in step: those that `whole` entries need are gone when `whole` entries are through."""

    def __init__(self, things: Sequence[T], whole: int) -> None:
        self._things = cycle(things)
        self._count = len(things)
        self._whole = whole
        self._through = 0
        self._given = 0

    def take(self, entries: int) -> list[T]:
        """What belongs to the next so many entries."""
        self._through += entries
        due = self._through * self._count // self._whole - self._given
        self._given += due
        return list(islice(self._things, due))


def transactional(settings: Settings) -> KafkaProducer:
    producer = clients(settings).transactional("sk2siem.bare")
    producer.init_transactions()
    return producer


def member(settings: Settings, service: str, topics: Sequence[str]) -> KafkaConsumer:
    """The only member of the service's group, before the first record of every partition."""
    consumer = clients(settings).member(f"sk2siem.{service}", settings.loop.batch_size)
    consumer.subscribe(list(topics))
    while not consumer.assignment():
        try:
            consumer.poll(200)
        except NoOffsetForPartitionError:
            break
    consumer.seek_to_beginning()
    return consumer


def offsets_of(polled: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> dict[TopicPartition, OffsetAndMetadata]:
    """Behind what was polled, with metadata of the size that the services store."""
    return {place: OffsetAndMetadata(part[-1].offset + 1, METADATA, -1) for place, part in polled.items()}
