"""`python -m bench.catch_up`: how much faster several connections read the backlog of a slow partition."""

import os
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from dev.ibmi import Ibmi, JournalEntry
from dev.part import STACK, free_port
from producer.display_journal import DisplayJournalReader
from producer.odbc import Odbc
from producer.settings import IbmiSettings, ProducerSettings
from runtime.bounded import Bounded
from runtime.shutdown import Shutdown

MILLISECONDS_A_ROW = 2.0
ENTRIES = 24_000
PAGE = 1_000
START = datetime(2026, 11, 22, 2)


def main() -> None:
    STACK.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=STACK) as folder,
        Ibmi(port=free_port(), data=Path(folder) / "ibmi") as partition,
    ):
        os.environ.update(partition.environment())
        partition.control.reset()
        partition.control.append(
            JournalEntry("QGPL", "AUDRCV0001", number, START + timedelta(milliseconds=number), "SK", b"\x40" * 1070)
            for number in range(2, ENTRIES + 2)
        )
        partition.control.set_row_delay(MILLISECONDS_A_ROW)
        one, several = (rate(partition, connections) for connections in (1, 4))
    print(f"1 connection {one:,.0f} entries/s, 4 connections {several:,.0f} entries/s: {several / one:.2f} times")


def rate(partition: Ibmi, connections: int) -> float:
    """Entries a second, in order, from the first to the last."""
    given = partition.exports()
    ibmi = IbmiSettings(
        system=given["SK2SIEM_IBMI__SYSTEM"],
        username=given["SK2SIEM_IBMI__USERNAME"],
        password=SecretStr(given["SK2SIEM_IBMI__PASSWORD"]),
    )

    def odbc() -> Odbc:
        return Odbc(ibmi, Bounded(Shutdown()))

    reader = DisplayJournalReader(odbc(), ProducerSettings(connections=connections), more=odbc)
    expected, after, at_end = 2, None, False
    started = time.monotonic()
    try:
        while not at_end:
            page = reader.read(after, PAGE)
            for row in page.rows:
                assert row.place.sequence == expected, "out of order"
                expected += 1
            after, at_end = page.place, page.at_end
        return (expected - 2) / (time.monotonic() - started)
    finally:
        reader.close()


if __name__ == "__main__":
    main()
