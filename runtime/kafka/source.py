"""Reading from Kafka as a member of a group, with no unsettled batch in flight when `poll` is called."""

import time
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from kafka.structs import OffsetAndMetadata

from runtime.broker import Subscription
from runtime.dead_letters import dead_letter
from runtime.errors import BatchLost
from runtime.expiry import tell_expired
from runtime.flow import Batch, Expired, Memory, Settled, Tally, newest
from runtime.kafka.client import REQUEST_TIMEOUT_MS, Clients
from runtime.kafka.errors import translate, translated
from runtime.kafka.ranges import Ranges, stored
from runtime.kafka.stalls import Stalls
from runtime.kafka.transactions import Transactions
from runtime.logs import log
from runtime.metrics import Metrics
from runtime.offset_metadata import OffsetMetadata, load
from runtime.record import Offset, Partition, StoredRecord

BEAT_MS = 50
LOOK_SECONDS = 5.0
NONE = OffsetMetadata()
Positions = dict[TopicPartition, int]


class _Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Only sets a flag: it runs on the client's IO thread, where blocking calls raise."""

    def __init__(self) -> None:
        self.changed = False

    def on_partitions_revoked(self, revoked: object) -> None:
        self.changed = True

    def on_partitions_assigned(self, assigned: object) -> None:
        self.changed = True


