"""A connection is older than the auditing when nothing tells of it, once everything could have been told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.netstat.look import connections
from cli.netstat.older import find_older
from cli.settings import Settings, load
from enricher.catalogue import load_catalogue
from enricher.policy_file import load_policy
from producer.netstat import Socket
from producer.positions import BrokerPositions
from runtime.record import Record
from schemas.codec import encode
from schemas.records import Position, Verdict
from schemas.topics import VERDICTS, all_topics
from tests.fakes.broker import FakeBroker
from tests.unit.enricher.scripts import a, progress, verdicts

CATALOGUE = load_catalogue()
POLICY = load_policy(Path("default"), CATALOGUE)
TELNET = Socket("tcp", "10.1.1.5", 23, "telnet", "10.9.8.7", 50123, None, "ESTABLISHED", 0)
LOOPBACK = replace(TELNET, local_address="127.0.0.1", remote_address="127.0.0.1")
SEEN = connections([TELNET, LOOPBACK], "PROD1", CATALOGUE, POLICY)


def settings() -> Settings:
    return load({"SK2SIEM_PRODUCER__SYSTEM": "PROD1"})


def publish(broker: FakeBroker, *records: Record) -> None:
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish(records)


def read_up_to(broker: FakeBroker, moment: datetime, *, age: float = 0, retired: bool = False) -> None:
    """A producer stored its position so many seconds ago."""
    stored = datetime.now(UTC) - timedelta(seconds=age)
    position = Position(
        "PROD1", "QSYS/QAUDJRN", "QGPL", "AUDRCV0001", "1", 1, "w1", stored, moment, None, retired=retired
    )
    publish(broker, BrokerPositions(broker.publisher("test"), "PROD1", "QSYS/QAUDJRN").record(position))


def verdict() -> Record:
    (found,) = verdicts(progress(-10), a(0, 23))
    return Record(VERDICTS, b"PROD1|10.9.8.7", encode(found), Verdict.type)


def test_what_was_told_is_not_older_and_what_never_left_the_system_does_not_matter() -> None:
    broker = FakeBroker(topics=all_topics(1))
    publish(broker, verdict())

    found = find_older(SEEN, broker, settings(), POLICY, wait=lambda seconds: False)

    assert found.connections == []


def test_the_same_ends_on_another_system_are_another_connection() -> None:
    broker = FakeBroker(topics=all_topics(1))
    publish(broker, verdict())

    other = load({"SK2SIEM_PRODUCER__SYSTEM": "PROD2"})
    found = find_older(SEEN, broker, other, POLICY, wait=lambda seconds: False)

    assert [one.socket for one in found.connections] == [TELNET]


def test_what_was_opened_a_moment_ago_is_given_the_time_to_be_told() -> None:
    broker = FakeBroker(topics=all_topics(1))
    read_up_to(broker, datetime.now(UTC))

    def pipeline_goes_on(seconds: float) -> bool:
        publish(broker, verdict())
        read_up_to(broker, datetime.now(UTC) + timedelta(minutes=1))
        return False

    found = find_older(SEEN, broker, settings(), POLICY, wait=pipeline_goes_on)

    assert (found.connections, found.is_sure) == ([], True)


@pytest.mark.parametrize(
    ("age", "retired"),
    [pytest.param(60, False, id="it has stopped"), pytest.param(0, True, id="the system is retired")],
)
def test_nobody_waits_for_a_producer_that_does_not_run(age: float, retired: bool) -> None:
    broker = FakeBroker(topics=all_topics(1))
    read_up_to(broker, datetime.now(UTC), age=age, retired=retired)

    found = find_older(SEEN, broker, settings(), POLICY, wait=lambda _: pytest.fail("it waits"))

    assert [one.socket for one in found.connections] == [TELNET]
    assert not found.is_sure


def test_waiting_ends_with_a_stop_and_after_a_minute() -> None:
    broker = FakeBroker(topics=all_topics(1))
    read_up_to(broker, datetime.now(UTC))
    seconds = iter(range(0, 1000, 10))

    stopped = find_older(SEEN, broker, settings(), POLICY, wait=lambda _: True)
    given_up = find_older(SEEN, broker, settings(), POLICY, wait=lambda _: False, clock=lambda: next(seconds))

    assert not stopped.is_sure
    assert not given_up.is_sure
    assert next(seconds) < 100
