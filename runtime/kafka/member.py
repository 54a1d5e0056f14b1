"""A worker's place in its group: joining, polling, staying in it, and whether partitions moved meanwhile."""

import time
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from kafka.structs import MemberState

from runtime.broker import Subscription
from runtime.errors import BatchLost
from runtime.kafka.client import REQUEST_TIMEOUT_MS, Clients
from runtime.kafka.errors import translate, translated
from runtime.logs import log

BEAT_MS = 50
SAY_JOINING_SECONDS = 15.0
CLOSE_MS = 2_000
Polled = dict[TopicPartition, list[Any]]


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Only sets a flag: it runs on the client's IO thread, where blocking calls raise."""

    def __init__(self) -> None:
        self.changed = True

    def on_partitions_revoked(self, revoked: object) -> None:
        self.changed = True

    def on_partitions_assigned(self, assigned: object) -> None:
        self.changed = True


class Member:
    """One client from its start to its end; its polls join, and join again after each rebalance."""

    def __init__(self, clients: Clients, subscription: Subscription, max_records: int) -> None:
        """Knows the topics before it joins: one that leads its group would else give nobody anything.

        It makes up for that a moment later (kafka-python 3.0.12), but not when it is killed meanwhile: started again
        under its name it gets back what it had, nothing, and leads no more. Raises Unavailable.
        """
        topics = subscription.topics
        self.assignment = Assignment()
        self.max_records = max_records
        self.polled = time.monotonic()
        self._paused = False
        self._joining_since: float | None = None
        with translated("joining the group"):
            self.consumer: KafkaConsumer = clients.member(f"sk2siem.{subscription.service}", max_records)
        try:
            with translated(f"looking for {', '.join(topics)}, which `sk2siem init` creates"):
                self.consumer.subscribe(list(topics), listener=self.assignment)
                self.consumer.beginning_offsets([TopicPartition(topic, 0) for topic in topics], REQUEST_TIMEOUT_MS)
        except BaseException:
            self.close()
            raise

    @property
    def owned(self) -> set[TopicPartition]:
        """During a rebalance still the old ones: see `has_joined`."""
        return set(self.consumer.assignment())

    @property
    def is_settled(self) -> bool:
        """Whether it has joined, as far as it knows."""
        return bool(self.consumer.group_metadata().state is MemberState.STABLE)

    def has_joined(self) -> bool:
        """Asked after a poll; says so when joining takes long. Until then nothing but polls gets it further."""
        now = time.monotonic()
        if self.is_settled:
            self._joining_since = None
            return True
        self._joining_since = self._joining_since or now
        if now - self._joining_since > SAY_JOINING_SECONDS:
            log.warning("waiting for the group: another worker is busy or gone, or Kafka does not answer")
            self._joining_since = now
        return False

    def poll(self, timeout_ms: int) -> Polled:
        """What all its partitions have. All or none are paused: pausing some can stall them."""
        if self._paused:
            self.consumer.resume(*self.consumer.paused())
            self._paused = False
        return self._poll(timeout_ms)

    def stay(self, meanwhile: str) -> None:
        """A poll that brings nothing. Raises BatchLost when partitions moved."""
        if not self._paused:
            self.consumer.pause(*self.consumer.assignment())
            self._paused = True
        if self._poll(BEAT_MS) or self.assignment.changed:
            self.assignment.changed = True
            raise BatchLost(f"the partitions moved while {meanwhile}")

    def close(self) -> None:
        """Never raises. A static member sends no word: its place is kept for as long as a session lasts."""
        try:
            self.consumer.close(autocommit=False, timeout_ms=CLOSE_MS)
        except (KafkaError, OSError) as error:
            log.debug("closing the consumer failed", why=str(error))

    def _poll(self, timeout_ms: int) -> Polled:
        """Never `poll(0)` in a loop: with it a member does not finish joining for a minute (kafka-python 3.0.12)."""
        self.polled = time.monotonic()
        try:
            polled: Polled = self.consumer.poll(max(timeout_ms, BEAT_MS), self.max_records)
        except (NoOffsetForPartitionError, OffsetOutOfRangeError):
            self.assignment.changed = True
            return {}
        except (KafkaError, OSError) as error:
            raise translate(error, "polling") from error
        return polled
