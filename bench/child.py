"""`python -m bench.child SERVICE ENTRIES`: one service, wired as the command line wires it, until so many are done."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Generic, TypeVar

from bench.meter import Meter
from cli.running import running_of
from cli.settings import Settings, load
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.flow import Batch, Settled, Source, Stage
from runtime.logs import configure
from runtime.metrics import Metrics
from runtime.ops import OpsServer
from runtime.record import StoredRecord
from runtime.service import Running
from runtime.shutdown import Shutdown
from runtime.thrift import be_thrifty
from runtime.worker import Worker
from schemas.records import Alert

T = TypeVar("T")

OUTCOMES = ("confirmed", "unconfirmed", "none", "timeout", "error")
ONE_PER_ENTRY = frozenset({"entry", "verdict", "event"})


class Counted(Generic[T]):
    """A source that tells the meter, and requests the stop when enough is settled."""

    def __init__(self, source: Source[T], meter: Meter, shutdown: Shutdown) -> None:
        self._source = source
        self._meter = meter
        self._shutdown = shutdown
        self.keep_alive = source.keep_alive
        self.abandon = source.abandon
        self.close = source.close
        self._polled = 0.0
        self._alert_seconds: list[float] = []

    @property
    def alert_p99_seconds(self) -> float:
        """How long an alert took from polled to committed, but for one in a hundred."""
        found = sorted(self._alert_seconds)
        return found[int(len(found) * 0.99)] if found else 0.0

    def poll(self, timeout: float) -> Batch[T] | None:
        batch = self._source.poll(timeout)
        self._polled = time.monotonic()
        if batch and batch.items:
            self._meter.begin()
        return batch

    def checkpoint(self, settled: Settled[T]) -> None:
        self._source.checkpoint(settled)
        seconds = time.monotonic() - self._polled
        self._alert_seconds += [seconds] * [record.type for record in settled.outputs].count(Alert.type)
        if settled.batch.items:
            self._meter.settle(_entries(settled.batch.items))
        if self._meter.done:
            self._shutdown.request()


def main() -> None:
    service, meter = sys.argv[1], Meter(int(sys.argv[2]))
    settings = load(os.environ)
    configure(settings.log.level, settings.log.format, service=service, worker=settings.worker)
    running = running_of(service, settings)
    ops = OpsServer(settings.ops.host, 0, running.health, running.metrics)
    broker = connect(settings.broker, running, batch_size=settings.loop.batch_size)
    _run(service, settings, broker, running, meter=meter)
    broker.close()
    ops.close()
    meter.report()


def _run(service: str, settings: Settings, broker: Broker, running: Running, *, meter: Meter) -> None:
    """What a service needs is imported only when it runs, as the command line does: its memory is measured too."""
    if service == "producer":
        from producer.service import build as build_producer

        ends = build_producer(settings.producer, settings.ibmi, settings.simulator, broker, running)
        _work(*ends, running, meter)
    elif service == "enricher":
        from enricher.service import build as build_enricher

        _work(*build_enricher(settings.enricher, broker, running), running, meter)
    else:
        from sinks.service import build as build_sink

        _work(*build_sink(service, getattr(settings, service), broker, running), running, meter)


def _entries(items: Sequence[object]) -> int:
    """How many journal entries they stand for: progress, status and alerts come beside them."""
    return sum(not isinstance(item, StoredRecord) or item.type in ONE_PER_ENTRY for item in items)


def _work(source: Source[T], stage: Stage[T], running: Running, meter: Meter) -> None:
    be_thrifty()
    counted = Counted(source, meter, running.shutdown)
    with running.resources:
        Worker(counted, stage, running.conditions).run()
    if running.service == "enricher":
        meter.note("alert_p99_seconds", counted.alert_p99_seconds)
        for name, value in _names(running.metrics).items():
            meter.note(name, value)


def _names(metrics: Metrics) -> dict[str, float]:
    """Which share of the addresses of all batches needed no lookup, and which was answered in time."""
    hits, late = metrics.value("dns_cache_hits_total"), metrics.value("dns_late_total")
    lookups = sum(metrics.value("dns_lookups_total", outcome=outcome) for outcome in OUTCOMES)
    asked = max(1.0, hits + lookups)
    return {"dns_hit_share": hits / asked, "dns_answered_share": max(0.0, asked - late) / asked}


if __name__ == "__main__":
    main()
