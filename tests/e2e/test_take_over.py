"""Two producers of one system: the newcomer waits, or takes over; nothing is lost or doubled either way."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from dev.kafka import Kafka
from runtime.kafka.client import Clients
from runtime.settings import BrokerSettings
from schemas.topics import ENTRIES, POSITIONS
from tests.e2e.pipeline import Pipeline, write_journal
from tests.processes import wait_until

Meanwhile = Callable[[Kafka], AbstractContextManager[None]]

COUNT = 4_000
HALF = COUNT // 2


@contextmanager
def open_transaction(kafka: Kafka) -> Iterator[None]:
    """Another system's transaction, held open on the topics that systems share."""
    clients = Clients(BrokerSettings(url=kafka.url), (kafka.bootstrap,), "other")
    producer = clients.transactional("sk2siem.producer.PROD2.QSYS.QAUDJRN")
    producer.init_transactions()
    producer.begin_transaction()
    for topic in (POSITIONS, ENTRIES):
        producer.send(topic, b"{}", b"PROD2", [("type", b"unfinished")], 0).get(timeout=10)
    try:
        yield
    finally:
        producer.close(timeout=2)


@contextmanager
def nothing(_: Kafka) -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    "meanwhile",
    [pytest.param(nothing, id="alone"), pytest.param(open_transaction, id="beside another system's open transaction")],
)
def test_a_newcomer_waits_and_a_take_over_stops_the_older(pipeline: Pipeline, meanwhile: Meanwhile) -> None:
    written = write_journal(COUNT, seed=5)
    pipeline.write(written.entries[:HALF])
    older = pipeline.service("producer", "older")
    newcomer = pipeline.service("producer", "newcomer")
    taker = pipeline.service("producer", "taker", arguments=("run", "--take-over", "producer"))

    with older:
        wait_until("the older one delivers", lambda: older.metric("items_accepted_total") > 0, 60)
        with newcomer:
            wait_until("the newcomer says for whom it waits", lambda: "older reads" in newcomer.get("/readyz")[1], 60)
            waited = newcomer.metric("items_received_total")
        with meanwhile(pipeline.kafka):
            taker.start()
            exit_code = older.wait(90)
            pipeline.write(written.entries[HALF:])
        wait_until("the journal is read", lambda: pipeline.has_read(written.entries[-1]), 90)
        assert taker.stop() == 0

    assert exit_code == 70
    stopped = [line for line in older.log_text().splitlines() if '"event": "stopped"' in line]
    assert len(stopped) == 1
    assert "took over" in stopped[0]
    assert waited == 0
    assert pipeline.ids("sk.entries", "entry").keys() == written.ids
    assert set(pipeline.ids("sk.entries", "entry").values()) == {1}
