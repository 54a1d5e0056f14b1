"""A busy system whose connections all wait for their windows: what that takes, and how soon a killed worker is back."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Self

from bench import stock
from bench.meter import peak_rss_mib
from bench.processes import look_until, nap
from bench.stock import publisher_of
from dev.kafka import Kafka
from runtime.broker import Publisher
from runtime.record import Record
from schemas.codec import encode
from schemas.ids import entry_id
from schemas.records import DetailType, Entry, Progress, changed
from schemas.topics import DEFAULT_PARTITIONS, ENTRIES, entry_key, partition_of
from tests.processes import ServiceProcess
from tests.unit.enricher.samples import ACCEPT, LEVELS, TIME

CONNECTIONS_A_SECOND = 5_000
PORTIONS_A_SECOND = 5
PORTS = (992, 9476, 21, 5000)
CLIENTS = 2_000
SECONDS_BEFORE = 60
SECONDS_IN_STEP = 15.0
IN_STEP_SECONDS = 1.0
STARTS_WITHIN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Waited:
    """`lag_seconds` is the most that the worker was behind before it was killed; `restart_seconds` is from the start of
    the next one until it is less than a second behind."""

    open_windows: int
    peak_rss_mib: float
    lag_seconds: float
    restart_seconds: float


def wait_and_restart(folder: Path, settings: Mapping[str, str]) -> Waited:
    """A minute of journal is there when the worker starts; then it goes on in real time, also over the restart."""
    seconds = _seconds()
    before = (record for _ in range(SECONDS_BEFORE) for portion in next(seconds) for record in portion)
    many = SECONDS_BEFORE * (CONNECTIONS_A_SECOND + DEFAULT_PARTITIONS)
    with stock.kafka(folder / "kafka-waiting", before, many) as kafka:
        environment = {**settings, **kafka.exports(), "SK2SIEM_ENRICHER__POLICY": "default"}
        with ServiceProcess("enricher", environment, folder) as worker:
            look_until(
                "the minute is settled", lambda: worker.metric("items_accepted_total") >= many, STARTS_WITHIN_SECONDS
            )
            with Feed(kafka, seconds) as feed:
                feed.wait()
                look_until("the worker is in step", lambda: _is_in_step(worker), STARTS_WITHIN_SECONDS)
                lag = max(_lag_while(worker, SECONDS_IN_STEP))
                open_windows = int(worker.metric("open_windows"))
                peak = peak_rss_mib(worker.process.pid)
                worker.kill()
                started = time.monotonic()
                worker.start()
                look_until("the worker is in step again", lambda: _is_in_step(worker), STARTS_WITHIN_SECONDS)
                back = time.monotonic() - started
                peak = max(peak, peak_rss_mib(worker.process.pid))
    return Waited(open_windows, peak, lag, back)


def _is_in_step(worker: ServiceProcess) -> bool:
    return worker.metric("items_accepted_total") > 0 and worker.metric("source_lag_seconds") < IN_STEP_SECONDS


def _lag_while(worker: ServiceProcess, seconds: float) -> Iterator[float]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield worker.metric("source_lag_seconds")
        nap(0.2)


class Feed:
    """Publishes the journal in real time, in a thread."""

    def __init__(self, kafka: Kafka, seconds: Iterator[Sequence[Sequence[Record]]]) -> None:
        self._kafka = kafka
        self._seconds = seconds
        self._over, self._begun = Event(), Event()
        self._thread = Thread(target=self._publish, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def wait(self) -> None:
        """Until something is published."""
        assert self._begun.wait(STARTS_WITHIN_SECONDS)

    def _publish(self) -> None:
        with publisher_of(self._kafka) as publisher:
            due = time.monotonic()
            for second in self._seconds:
                for portion in second:
                    due += 1 / PORTIONS_A_SECOND
                    if self._over.wait(max(0.0, due - time.monotonic())):
                        return
                    self._portion(publisher, portion)

    def _portion(self, publisher: Publisher, portion: Sequence[Record]) -> None:
        publisher.publish(portion)
        self._begun.set()


def _seconds() -> Iterator[Sequence[Sequence[Record]]]:
    """Second by second, in portions; the last one of each ends with progress."""
    number = 0
    each = CONNECTIONS_A_SECOND // PORTIONS_A_SECOND
    while True:
        portions = []
        for _ in range(PORTIONS_A_SECOND):
            portions.append([_accept(number + one) for one in range(each)])
            number += each
        portions[-1] += _progress(number)
        yield portions


def _at(number: int) -> timedelta:
    return timedelta(microseconds=number * 1_000_000 // CONNECTIONS_A_SECOND)


def _accept(number: int) -> Record:
    client = number % CLIENTS
    time = TIME + _at(number)
    entry: Entry = changed(
        ACCEPT,
        id=entry_id(time.replace(tzinfo=None), ACCEPT.system, ACCEPT.receiver, number),
        sequence=str(number),
        time=time,
        journal_time=f"{time:%Y-%m-%d-%H.%M.%S.%f}",
        detail_type=DetailType.ACCEPT,
        local_port=PORTS[number % len(PORTS)],
        remote_address=f"10.20.{client // 250}.{client % 250}",
        remote_port=49_152 + number // CLIENTS % 16_384,
    )
    key = entry_key(entry.system, entry.remote_address)
    return Record(ENTRIES, key, encode(entry), entry.type, partition_of(key, DEFAULT_PARTITIONS))


def _progress(number: int) -> list[Record]:
    time = TIME + _at(number)
    progress = Progress(ACCEPT.system, ACCEPT.journal, time, True, LEVELS, 0, DEFAULT_PARTITIONS)
    value = encode(progress)
    return [
        Record(ENTRIES, ACCEPT.system.encode(), value, progress.type, partition)
        for partition in range(DEFAULT_PARTITIONS)
    ]
