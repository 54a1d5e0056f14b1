"""What a poll costs where one entry in ten thousand is an SK entry: at the start, and behind a million others."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic, process_time

from bench import stock
from bench.ground import Contest, Ground
from bench.measurement import Added, Measurement
from bench.meter import peak_rss_mib
from bench.readers import odbc_of
from dev.ibmi import Ibmi, JournalEntry
from producer.display_journal import DisplayJournalReader
from producer.journal_sql import OWN_JOB, number
from producer.reader import Place
from producer.settings import ProducerSettings

OTHERS = 9_999
POLLS_BEFORE = 5
POLLS_BETWEEN = 100
"""So many polls make a million entries of other types."""
POLLS = 40
PAGE = 1_000
SK, SOMETHING_ELSE = ("SK", b"\x40" * 1070), ("AF", b"\x40" * 200)


@contextmanager
def sparse(ground: Ground) -> Iterator[Contest]:
    """A reader over the IBM i double, without a broker. The ceiling is a poll at the start: nothing may be slower.

    Processor time is that of the reader and of its server job together: what the partition pays counts, too.
    """
    with stock.ibmi(ground.folder / "ibmi-sparse", 0) as double:
        reader = Reader(double)
        reader.polls(POLLS_BEFORE)
        start, _, later = reader.polls(POLLS), reader.polls(POLLS_BETWEEN), reader.polls(POLLS)
        reader.close()
        yield Contest(lambda _: later, lambda _: start, reader.entries, lambda: added(start, later), rounds=1)


class Reader:
    """Polls a journal in which others write; only its own reads are measured."""

    def __init__(self, double: Ibmi) -> None:
        self.entries = 0
        self._control = double.control
        self._odbc = odbc_of(double)
        self._reader = DisplayJournalReader(self._odbc, ProducerSettings())
        self._after: Place | None = None
        self._poll()

    def polls(self, count: int) -> Measurement:
        """Each poll finds ten thousand new entries, the last of them an SK entry."""
        seconds = own = 0.0
        server = self._server_cpu()
        for _ in range(count):
            self._write()
            wall, cpu = monotonic(), process_time()
            self._poll()
            seconds, own = seconds + monotonic() - wall, own + process_time() - cpu
        return Measurement(count, count, seconds, own + self._server_cpu() - server, peak_rss_mib())

    def close(self) -> None:
        self._reader.close()

    def _poll(self) -> None:
        page = self._reader.read(self._after, PAGE)
        while not page.at_end:
            page = self._reader.read(page.place, PAGE)
        self._after = page.place

    def _write(self) -> None:
        attached, now = self._control.attached(), datetime.now(UTC).replace(tzinfo=None)
        place, first = (attached.library, attached.receiver), attached.last_sequence + 1
        entries = [JournalEntry(*place, first + number, now, *SOMETHING_ELSE) for number in range(OTHERS)]
        self._control.append([*entries, JournalEntry(*place, first + OTHERS, now, *SK)])
        self.entries += OTHERS + 1

    def _server_cpu(self) -> float:
        return number(self._odbc.query("asking for the processor time", OWN_JOB)[0][0]) / 1000


def added(start: Measurement, later: Measurement) -> Added:
    """A poll in milliseconds of processor time, before and after."""
    before, after = start.cpu_us_per_entry / 1000, later.cpu_us_per_entry / 1000
    between = (start.entries + POLLS_BETWEEN) * (OTHERS + 1)
    return Added(
        {
            "poll_cpu_ms_first": round(before, 2),
            "poll_cpu_ms_last": round(after, 2),
            "poll_growth": round(after / before - 1, 3),
        },
        f"a poll that finds one SK entry among {OTHERS + 1:,} takes {before:.2f} ms of processor time at the start and "
        f"{after:.2f} ms behind {between:,} entries ({after / before - 1:+.1%})",
    )