class KafkaSource:
    """After each change of the assignment: drop what was polled, rebuild the memory at the committed offset, seek."""

    def __init__(
        self,
        clients: Clients,
        subscription: Subscription,
        memory: Memory,
        transactions: Transactions,
        ranges: Ranges,
        *,
        metrics: Metrics,
        batch_size: int,
        stalls: Stalls | None = None,
    ) -> None:
        self._clients = clients
        self._subscription = subscription
        self._memory = memory
        self._transactions = transactions
        self._ranges = ranges
        self._metrics = metrics
        self._batch_size = batch_size
        self._stalls = stalls or Stalls()
        self._assignment = _Assignment()
        self._consumer: KafkaConsumer | None = None
        self._owned: set[TopicPartition] = set()
        self._committed: Positions = {}
        self._tally = Tally()
        self._paused = False
        self._looked = time.monotonic()

    def poll(self, timeout: float) -> Batch[StoredRecord] | None:
        if not self._transactions.claimed:
            self._transactions.claim()
        consumer = self._consumer or self._open()
        self._resume(consumer)
        polled = self._poll(consumer, int(timeout * 1000))
        if self._assignment.changed or set(consumer.assignment()) != self._owned:
            self._restore(consumer)
            return None
        self._look(consumer)
        if polled:
            return self._batch(polled)
        return self._moved(consumer)

    def keep_alive(self) -> None:
        consumer = self._consumer
        if consumer is None:
            raise BatchLost("the Kafka consumer is gone")
        if not self._paused:
            consumer.pause(*self._owned)
            self._paused = True
        if self._poll(consumer, BEAT_MS) or self._assignment.changed:
            self._assignment.changed = True
            raise BatchLost("the partitions moved while the batch waited")

    def checkpoint(self, settled: Settled[StoredRecord]) -> None:
        consumer = self._consumer
        if consumer is None or self._assignment.changed:
            raise BatchLost("the partitions moved while the batch was worked on")
        positions = settled.batch.position
        assert isinstance(positions, dict)
        service = self._subscription.service
        letters = [dead_letter(rejection.item, rejection.reason, service) for rejection in settled.rejected]
        offsets = {
            place: OffsetAndMetadata(offset, self._metadata(place, settled.tally), -1)
            for place, offset in positions.items()
        }
        if settled.outputs or letters:
            self._transactions.run([*settled.outputs, *letters], offsets, consumer.group_metadata())
        else:
            with translated("committing offsets"):
                consumer.commit(offsets, timeout_ms=REQUEST_TIMEOUT_MS)
        self._committed.update(positions)
        self._tally = settled.tally

    def abandon(self) -> None:
        self._assignment.changed = True
        if not self._transactions.claimed:
            self._transactions.claim()

    def close(self) -> None:
        self._drop_consumer()
        self._transactions.drop()

    def _open(self) -> KafkaConsumer:
        with translated("joining the group"):
            consumer = self._clients.member(f"sk2siem.{self._subscription.service}", self._batch_size)
            consumer.subscribe(list(self._subscription.topics), listener=self._assignment)
        self._consumer = consumer
        self._assignment.changed = True
        return consumer

    def _poll(self, consumer: KafkaConsumer, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        """Never `poll(0)` in a loop: with it a member does not finish joining for a minute (kafka-python 3.0.12)."""
        try:
            polled: dict[TopicPartition, list[Any]] = consumer.poll(max(timeout_ms, BEAT_MS))
        except (NoOffsetForPartitionError, OffsetOutOfRangeError):
            self._assignment.changed = True
            return {}
        except (KafkaError, OSError) as error:
            raise translate(error, "polling") from error
        return polled

    def _resume(self, consumer: KafkaConsumer) -> None:
        """All or none are paused: pausing some can stall them."""
        if self._paused:
            consumer.resume(*consumer.paused())
            self._paused = False

    def _restore(self, consumer: KafkaConsumer) -> None:
        """All owned partitions back to their committed offsets, with the memory that belongs there."""
        self._assignment.changed = False
        owned: set[TopicPartition] = set(consumer.assignment())
        for place in self._owned - owned:
            self._memory.forget(Partition(*place))
        self._owned = set()
        self._committed = {}
        tallies: list[Tally] = []
        with translated("reading committed offsets"):
            firsts = consumer.beginning_offsets(sorted(owned), timeout_ms=REQUEST_TIMEOUT_MS) if owned else {}
            for place in sorted(owned):
                found, first = _committed(consumer, place), firsts[place]
                is_there = found is not None and found.offset >= first
                offset, metadata = (found.offset, load(found.metadata)) if found and is_there else (first, NONE)
                low = metadata.low if metadata.low is not None else offset
                records = self._ranges.read(Partition(*place), max(low, first), offset)
                undecided = metadata.undecided_from(self._subscription.policy)
                self._memory.rebuild(Partition(*place), records, undecided)
                if not is_there and first > 0:
                    since = Offset(found.offset) if found else None
                    tell_expired(self._memory, Expired(Partition(*place), since, Offset(first)))
                consumer.seek(place, offset)
                self._committed[place] = offset
                tallies.append(metadata.tally)
        self._tally = newest(tallies)
        self._owned = owned
        self._stalls.forget()
        self._metrics.rebuilds.inc()
        log.info("partitions assigned", partitions=[f"{place.topic}/{place.partition}" for place in sorted(owned)])

    def _batch(self, polled: dict[TopicPartition, list[Any]]) -> Batch[StoredRecord]:
        records: list[StoredRecord] = []
        for place, part in polled.items():
            partition = Partition(*place)
            records.extend(stored(record, partition) for record in part)
        positions = {place: part[-1].offset + 1 for place, part in polled.items()}
        self._metrics.source_lag_seconds.set(max(0.0, time.time() - records[-1].timestamp_ms / 1000))
        return Batch(records, positions, self._tally)

    def _moved(self, consumer: KafkaConsumer) -> Batch[StoredRecord] | None:
        """An empty batch where only transaction markers lie behind the committed offset."""
        moved: Positions = {}
        for place in self._owned:
            with translated("asking for a position"):
                position = consumer.position(place, timeout_ms=REQUEST_TIMEOUT_MS)
            if position is not None and position > self._committed.get(place, position):
                moved[place] = position
        return Batch((), moved, self._tally) if moved else None

    def _look(self, consumer: KafkaConsumer) -> None:
        """Every few seconds: how far behind, and whether a partition is stalled."""
        if not self._owned or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        with translated("asking for the ends of partitions"):
            ends = consumer.end_offsets(sorted(self._owned), timeout_ms=REQUEST_TIMEOUT_MS)
            standing = {
                Partition(*place): (consumer.position(place, timeout_ms=REQUEST_TIMEOUT_MS) or 0, end)
                for place, end in ends.items()
            }
        self._metrics.source_lag_records.set(sum(max(0, end - position) for position, end in standing.values()))
        stalled = self._stalls.look(standing)
        if stalled:
            log.error("a partition gave no records though it has some: new consumer", partitions=len(stalled))
            self._metrics.source_stalls.inc(len(stalled))
            self._drop_consumer()
            raise BatchLost("a stalled partition; the consumer is replaced")

    def _metadata(self, place: TopicPartition, tally: Tally) -> str:
        memory, partition = self._memory, Partition(*place)
        low, undecided = memory.needed_from(partition), memory.undecided_from(partition)
        return OffsetMetadata(low, self._subscription.policy, tally, undecided).dump()

    def _drop_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._owned = set()
        if consumer is not None:
            try:
                consumer.close(autocommit=False, timeout_ms=2_000)
            except (KafkaError, OSError) as error:
                log.debug("closing the consumer failed", why=str(error))


def _committed(consumer: KafkaConsumer, place: TopicPartition) -> OffsetAndMetadata | None:
    """None where there is none: Kafka forgets the offsets of a group that had no member for a week."""
    found = consumer.committed(place, metadata=True, timeout_ms=REQUEST_TIMEOUT_MS)
    return None if found is None or found.offset < 0 else found
