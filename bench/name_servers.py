"""What a slow or silent name server costs the enricher, beside a fast one: throughput, and how late an alert is.

Real UDP, the simulator's addresses, the embedded broker, batches of 500, from polled to committed.
"""

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from enricher.service import build as build_enricher
from enricher.settings import DnsSettings, EnricherSettings
from producer.service import build as build_producer
from producer.settings import IbmiSettings, ProducerSettings
from producer.simulator.settings import SimulatorSettings
from runtime.embedded import EmbeddedBroker
from runtime.flow import Batch, Settled, Source
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from runtime.service import Running
from runtime.shutdown import Shutdown
from runtime.worker import run_worker
from schemas.codec import decode
from schemas.records import Alert, Entry
from schemas.topics import ENTRIES, all_topics
from tests.fakes.dns_server import DnsServer, Manner

BATCH = 500
SLOW_SECONDS = 5.0
SERVERS = ("fast", "slow", "silent", "dead")


@dataclass(frozen=True, slots=True)
class Run:
    """One pass over all entries; `named` is the share of addresses that got their name in time."""

    entries_per_second: float
    alert_p99_seconds: float
    named: float


def compare(folder: Path, entries: int = 200_000, rounds: int = 3) -> Mapping[str, Run]:
    """The same entries with each kind of name server in turn, the fastest of each; files are left in `folder`."""
    journal = folder / "entries.db"
    _simulate(journal, entries)
    addresses = _addresses(journal)
    runs: dict[str, list[Run]] = {kind: [] for kind in SERVERS}
    for number, kind in product(range(rounds), SERVERS):
        file = folder / f"{kind}-{number}.db"
        shutil.copy(journal, file)
        with _server(kind, addresses) as server:
            runs[kind].append(_enrich(file, server))
    return {kind: max(found, key=lambda run: run.entries_per_second) for kind, found in runs.items()}


@contextmanager
def _server(kind: str, addresses: Mapping[str, str]) -> Iterator[str]:
    with DnsServer() as server:
        for address, name in addresses.items():
            server.host(address, name)
        server.manner = Manner.SILENT if kind == "silent" else Manner.PLAIN
        server.delay = SLOW_SECONDS if kind == "slow" else 0.0
        address = server.address
        if kind == "dead":
            server.die()
        yield address


def _enrich(file: Path, server: str) -> Run:
    running = _running("enricher")
    dns = DnsSettings(servers=(server,), private_servers=(server,))
    with running.resources:
        source, stage = build_enricher(EnricherSettings(dns=dns), _broker(file, running), running)
        timed = TimedSource(source, running.shutdown)
        started = time.monotonic()
        run_worker(timed, stage, running.conditions)
        seconds = time.monotonic() - started
    metrics = running.metrics
    late, hits = metrics.value("dns_late_total"), metrics.value("dns_cache_hits_total")
    learnt = metrics.value("dns_lookups_total", outcome="confirmed")
    return Run(timed.entries / seconds, _p99(timed.alert_seconds), learnt and (hits + learnt) / (hits + learnt + late))


class TimedSource:
    """A source that notes how long each batch with a clear-text alert took, and stops where nothing is left."""

    def __init__(self, source: Source[StoredRecord], shutdown: Shutdown) -> None:
        self._source = source
        self._shutdown = shutdown
        self._polled = 0.0
        self.entries = 0
        self.alert_seconds: list[float] = []

    def poll(self, timeout: float) -> Batch[StoredRecord] | None:
        batch = self._source.poll(timeout)
        self._polled = time.monotonic()
        if batch is None:
            self._shutdown.request()
        return batch

    def checkpoint(self, settled: Settled[StoredRecord]) -> None:
        self._source.checkpoint(settled)
        seconds = time.monotonic() - self._polled
        self.entries += sum(item.type == Entry.type for item in settled.batch.items)
        self.alert_seconds += [seconds for record in settled.outputs if record.type == Alert.type]

    def keep_alive(self) -> None:
        self._source.keep_alive()

    def abandon(self) -> None:
        self._source.abandon()

    def close(self) -> None:
        self._source.close()


def _simulate(file: Path, entries: int) -> None:
    running = _running("producer")
    broker = _broker(file, running)
    broker.ensure(all_topics())
    settings = ProducerSettings(system="BENCH", reader="simulator", time_zone="Europe/Berlin")
    source, stage = build_producer(settings, IbmiSettings(), SimulatorSettings(entries=entries), broker, running)
    run_worker(source, stage, running.conditions)


def _addresses(file: Path) -> Mapping[str, str]:
    """Both ends of every entry, each with a name."""
    found: set[str] = set()
    for record in _broker(file, _running("reader")).read(ENTRIES):
        if record.type == Entry.type:
            entry = decode(record.type, record.value)
            assert isinstance(entry, Entry)
            found |= {address for address in (entry.local_address, entry.remote_address) if address}
    return {address: f"host{number}.example.com" for number, address in enumerate(sorted(found))}


def _broker(file: Path, running: Running) -> EmbeddedBroker:
    return EmbeddedBroker(file, metrics=running.metrics, shutdown=running.shutdown, batch_size=BATCH)


def _running(service: str) -> Running:
    return Running(service, "bench", Shutdown(), Health(), Metrics(service))


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)] if seconds else 0.0
