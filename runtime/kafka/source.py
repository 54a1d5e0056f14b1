"""Reading from Kafka as a member of a group, with no unsettled batch in flight when `poll` is called."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from runtime.broker import Subscription
from runtime.dead_letters import dead_letter
from runtime.errors import BatchLost
from runtime.expiry import tell_expired
from runtime.flow import Batch, Expired, Memory, Settled, Tally, newest
from runtime.kafka.client import MAX_POLL_INTERVAL_MS, REQUEST_TIMEOUT_MS, Clients
from runtime.kafka.errors import translated
from runtime.kafka.member import Member, Polled
from runtime.kafka.ranges import Ranges, stored
from runtime.kafka.stalls import Stalls
from runtime.kafka.transactions import Transactions
from runtime.logs import log
from runtime.metrics import Metrics
from runtime.offset_metadata import OffsetMetadata, load
from runtime.record import Offset, Partition, StoredRecord

STAY_SECONDS = 2.0
LOOK_SECONDS = 5.0
NONE = OffsetMetadata()
Positions = dict[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class _Start:
    """Where reading goes on in a partition, from where on its memory is rebuilt, and what is gone in between."""

    low: int
    offset: int
    metadata: OffsetMetadata
    expired: Expired | None


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
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._clients = clients
        self._subscription = subscription
        self._memory = memory
        self._transactions = transactions
        self._ranges = ranges
        self._metrics = metrics
        self._batch_size = batch_size
        self._stalls = stalls or Stalls()
        self._beat = beat
        self._member: Member | None = None
        self._owned: set[TopicPartition] = set()
        self._remembered: set[TopicPartition] = set()
        self._committed: Positions = {}
        self._tally = Tally()
        self._looked = time.monotonic()

    def poll(self, timeout: float) -> Batch[StoredRecord] | None:
        if not self._transactions.claimed:
            self._transactions.claim()
        member = self._member or self._join()
        polled = member.poll(int(timeout * 1000))
        if member.assignment.changed or member.owned != self._owned:
            if member.has_joined():
                self._restore(member)
            return None
        self._look(member.consumer)
        if polled:
            return self._batch(polled)
        return self._moved(member.consumer)

    def keep_alive(self) -> None:
        if self._member is None:
            raise BatchLost("the Kafka consumer is gone")
        self._member.stay("the batch waited")

    def checkpoint(self, settled: Settled[StoredRecord]) -> None:
        member = self._member
        if member is None or member.assignment.changed:
            raise BatchLost("the partitions moved while the batch was worked on")
        if not member.is_settled:
            raise self._fallen_out(member)
        positions = settled.batch.position
        assert isinstance(positions, dict)
        service = self._subscription.service
        letters = [dead_letter(rejection.item, rejection.reason, service) for rejection in settled.rejected]
        offsets = {
            place: OffsetAndMetadata(offset, self._metadata(place, settled.tally), -1)
            for place, offset in positions.items()
        }
        if settled.outputs or letters:
            self._transactions.run([*settled.outputs, *letters], offsets, member.consumer.group_metadata())
        else:
            with translated("committing offsets"):
                member.consumer.commit(offsets, timeout_ms=REQUEST_TIMEOUT_MS)
        self._committed.update(positions)
        self._tally = settled.tally

    def abandon(self) -> None:
        if self._member is not None:
            self._member.assignment.changed = True
        if not self._transactions.claimed:
            self._transactions.claim()

    def close(self) -> None:
        self._leave()
        self._transactions.drop()

    def _join(self) -> Member:
        self._member = Member(self._clients, self._subscription, self._batch_size)
        return self._member

    def _leave(self) -> None:
        member, self._member = self._member, None
        self._owned = set()
        if member is not None:
            member.close()

    def _fallen_out(self, member: Member) -> BatchLost:
        """After too long a batch the next ones are smaller: the same one would take as long again."""
        seconds = time.monotonic() - member.polled
        if seconds <= MAX_POLL_INTERVAL_MS / 1000:
            return BatchLost("the group let go of this worker while the batch was worked on")
        self._batch_size = member.max_records = max(1, self._batch_size // 2)
        return BatchLost(
            f"the batch took {seconds:.0f} s, so its partitions went to other workers;"
            f" from now on this one takes {self._batch_size} records at most"
        )

    def _restore(self, member: Member) -> None:
        """All owned partitions back to their committed offsets, with the memory that belongs there."""
        member.assignment.changed = False
        owned = member.owned
        for place in self._remembered - owned:
            self._memory.forget(Partition(*place))
        self._remembered &= owned
        self._owned = set()
        starts = self._starts(member.consumer, owned)
        with self._ranges.reading() as read:
            for place, start in starts.items():
                self._remembered.add(place)
                records = read(Partition(*place), start.low, start.offset)
                undecided = start.metadata.undecided_from(self._subscription.policy)
                self._memory.rebuild(Partition(*place), self._staying(member, records), undecided)
                if start.expired:
                    tell_expired(self._memory, start.expired)
        self._committed = {place: start.offset for place, start in starts.items()}
        self._tally = newest(start.metadata.tally for start in starts.values())
        self._owned = owned
        self._stalls.forget()
        self._metrics.rebuilds.inc()
        log.info("partitions assigned", partitions=[f"{place.topic}/{place.partition}" for place in sorted(owned)])

    def _starts(self, consumer: KafkaConsumer, owned: set[TopicPartition]) -> Mapping[TopicPartition, _Start]:
        """Each partition is put to its start at once: a poll asks for the position of those that have none."""
        starts: dict[TopicPartition, _Start] = {}
        with translated("reading committed offsets"):
            firsts = consumer.beginning_offsets(sorted(owned), timeout_ms=REQUEST_TIMEOUT_MS) if owned else {}
            for place in sorted(owned):
                starts[place] = _start(Partition(*place), firsts[place], _committed(consumer, place))
                consumer.seek(place, starts[place].offset)
        return starts

    def _staying(self, member: Member, records: Iterable[StoredRecord]) -> Iterator[StoredRecord]:
        """The records; who takes long over them stays alive, and a member. Raises BatchLost."""
        for record in records:
            if time.monotonic() - member.polled > STAY_SECONDS:
                self._beat()
                member.stay("the memory was rebuilt")
            yield record

    def _batch(self, polled: Polled) -> Batch[StoredRecord]:
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
            self._leave()
            raise BatchLost("a stalled partition; the consumer is replaced")

    def _metadata(self, place: TopicPartition, tally: Tally) -> str:
        policy = self._subscription.policy
        return OffsetMetadata.of(self._memory, Partition(*place), policy=policy, tally=tally).dump()


def _start(partition: Partition, first: int, found: OffsetAndMetadata | None) -> _Start:
    """`first` is the oldest record that is there: what was committed before it has expired."""
    if found is not None and found.offset >= first:
        metadata = load(found.metadata)
        low = found.offset if metadata.low is None else max(metadata.low, first)
        return _Start(low, found.offset, metadata, None)
    since = Offset(found.offset) if found else None
    return _Start(first, first, NONE, Expired(partition, since, Offset(first)) if first > 0 else None)


def _committed(consumer: KafkaConsumer, place: TopicPartition) -> OffsetAndMetadata | None:
    """None where there is none: Kafka forgets the offsets of a group that had no member for a week."""
    found = consumer.committed(place, metadata=True, timeout_ms=REQUEST_TIMEOUT_MS)
    return None if found is None or found.offset < 0 else found
