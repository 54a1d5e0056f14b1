"""A whole line of services in this process, over either broker: what `sk2siem reconcile` is let loose on."""

import io
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pytest

from cli.main import run_command
from cli.running import running_of
from cli.settings import Settings, load
from enricher.service import build as build_enricher
from producer.service import build as build_producer
from producer.simulator.partition import Partition
from producer.simulator.settings import SimulatorSettings
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.embedded.file import open_file, topic_table
from runtime.errors import Unavailable
from runtime.flow import Reason, Rejection, Settled, Source, Stage
from runtime.record import Record, StoredRecord
from runtime.worker import Worker
from schemas.codec import encode
from schemas.ids import gap_id
from schemas.records import Gap, JournalPlace
from schemas.topics import ALERTS, ENTRIES, VERDICTS, all_topics
from sinks.service import build as build_sink
from tests.fakes.saved_journal import as_rows

ENTRIES_IN_ALL = 1_500
REFUSED = Reason("hec-15", "the SIEM blames the event")


class Line:
    """A simulated journal of PROD1 that ends, or one that was saved, and everything that is made of it."""

    def __init__(self, folder: Path, url: str = "", *, partitions: int = 1) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "broker.db"
        self._folder = folder
        self._environ = {
            "SK2SIEM_WORKER": "w1",
            "SK2SIEM_BROKER__URL": url or f"sqlite:///{self.path}",
            "SK2SIEM_PRODUCER__SYSTEM": "PROD1",
            "SK2SIEM_PRODUCER__READER": "simulator",
            "SK2SIEM_SIMULATOR__ENTRIES": str(ENTRIES_IN_ALL),
            "SK2SIEM_ENRICHER__DNS__ENABLED": "false",
        }
        self.broker.ensure(all_topics(partitions))

    def copied_to(self, folder: Path) -> "Line":
        shutil.copy(self.path, folder / self.path.name)
        return Line(folder)

    def set(self, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
        """These settings, for the services here and for commands."""
        self._environ |= more
        for name, value in self._environ.items():
            monkeypatch.setenv(name, value)

    def save_journal(self, *, bad: int) -> None:
        """Let a file take the place of the simulator, in which so many rows can never be entries."""
        rows = [found.row for found in Partition(SimulatorSettings(entries=ENTRIES_IN_ALL)).written()]
        damaged = [replace(row, entry_data=b"\xe9" * 50) if 100 <= place < 100 + bad else row
                   for place, row in enumerate(one for one in rows if one.entry_type == "SK")]  # fmt: skip
        (self._folder / "saved.ndjson").write_bytes(as_rows(damaged))
        self._environ |= {
            "SK2SIEM_PRODUCER__READER": "file",
            "SK2SIEM_PRODUCER__FILE": str(self._folder / "saved.ndjson"),
            "SK2SIEM_PRODUCER__TIME_ZONE": "Europe/Berlin",
        }

    @property
    def settings(self) -> Settings:
        return load(self._environ)

    @cached_property
    def broker(self) -> Broker:
        return connect(self.settings.broker, running_of("test", self.settings), batch_size=1_000)

    def judge(self) -> None:
        self.read_journal()
        self.judge_on()

    def read_journal(self) -> None:
        """To its end."""
        settings, running = self.settings, running_of("producer", self.settings)
        source, stage = build_producer(settings.producer, settings.ibmi, settings.simulator, self.broker, running)
        Worker(source, stage, running.conditions).run()

    def judge_on(self) -> None:
        """Until the enricher has come to the end."""
        running = running_of("enricher", self.settings)
        with running.resources:
            source, stage = build_enricher(self.settings.enricher, self.broker, running)
            self._settle("enricher", (ENTRIES,), source, stage)

    def deliver(self, name: str, *, refuse: int = 0) -> None:
        """Until the sink has come to the end; the first so many records become dead letters instead."""
        settings = getattr(self.settings, name)
        source, stage = build_sink(name, settings, self.broker, running_of(name, self.settings))
        self._settle(name, (VERDICTS, ALERTS), source, stage, refuse=refuse)

    def documents(self, topic: str) -> list[dict[str, Any]]:
        found = (orjson.loads(record.value) for record in self.broker.read(topic))
        return [document for document in found if "id" in document]

    def contents(self) -> Counter[str]:
        """Everything that is on the topics, but for where it stands and whether it came late."""
        return Counter(
            topic + json.dumps(_timeless(document), sort_keys=True)
            for topic in (ENTRIES, VERDICTS, ALERTS)
            for document in self.documents(topic)
        )

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [document for document in self.documents(ENTRIES) if "detail_type" in document]

    def last_words(self) -> dict[str, tuple[str, str]]:
        """The newest verdict on each connection, corrections taken in."""
        last: dict[str, tuple[str, str]] = {}
        verdicts = [document for document in self.documents(VERDICTS) if "verdict" in document]
        for document in sorted(verdicts, key=lambda one: len(one["id"])):
            last[document["id"].partition(".")[0]] = (document["verdict"], document["reason"])
        return last

    def delete(self, topic: str, records: Iterable[StoredRecord]) -> None:
        connection = open_file(self.path, create=False)
        offsets = [(record.offset,) for record in records]
        connection.executemany(f"DELETE FROM {topic_table(topic)} WHERE offset = ?", offsets)
        connection.close()

    def announce_gap(self, *, after: StoredRecord, until: StoredRecord) -> None:
        before = orjson.loads(after.value)
        first, last = _place(before), _place(orjson.loads(until.value))
        one, time = gap_id("PROD1", first.receiver, int(first.sequence)), datetime.fromisoformat(before["time"])
        gap = Gap(one, "PROD1", before["journal"], first, last, "a test said so", None, time, 1)
        self.publish([Record(ENTRIES, b"PROD1", encode(gap), Gap.type)])

    def publish(self, records: Sequence[Record]) -> None:
        publisher = self.broker.publisher("test")
        publisher.claim()
        publisher.publish(records)
        publisher.close()

    def _is_behind(self, name: str, topics: Sequence[str]) -> bool:
        """Also while Kafka knows no group yet."""
        try:
            return any(standing.behind for standing in self.broker.standings(name, topics))
        except Unavailable:
            return True

    def _settle(
        self,
        name: str,
        topics: Sequence[str],
        source: Source[StoredRecord],
        stage: Stage[StoredRecord],
        *,
        refuse: int = 0,
    ) -> None:
        while self._is_behind(name, topics):
            batch = source.poll(0.2)
            if batch is None:
                continue
            refused = [Rejection(item, REFUSED) for item in batch.items[:refuse]]
            outcome = stage.process(batch.items[len(refused) :])
            refuse -= len(refused)
            assert not outcome.deferred
            source.checkpoint(Settled(batch, outcome.outputs, [*refused, *outcome.rejected], batch.tally))
        source.close()


class Lossy:
    """A broker that has lost records: it stands before a real one and keeps them to itself."""

    def __init__(self, broker: Broker, lost: frozenset[tuple[object, int]]) -> None:
        self._broker = broker
        self._lost = lost

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def read(self, topic: str) -> Iterator[StoredRecord]:
        return (record for record in self._broker.read(topic) if (record.partition, record.offset) not in self._lost)

    @classmethod
    def connecting(cls, lost: Iterable[StoredRecord]) -> Callable[..., Any]:
        """Stands in for `runtime.brokers.connect`."""
        places = frozenset((record.partition, int(record.offset)) for record in lost)
        return lambda *args, **options: cls(connect(*args, **options), places)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run of `sk2siem reconcile` said."""

    code: int
    out: str
    errors: str

    @property
    def holes(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.out.splitlines()[:-1]]

    def counts(self, hop: str) -> dict[str, Any]:
        (found,) = [one for one in json.loads(self.out.splitlines()[-1])["hops"] if one["hop"] == hop]
        return dict(found)


def reconcile(*arguments: str, as_json: bool = True) -> Told:
    out, errors = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(out), redirect_stderr(errors):
        code = run_command(["reconcile", *arguments, *(["--json"] if as_json else [])])
    return Told(code, *(_written(stream) for stream in (out, errors)))


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _place(document: dict[str, Any]) -> JournalPlace:
    return JournalPlace(document["receiver_library"], document["receiver"], document["sequence"])


def _timeless(document: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in document.items() if name not in ("backfill", "entry", "connection")}
    for name in ("entry", "connection"):
        if document.get(name):
            shown[name] = _timeless(document[name])
    return shown
