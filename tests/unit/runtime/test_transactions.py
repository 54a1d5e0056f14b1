"""A transaction that never comes to its end, as when Kafka dies under it."""

from collections.abc import Iterator
from threading import Event
from typing import cast

import pytest

from runtime.bounded import Bounded
from runtime.errors import BatchLost, Unavailable
from runtime.kafka import transactions
from runtime.kafka.client import Clients
from runtime.kafka.transactions import Transactions
from runtime.shutdown import Shutdown


class Hanging:
    """A producer whose commits are never answered."""

    def __init__(self) -> None:
        self.closed = False
        self.answer = Event()

    def init_transactions(self) -> None: ...

    def begin_transaction(self) -> None: ...

    def send(self, *_: object) -> None: ...

    def commit_transaction(self) -> None:
        self.answer.wait()

    def close(self, timeout: float) -> None:
        self.closed = True


class HangingClients:
    def __init__(self) -> None:
        self.made: list[Hanging] = []

    def transactional(self, _: str) -> Hanging:
        self.made.append(Hanging())
        return self.made[-1]


@pytest.fixture
def clients() -> Iterator[HangingClients]:
    made = HangingClients()
    yield made
    for producer in made.made:
        producer.answer.set()


def test_a_transaction_that_kafka_has_aborted_by_now_is_given_up_and_its_producer_closed(
    clients: HangingClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LOST_SECONDS", 0.0)
    bounded = Bounded(Shutdown())
    tried = Transactions(cast(Clients, clients), "sk2siem.test", bounded)
    tried.claim()

    with pytest.raises(BatchLost, match="a Kafka transaction did not return"):
        tried.run([])

    assert [producer.closed for producer in clients.made] == [True]
    with pytest.raises(Unavailable, match="no transactional producer yet"):
        tried.run([])
    bounded.close()
