"""A crash leaves a transaction open; the restarted worker must not wait for the broker to give it up."""

from uuid import uuid4

from dev.kafka import Kafka
from runtime.kafka import KafkaBroker
from runtime.kafka.client import Clients
from runtime.record import Record
from runtime.settings import BrokerSettings
from schemas.topics import Topic
from tests.fakes.running import running_as


def test_a_glance_sees_what_is_committed_although_our_own_transaction_was_left_open(kafka: Kafka) -> None:
    settings = BrokerSettings(url=kafka.url)
    broker = KafkaBroker(settings, running_as(worker="w1"), batch_size=10)
    topic, identity = f"glance-{uuid4().hex[:8]}", f"sk2siem.test.{uuid4().hex[:8]}"
    broker.ensure([Topic(topic, 1, None, compact=True)])
    publisher = broker.publisher(identity)
    publisher.claim()
    publisher.publish([Record(topic, b"PROD1", b"committed", "position")])
    publisher.close()
    crashed = Clients(settings, (kafka.bootstrap,), "w1").transactional(identity)
    crashed.init_transactions()
    crashed.begin_transaction()
    crashed.send(topic, b"never committed", b"PROD1", [("type", b"position")], 0).get(timeout=30)

    restarted = broker.publisher(identity)
    seen = restarted.glance(topic, b"PROD1")
    restarted.claim()
    settled = restarted.newest(topic, b"PROD1")

    assert seen is not None
    assert settled is not None
    assert (seen.value, settled.value) == (b"committed", b"committed")
    restarted.close()
    crashed.close(timeout=1)
    broker.close()
