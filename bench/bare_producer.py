"""IBM i to Kafka with nothing in between: the same rows by the same SQL, as many bytes in the same transactions."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pyodbc

from bench.bare import Sendable, Supply, arguments, prepared, sendable, transactional
from cli.settings import Settings
from producer import journal_sql as sql
from producer.display_journal import WINDOW
from producer.odbc import connection_string
from producer.receivers import in_order
from runtime.record import Record
from schemas.topics import DEFAULT_PARTITIONS, ENTRIES, POSITIONS

AS_PREPARED, AS_READ = b'"reader":"simulator"', b'"reader":"display-journal"'


def main() -> None:
    settings, meter, file = arguments()
    entries = [sendable(_as_read(record)) for record in prepared(file, (ENTRIES,)) if record.type == "entry"]
    supply, beside = Supply(entries, len(entries)), _beside(file)
    producer = transactional(settings)
    for page in _pages(settings):
        meter.begin()
        producer.begin_transaction()
        for record in (*supply.take(len(page)), *beside):
            producer.send(*record)
        producer.commit_transaction()
        meter.settle(len(page))
        if meter.done:
            break
    meter.report()


def _pages(settings: Settings) -> Iterator[Sequence[object]]:
    """The journal from its beginning, page by page, each within one receiver, as the service reads it."""
    limit = settings.producer.page_size
    journal = settings.producer.journal_library, settings.producer.journal_name
    connection = pyodbc.connect(connection_string(settings.ibmi), autocommit=True)
    listed = connection.execute(sql.RECEIVERS, *journal, sql.EARLIEST).fetchall()
    for receiver in in_order(sql.receiver_of(tuple(row)) for row in listed):
        place, start = (receiver.library, receiver.name), receiver.first
        while start <= receiver.last:
            until = min(receiver.last, start + WINDOW - 1)
            page = connection.execute(
                sql.entries(limit), *journal, *place, Decimal(start), *place, Decimal(until)
            ).fetchall()
            yield page
            start = int(page[-1][1]) + 1 if len(page) == limit else until + 1


def _beside(file: Path) -> list[Sendable]:
    """What goes out with every page: progress to every partition, and the position."""
    progress = [record for record in prepared(file, (ENTRIES,)) if record.type == "progress"][:DEFAULT_PARTITIONS]
    position = [record._replace(partition=0) for record in prepared(file, (POSITIONS,))]
    return [sendable(record) for record in (*progress, *position)]


def _as_read(record: Record) -> Record:
    return record._replace(value=record.value.replace(AS_PREPARED, AS_READ))


if __name__ == "__main__":
    main()
