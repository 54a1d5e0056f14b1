"""The Publisher port over Kafka transactions."""

from collections.abc import Callable, Iterator, Sequence

from runtime.kafka.ranges import Ranges
from runtime.kafka.transactions import Transactions
from runtime.record import Partition, Record, StoredRecord


class KafkaPublisher:
    """One transactional id, held by one process at a time."""

    def __init__(self, transactions: Transactions, ranges: Ranges) -> None:
        self._transactions = transactions
        self._ranges = ranges

    def claim(self) -> None:
        self._transactions.claim()

    def publish(self, records: Sequence[Record]) -> None:
        self._transactions.run(records)

    def newest(self, topic: str, key: bytes) -> StoredRecord | None:
        """Read to the high watermark: another identity's open transaction delays the answer, never falsifies it."""
        return self._last(topic, key, self._ranges.read_all)

    def glance(self, topic: str, key: bytes) -> StoredRecord | None:
        return self._last(topic, key, self._ranges.read_committed)

    def _last(self, topic: str, key: bytes, read: Callable[[Partition], Iterator[StoredRecord]]) -> StoredRecord | None:
        found: StoredRecord | None = None
        for partition in self._ranges.partitions(topic):
            for record in read(Partition(topic, partition)):
                if record.key == key:
                    found = record
        return found

    def keep_alive(self) -> None:
        """The client's own thread keeps the connection alive."""

    def close(self) -> None:
        self._transactions.drop()
