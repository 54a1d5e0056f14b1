"""How much faster several connections read the backlog of a slow partition."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bench import stock
from bench.ground import Contest, Ground
from bench.measurement import Measurement
from bench.meter import peak_rss_mib
from bench.readers import odbc_of
from dev.ibmi import Ibmi, JournalEntry
from producer.display_journal import DisplayJournalReader
from producer.settings import ProducerSettings

MILLISECONDS_A_ROW = 2.0
ENTRIES = 24_000
PAGE = 1_000
CONNECTIONS = 4
START = datetime(2026, 11, 22, 2)


@contextmanager
def catch_up(ground: Ground) -> Iterator[Contest]:
    """A reader over the IBM i double, without a broker. The ceiling is what one connection reads, so the share is how
    many times as fast four are, their opening included."""
    with stock.ibmi(ground.folder / "ibmi-slow", 0) as double:
        double.control.append(
            JournalEntry("QGPL", "AUDRCV0001", number, START + timedelta(milliseconds=number), "SK", b"\x40" * 1070)
            for number in range(2, ENTRIES + 2)
        )
        double.control.set_row_delay(MILLISECONDS_A_ROW)
        yield Contest(lambda _: measured(double, CONNECTIONS), lambda _: measured(double, 1), ENTRIES, rounds=1)


def measured(double: Ibmi, connections: int) -> Measurement:
    """All entries, in order, from the first to the last."""
    settings = ProducerSettings(connections=connections)
    reader = DisplayJournalReader(odbc_of(double), settings, more=lambda: odbc_of(double))
    expected, pages, after, at_end = 2, 0, None, False
    started, cpu = time.monotonic(), time.process_time()
    try:
        while not at_end:
            page = reader.read(after, PAGE)
            for row in page.rows:
                assert row.place.sequence == expected, "out of order"
                expected += 1
            after, at_end, pages = page.place, page.at_end, pages + 1
        seconds = time.monotonic() - started
        return Measurement(expected - 2, pages, seconds, time.process_time() - cpu, peak_rss_mib())
    finally:
        reader.close()
