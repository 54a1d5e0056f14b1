"""A small pipeline over either broker: a simulated journal, as processes, with what came out at every hop."""

import shutil
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import orjson

from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.record import Record
from runtime.settings import BrokerSettings
from schemas.ids import entry_id
from schemas.topics import ALERTS, ENTRIES, VERDICTS, all_topics, dead_letters
from tests.fakes.running import running_as
from tests.processes import ServiceProcess, wait_until

ENTRIES_IN_ALL = 1_500


class Small:
    """Services over one broker, by default the file `folder/broker.db`. The journal of `system` ends, and with it the
    producer."""

    def __init__(self, folder: Path, url: str = "", *, system: str = "PROD1", entries: int = ENTRIES_IN_ALL) -> None:
        self.folder = folder
        self.path = folder / "broker.db"
        self.url = url or f"sqlite:///{self.path}"
        self.system = system
        self.entries = entries
        self._services: list[ServiceProcess] = []

    def init(self) -> None:
        """Topics, as an operator makes them; over the embedded broker a service makes them as well."""
        self.broker.ensure(all_topics())

    def copied_to(self, folder: Path) -> "Small":
        """The same records and positions in another folder."""
        shutil.copy(self.path, folder / self.path.name)
        return Small(folder)

    def service(self, name: str, *prefix: str, **settings: str) -> ServiceProcess:
        environment = {
            "SK2SIEM_BROKER__URL": self.url,
            "SK2SIEM_WORKER": "w1",
            "SK2SIEM_PRODUCER__SYSTEM": self.system,
            "SK2SIEM_PRODUCER__READER": "simulator",
            "SK2SIEM_PRODUCER__PAGE_SIZE": "100",
            "SK2SIEM_SIMULATOR__ENTRIES": str(self.entries),
            "SK2SIEM_LOOP__BACKOFF_LONGEST": "0.5",
            **settings,
        }
        service = ServiceProcess(name, environment, self.folder, prefix=prefix)
        self._services.append(service)
        return service

    def discard(self) -> None:
        """End every service, whatever state it is in."""
        for service in self._services:
            service.discard()
        self.broker.close()

    @cached_property
    def broker(self) -> Broker:
        return connect(BrokerSettings(url=self.url), running_as(), batch_size=5_000)

    @cached_property
    def written(self) -> set[str]:
        """The ids of the entries in the journal."""
        rows = (found.row for found in Partition(SimulatorSettings(entries=self.entries)).written())
        return {
            entry_id(row.timestamp, self.system, row.place.receiver, row.place.sequence)
            for row in rows
            if row.entry_type == "SK"
        }

    def publish(self, records: Sequence[Record]) -> None:
        publisher = self.broker.publisher("test")
        publisher.claim()
        publisher.publish(records)
        publisher.close()

    def judge(self) -> None:
        """Run producer and enricher until every entry has its verdict."""
        with self.service("producer") as producer:
            assert producer.wait(60) == 0, producer.log_text()
        with self.service("enricher") as enricher:
            wait_until("every entry is judged", lambda: self.behind("enricher") == 0, 60)
            assert enricher.stop() == 0

    def behind(self, service: str) -> int:
        """How many records a service that reads from the broker has still to settle."""
        topics = (ENTRIES,) if service == "enricher" else (VERDICTS, ALERTS)
        return sum(standing.behind for standing in self.broker.standings(service, topics))

    def ids(self, topic: str, *kinds: str) -> Counter[str]:
        """How often each id of the system is on the topic; a corrupt record has none."""
        found = (orjson.loads(record.value) for record in self.broker.read(topic) if record.type in kinds)
        return Counter(str(one["id"]) for one in found if f"-{self.system}" in one["id"])

    def assert_read_once(self) -> None:
        """Every entry of the journal is on the broker, and none twice."""
        assert self.ids(ENTRIES, "entry") == dict.fromkeys(self.written, 1)

    def assert_judged_once(self) -> None:
        """Every entry has one verdict, or is one event."""
        assert self.ids(VERDICTS, "verdict", "event") == dict.fromkeys(self.written, 1)

    def dead_letters(self, service: str) -> list[dict[str, str]]:
        """The headers of each dead letter of the service, and its value as `value`."""
        return [
            {"value": letter.value.decode(), **{name: value.decode() for name, value in letter.headers}}
            for letter in self.broker.read(dead_letters(service))
        ]
