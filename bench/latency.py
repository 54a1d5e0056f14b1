"""How long an entry takes from the journal to whoever reads committed records: 500 a second, a poll every second."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import quantiles
from threading import Thread

from bench import stock
from bench.ground import Contest, Ground
from bench.measurement import Added, Measurement
from bench.prepared import SYSTEM
from bench.processes import nap, run
from bench.witness import witness
from dev.ibmi import Control, JournalEntry
from producer.simulator.encoder import EntryData, encode_entry

ENTRIES_A_SECOND = 500
PORTIONS_A_SECOND = 20
SECONDS = 40
COUNT = ENTRIES_A_SECOND * SECONDS
SETTLING = ENTRIES_A_SECOND * 5
"""So many of the first entries do not count: both ends are only connecting."""

TELNET = encode_entry(EntryData("A", "10.1.1.5", 23, "10.9.8.7", 50123, socket_descriptor=3))


@contextmanager
def latency(ground: Ground) -> Iterator[Contest]:
    """IBM i double to Kafka. The ceiling is the rate at which entries are written."""
    folder = ground.folder / "latency"
    folder.mkdir()
    with stock.ibmi(folder / "ibmi", 0) as double, stock.kafka(folder / "kafka", iter(()), 0) as kafka:
        settings = {
            **double.exports(),
            **kafka.exports(),
            "SK2SIEM_PRODUCER__SYSTEM": SYSTEM,
            "SK2SIEM_PRODUCER__TIME_ZONE": "UTC",
        }
        writer = Writer(double.control)
        delays: list[float] = []

        def service(_: int) -> Measurement:
            program = ground.service("producer", settings, COUNT)
            with witness(program.settings, COUNT, folder / "seen") as reader, writer:
                measured = run(program, ground.log)
                delays.extend(delays_between(writer.written, reader.seen()))
            return measured

        yield Contest(service, lambda _: writer.measurement(), 0, lambda: added(delays), rounds=1)


class Writer:
    """Writes entries in real time, in a thread, and keeps when it was about to write each of them."""

    def __init__(self, control: Control) -> None:
        self.written: dict[int, float] = {}
        self._control = control
        self._thread = Thread(target=self._write)
        self._seconds = 0.0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def measurement(self) -> Measurement:
        return Measurement(len(self.written), SECONDS * PORTIONS_A_SECOND, self._seconds, 0.0, 0.0)

    def _write(self) -> None:
        attached, each = self._control.attached(), ENTRIES_A_SECOND // PORTIONS_A_SECOND
        first, started = attached.last_sequence + 1, time.monotonic()
        for portion in range(SECONDS * PORTIONS_A_SECOND):
            nap(max(0.0, started + portion / PORTIONS_A_SECOND - time.monotonic()))
            numbers = range(first + portion * each, first + (portion + 1) * each)
            self.written.update(dict.fromkeys(numbers, time.monotonic()))
            self._control.append(_entries(attached.library, attached.receiver, numbers))
        self._seconds = time.monotonic() - started


def delays_between(written: Mapping[int, float], seen: Mapping[int, float]) -> Sequence[float]:
    """Of each entry but the first ones, in seconds."""
    return [seen[number] - written[number] for number in sorted(written)[SETTLING:]]


def added(delays: Sequence[float]) -> Added:
    """What half of the entries took at most, and all but one in a hundred."""
    percentiles = quantiles(delays, n=100)
    p50, p99 = percentiles[49], percentiles[98]
    return Added(
        {"p50_seconds": round(p50, 3), "p99_seconds": round(p99, 3), "longest_seconds": round(max(delays), 3)},
        f"written to readable in {p50:.2f} s (p50), {p99:.2f} s (p99), {max(delays):.2f} s (the longest of "
        f"{len(delays):,} entries, {ENTRIES_A_SECOND} a second)",
    )


def _entries(library: str, receiver: str, numbers: range) -> Iterator[JournalEntry]:
    at = datetime.now(UTC).replace(tzinfo=None)
    return (JournalEntry(library, receiver, number, at, "SK", TELNET) for number in numbers)
