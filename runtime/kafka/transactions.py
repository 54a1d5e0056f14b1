"""Begin, send, commit: one short transaction for outputs, dead letters and offsets, and nothing else inside it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from runtime.bounded import Bounded, GaveUp
from runtime.errors import BatchLost, Halt, Unavailable
from runtime.kafka.client import REQUEST_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS, Clients
from runtime.kafka.errors import TOO_BIG, TOOK_OVER, translate, translated
from runtime.record import TYPE_HEADER, Record

CLOSE_SECONDS = 2.0
LOST_SECONDS = (2 * TRANSACTION_TIMEOUT_MS + REQUEST_TIMEOUT_MS) / 1000
"""By then Kafka has aborted a transaction. kafka-python 3.0.12 drops a request of one when the connection breaks right
before it is sent, and waits for its answer for ever."""


class Transactions:
    """The transactional producer of one identity. After any doubt it is thrown away and claimed anew.

    An abort is never sent: a late one could tear the next transaction of the same producer apart. The claim of
    the next producer makes the broker abort what is open.
    """

    def __init__(self, clients: Clients, identity: str, bounded: Bounded) -> None:
        self._clients = clients
        self._identity = identity
        self._bounded = bounded
        self._producer: KafkaProducer | None = None

    @property
    def claimed(self) -> bool:
        return self._producer is not None

    def claim(self) -> None:
        """A new producer; whoever held the identity is fenced. Raises Unavailable."""
        self.drop()
        self._producer = self._bounded("claiming the transactional id", self._new_producer)

    def run(self, records: Sequence[Record], offsets: Mapping[Any, Any] | None = None, group: Any = None) -> None:
        """All records and offsets, or nothing. Raises BatchLost, Fenced or Halt; Unavailable without a claim."""
        if self._producer is None:
            raise Unavailable("Kafka: no transactional producer yet")
        producer = self._producer
        started = time.monotonic()
        try:
            self._bounded(
                "a Kafka transaction", lambda: _transact(producer, records, offsets, group), at_most=LOST_SECONDS
            )
        except GaveUp as error:
            self.drop()
            raise BatchLost(f"Kafka: {error}") from error
        except (KafkaError, OSError) as error:
            self.drop()
            raise _outcome(error, time.monotonic() - started) from error
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Let go of the producer without finishing anything."""
        producer, self._producer = self._producer, None
        if producer is not None:
            self._bounded("closing a Kafka producer", lambda: _close(producer))

    def _new_producer(self) -> KafkaProducer:
        with translated(f"claiming the transactional id {self._identity}"):
            producer = self._clients.transactional(self._identity)
            try:
                producer.init_transactions()
            except BaseException:
                _close(producer)
                raise
            return producer


def _transact(
    producer: KafkaProducer, records: Sequence[Record], offsets: Mapping[Any, Any] | None, group: Any
) -> None:
    producer.begin_transaction()
    send = producer.send
    types: dict[str, tuple[str, bytes]] = {}
    for record in records:
        header = types.get(record.type) or types.setdefault(record.type, (TYPE_HEADER, record.type.encode()))
        send(record.topic, record.value, record.key, [header, *record.headers], record.partition)
    if offsets:
        producer.send_offsets_to_transaction(offsets, group)
    producer.commit_transaction()


def _outcome(error: Exception, seconds: float) -> Exception:
    """A producer whose transaction timed out looks fenced too: only a quick refusal means that another took over."""
    if isinstance(error, TOO_BIG):
        return translate(error, "publishing")
    if isinstance(error, TOOK_OVER) and seconds < TRANSACTION_TIMEOUT_MS / 1000 / 2:
        return translate(error, "publishing")
    translation = translate(error, "publishing")
    return translation if type(translation) is Halt else BatchLost(str(translation))


def _close(producer: KafkaProducer) -> None:
    try:
        producer.close(timeout=CLOSE_SECONDS)
    except (KafkaError, OSError):
        """It is thrown away because it failed; how it ends does not matter any more."""
