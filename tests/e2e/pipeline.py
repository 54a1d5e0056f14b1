"""The whole pipeline as processes over real parts: what went in, and what came out at every hop."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import orjson
from elasticsearch import Elasticsearch as Client
from elasticsearch.helpers import scan

from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.ibmi import Ibmi, JournalEntry
from dev.kafka import Kafka
from producer.reader import JournalRow
from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from runtime.kafka import KafkaBroker
from runtime.record import StoredRecord
from runtime.settings import BrokerSettings
from schemas.codec import decode_as
from schemas.ids import entry_id
from schemas.records import Position
from schemas.topics import ALERTS, ENTRIES, POSITIONS, SERVICES, VERDICTS, dead_letters, position_key
from tests.fakes.running import running_as
from tests.processes import ServiceProcess

SYSTEM = "PROD1"
BROKEN_EVERY = 5_000
NAMES = ("producer", "enricher", "elastic", "splunk")


@dataclass(frozen=True, slots=True)
class Written:
    """What a partition wrote: the ids of the entries that can be read, and the keys of those that cannot."""

    entries: list[JournalEntry]
    ids: set[str] = field(default_factory=set)
    broken: set[bytes] = field(default_factory=set)


def write_journal(count: int, seed: int) -> Written:
    """A simulated journal in which every five-thousandth entry is cut off after ten bytes."""
    written = Written([])
    for number, row in enumerate(_simulated(count, seed), start=1):
        data, place = row.entry_data, row.place
        if row.entry_type == "SK" and number % BROKEN_EVERY == 0:
            data = data[:10]
            key = f"{SYSTEM}/{place.receiver_library}/{place.receiver}/{place.sequence}"
            written.broken.add(key.encode())
        elif row.entry_type == "SK":
            written.ids.add(entry_id(row.timestamp, SYSTEM, place.receiver, place.sequence))
        entry = JournalEntry(
            place.receiver_library, place.receiver, place.sequence, row.timestamp, row.entry_type, data, row.job_name
        )
        written.entries.extend([*_filler(written.entries, entry), entry])
    return written


def _filler(before: list[JournalEntry], entry: JournalEntry) -> Iterator[JournalEntry]:
    """The last entry of a receiver, of a type that nobody reads: without it the numbers in between would be missing."""
    if before and before[-1].receiver != entry.receiver and before[-1].sequence < entry.sequence - 1:
        yield before[-1]._replace(sequence=entry.sequence - 1, entry_type="JS", entry_data=b"")


def _simulated(count: int, seed: int) -> Iterator[JournalRow]:
    settings = SimulatorSettings(seed=seed, start=datetime(2026, 11, 2), entries=count, receiver_entries=15_000)
    return (found.row for found in Partition(settings).written())


class Pipeline:
    """Five processes' worth of settings over one Kafka, one Elasticsearch, one IBM i double and one HEC double."""

    def __init__(self, kafka: Kafka, elasticsearch: Elasticsearch, ibmi: Ibmi, hec: Hec, folder: Path) -> None:
        self.kafka = kafka
        self.elasticsearch = elasticsearch
        self.ibmi = ibmi
        self.hec = hec
        self.folder = folder
        self.namespace = f"t{kafka.port}"
        self.services = {name: self.service(name) for name in NAMES}

    def service(self, name: str, worker: str = "w1", arguments: tuple[str, ...] = ()) -> ServiceProcess:
        return ServiceProcess(name, {**self.environment, "SK2SIEM_WORKER": worker}, self.folder, *arguments)

    @cached_property
    def environment(self) -> dict[str, str]:
        return {
            **self.ibmi.exports(),
            **self.hec.exports(),
            "SK2SIEM_BROKER__URL": self.kafka.url,
            "SK2SIEM_ELASTIC__URL": self.elasticsearch.url,
            "SK2SIEM_ELASTIC__NAMESPACE": self.namespace,
            "SK2SIEM_PRODUCER__SYSTEM": SYSTEM,
            "SK2SIEM_PRODUCER__TIME_ZONE": "Europe/Vienna",
            "SK2SIEM_PRODUCER__READ_SHARE": "1",
        }

    @cached_property
    def broker(self) -> KafkaBroker:
        return KafkaBroker(BrokerSettings(url=self.kafka.url), running_as(), batch_size=5000)

    def init(self) -> None:
        """Topics and templates, as an operator makes them."""
        with self.service("init", "operator", arguments=("init",)) as command:
            assert command.wait(60) == 0, command.log_text()

    def write(self, entries: list[JournalEntry]) -> None:
        """Append to the journal; the numbers before the first entry were taken by entries of other types."""
        control = self.ibmi.control
        attached = control.attached()
        if attached.library != entries[0].receiver_library:
            control.advance(entries[0].sequence - 1 - attached.last_sequence)
        control.append(entries)

    def has_read(self, last: JournalEntry) -> bool:
        """Whether the stored position has reached the entry."""
        publisher = self.broker.publisher("test")
        found = publisher.newest(POSITIONS, position_key(SYSTEM, "QSYS/QAUDJRN"))
        if found is None:
            return False
        position = decode_as(Position, found.value)
        return position.receiver == last.receiver and int(position.sequence) >= last.sequence

    def settled(self) -> bool:
        """Whether every consumer stands at the end of what it reads."""
        sinks = [self.broker.standings(name, (VERDICTS, ALERTS)) for name in ("elastic", "splunk")]
        standings = [*self.broker.standings("enricher", (ENTRIES,)), *sinks[0], *sinks[1]]
        return all(standing.behind == 0 for standing in standings)

    def ids(self, topic: str, *kinds: str) -> Counter[str]:
        """How often each id is on the topic."""
        return Counter(str(orjson.loads(record.value)["id"]) for record in self._records(topic) if record.type in kinds)

    def evidence(self) -> set[str]:
        """The ids of all entries that a verdict rests on."""
        verdicts = (record for record in self._records(VERDICTS) if record.type == "verdict")
        return {str(found) for record in verdicts for found in orjson.loads(record.value)["evidence"]}

    def broken(self) -> Counter[bytes]:
        return Counter(record.key for record in self._records(dead_letters("producer")))

    def other_dead_letters(self) -> int:
        services = [service for service in SERVICES if service != "producer"]
        return sum(1 for service in services for _ in self._records(dead_letters(service)))

    def in_elasticsearch(self, dataset: str) -> Counter[str]:
        """How often each event id is in a data stream."""
        with Client(self.elasticsearch.url, request_timeout=60) as client:
            stream = f"logs-{dataset}-{self.namespace}"
            client.indices.refresh(index=stream)
            return Counter(_all_ids(client, stream))

    def in_splunk(self) -> Counter[str]:
        """How often each event id was indexed, `alert:` or `connection:` before it."""
        with urllib.request.urlopen(f"{self.hec.url}/control/indexed", timeout=60) as answer:
            lines = [json.loads(line) for line in answer.read().decode().splitlines() if line.strip()]
        return Counter(_splunk_id(line) for line in lines)

    def _records(self, topic: str) -> Iterable[StoredRecord]:
        return self.broker.read(topic)


def _all_ids(client: Client, stream: str) -> Iterator[str]:
    for hit in scan(client, index=stream, size=10_000, query={"_source": False}, preserve_order=False):
        yield hit["_id"]


def _splunk_id(envelope: dict[str, dict[str, str]]) -> str:
    kind = "alert" if "alert" in str(envelope["sourcetype"]) else "connection"
    return f"{kind}:{envelope['event']['event_id']}"
