"""A broker in memory that behaves like Kafka: partitions, offsets with holes, groups that share, fencing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from runtime.broker import Standing, Subscription, TopicState
from runtime.errors import ConfigError, Fenced
from runtime.flow import Memory
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.topics import Topic
from tests.fakes.group import Committed, FakeSource, Group
from tests.fakes.script import Fault, Script


class FakeBroker:
    """All its parts read the same script. It outlives the workers on it, as a real broker does.

    `wait` is called by a poll that finds nothing, with its time-out in seconds.
    """

    def __init__(
        self,
        script: Iterable[Fault] = (),
        *,
        topics: Sequence[Topic] = (),
        batch_size: int = 1000,
        wait: Callable[[float], object] = lambda seconds: None,
    ) -> None:
        self.script = Script(script)
        self.batch_size = batch_size
        self.wait = wait
        self.claims: dict[str, int] = {}
        self._topics: dict[str, Topic] = {}
        self._logs: dict[Partition, list[StoredRecord | None]] = {}
        self._groups: dict[str, Group] = {}
        self._firsts: dict[Partition, int] = {}
        for topic in topics:
            self._ensure(topic)

    def source(self, subscription: Subscription, memory: Memory) -> FakeSource:
        return FakeSource(self, subscription, memory)

    def publisher(self, identity: str) -> "FakePublisher":
        return FakePublisher(self, identity)

    def ensure(self, topics: Sequence[Topic]) -> list[TopicState]:
        return self.script.play(lambda: [self._ensure(topic) for topic in topics])

    def partitions(self, topic: str) -> int:
        if topic not in self._topics:
            raise ConfigError(f"the topic {topic} does not exist")
        return self._topics[topic].partitions

    def read(self, topic: str, start: Mapping[int, int] | None = None) -> Iterator[StoredRecord]:
        for partition in self.partitions_of([topic]):
            yield from self.between(partition, (start or {}).get(partition.number, 0), self.end(partition))

    def size(self, topic: str) -> int:
        return sum(self.end(place) - self.first(place) for place in self.partitions_of([topic]))

    def standings(self, service: str, topics: Sequence[str]) -> list[Standing]:
        committed = self.group(service).committed
        return [
            Standing(place, *self._standing(place, committed), expired=self.first(place) > 0)
            for place in self.partitions_of(topics)
        ]

    def check(self) -> str:
        return self.script.play(lambda: f"fake broker: {len(self._topics)} topics")

    def close(self) -> None:
        """It is shared, like a real one."""

    def group(self, service: str) -> Group:
        return self._groups.setdefault(service, Group())

    def partitions_of(self, topics: Iterable[str]) -> list[Partition]:
        return [Partition(topic, number) for topic in topics for number in range(self.partitions(topic))]

    def end(self, partition: Partition) -> int:
        return len(self._logs[partition])

    def first(self, partition: Partition) -> int:
        """The first offset that has not expired."""
        return self._firsts.get(partition, 0)

    def expire(self, partition: Partition, until: int) -> None:
        """Its retention deletes the records before this offset."""
        self._logs[partition][:until] = [None] * until
        self._firsts[partition] = until

    def between(self, partition: Partition, low: int, end: int) -> list[StoredRecord]:
        """The records of [low, end), without the holes."""
        return [record for record in self._logs[partition][low:end] if record is not None]

    def append(self, records: Iterable[Record]) -> None:
        """All or none; each partition that is touched ends with a hole, where Kafka puts its transaction marker."""
        by_partition: dict[Partition, list[Record]] = {}
        for record in records:
            if record.partition >= self.partitions(record.topic):
                raise ConfigError(f"the topic {record.topic} has no partition {record.partition}")
            by_partition.setdefault(Partition(record.topic, record.partition), []).append(record)
        for partition, its_records in by_partition.items():
            log = self._logs[partition]
            log.extend([_stored(record, partition, offset) for offset, record in enumerate(its_records, len(log))])
            log.append(None)

    def _standing(self, place: Partition, committed: Mapping[Partition, Committed]) -> tuple[int, int]:
        return committed[place].next_offset if place in committed else self.first(place), self.end(place)

    def _ensure(self, topic: Topic) -> TopicState:
        if topic.name not in self._topics:
            self._topics[topic.name] = topic
            self._logs.update({Partition(topic.name, number): [] for number in range(topic.partitions)})
            return TopicState(topic.name, "created")
        found = self._topics[topic.name]
        return TopicState(topic.name, "ok") if found == topic else TopicState(topic.name, "differs", f"it is {found}")


class FakePublisher:
    """One identity's way to write into a fake broker."""

    def __init__(self, broker: FakeBroker, identity: str) -> None:
        self._broker = broker
        self._identity = identity
        self._claim = 0

    def claim(self) -> None:
        self._broker.script.play(self._take_over)

    def publish(self, records: Sequence[Record]) -> None:
        if self._claim == 0 or self._claim != self._broker.claims.get(self._identity):
            raise Fenced(f"another process took over {self._identity}")
        self._broker.script.play(lambda: self._broker.append(records))

    def newest(self, topic: str, key: bytes) -> StoredRecord | None:
        found = [record for record in self._broker.read(topic) if record.key == key]
        return self._broker.script.play(lambda: found[-1] if found else None)

    def glance(self, topic: str, key: bytes) -> StoredRecord | None:
        return self.newest(topic, key)

    def keep_alive(self) -> None:
        """A fake needs no beat."""

    def close(self) -> None:
        """Nothing to let go."""

    def _take_over(self) -> None:
        self._claim = self._broker.claims.get(self._identity, 0) + 1
        self._broker.claims[self._identity] = self._claim


def _stored(record: Record, partition: Partition, offset: int) -> StoredRecord:
    return StoredRecord(partition, Offset(offset), record.key, record.value, record.type, record.headers)
