"""The port to a broker: what the two brokers, Kafka and the embedded one, both promise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from runtime.flow import Memory, Source
from runtime.record import Partition, Record, StoredRecord
from schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a worker reads: as a member of the group of `service`, under a stable worker name.

    `policy` is kept in the offset metadata: the hash of what the memory was built with.
    """

    service: str
    worker: str
    topics: tuple[str, ...]
    policy: str = ""


@dataclass(frozen=True, slots=True)
class TopicState:
    """What `ensure` found or did: `created`, `ok`, or `differs` with a sentence on what and how to change it."""

    topic: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a service stands on one partition: the next offset it will read, and the end of the partition.

    `expired` says that records before the first one that is there have been deleted.
    """

    partition: Partition
    next_offset: int
    end_offset: int
    expired: bool = False

    @property
    def behind(self) -> int:
        return max(0, self.end_offset - self.next_offset)


class Publisher(Protocol):
    """Publishes batches of records, each all or nothing, under one identity that one process holds at a time."""

    def claim(self) -> None:
        """Take the identity over: whoever held it before is fenced from now on. Raises Unavailable."""

    def publish(self, records: Sequence[Record]) -> None:
        """All records or none. Raises Unavailable (nothing done), BatchLost (outcome unknown: `claim` again, look
        what is there, go on from it) or Fenced."""

    def newest(self, topic: str, key: bytes) -> StoredRecord | None:
        """The newest published record of the key, even behind another identity's open transaction.

        Needs no claim. Raises Unavailable.
        """

    def glance(self, topic: str, key: bytes) -> StoredRecord | None:
        """Like `newest`, without waiting: what an open transaction hides, our own unfinished one too, is not seen."""

    def keep_alive(self) -> None:
        """Called while waiting; keeps connections alive where that is needed."""

    def close(self) -> None:
        """Let go; never raises."""


class Broker(Protocol):
    """One broker, as named by SK2SIEM_BROKER__URL."""

    def source(self, subscription: Subscription, memory: Memory) -> Source[StoredRecord]:
        """A source of records in which no unsettled batch is in flight when `poll` is called."""

    def publisher(self, identity: str) -> Publisher: ...

    def ensure(self, topics: Sequence[Topic]) -> Sequence[TopicState]:
        """Create what is missing; say what differs where a topic exists. Raises Unavailable."""

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has; raises ConfigError where it does not exist."""

    def read(self, topic: str, start: Mapping[int, int] | None = None) -> Iterator[StoredRecord]:
        """Every committed record that the topic holds at this moment, partition by partition, in order.

        With `start`, in each partition that it names only those from that offset on.
        """

    def size(self, topic: str) -> int:
        """About how many records it holds, to tell how far a reader is. Raises ConfigError, Unavailable."""

    def standings(self, service: str, topics: Sequence[str]) -> Sequence[Standing]:
        """Where the group of `service` stands on each partition of `topics`."""

    def check(self) -> str:
        """One sentence on what was reached. Raises Unavailable or LoginRefused."""

    def close(self) -> None:
        """Let go; never raises."""
