"""The canary is followed from station to station; what is missing is named with what to look at."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.canary.connection import Opened, open_and_close
from cli.canary.course import Course
from cli.canary.diagnosis import diagnosis
from cli.canary.follow import Follower, ends_of, searching, stations
from cli.canary.plan import plan
from cli.settings import Settings, load
from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy import Canary, Policy
from enricher.policy_file import load_policy
from producer.positions import BrokerPositions
from runtime.broker import Subscription
from runtime.errors import CheckFailed, ConfigError
from runtime.flow import Forgetful, Settled
from runtime.record import Record, StoredRecord
from schemas.codec import encode
from schemas.records import Entry, Position
from schemas.topics import ALERTS, ENTRIES, VERDICTS, all_topics
from sinks.search import Held
from tests.fakes.broker import FakeBroker
from tests.unit.enricher.scripts import Scripted, a, numbered, progress, s, store

CATALOGUE = load_catalogue()
POLICY = load_policy(Path("default"), CATALOGUE)
TAGGED = replace(POLICY, canary=Canary((), frozenset({50123})))
OPENED = Opened("10.9.8.7", 50123, datetime(2026, 11, 22, 2, 14, 59, tzinfo=UTC), 0.01, "TLSv1.3 with AES")
ENVIRONMENT = {
    "SK2SIEM_PRODUCER__SYSTEM": "PROD1",
    "SK2SIEM_IBMI__SYSTEM": "prod1.example.com",
    "SK2SIEM_FILE__PATH": "out",
}


def settings(**more: str) -> Settings:
    return load({**ENVIRONMENT, **more})


def publish(broker: FakeBroker, records: Sequence[Record]) -> None:
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish(records)


def pass_through(broker: FakeBroker, *records: Scripted, policy: Policy = POLICY) -> None:
    """What the enricher makes of these entries stands on the broker, and so do they."""
    entries = [_moved(record) for record in store(*records)]
    publish(broker, [Record(ENTRIES, record.key, record.value, record.type) for record in entries])
    outputs = Judge(CATALOGUE, policy).process(entries).outputs
    publish(broker, [output._replace(partition=0) for output in outputs])


def _moved(record: StoredRecord) -> StoredRecord:
    return record._replace(partition=record.partition._replace(number=0))


def deliver(broker: FakeBroker, sink: str) -> None:
    source = broker.source(Subscription(sink, "w1", (VERDICTS, ALERTS)), Forgetful())
    for _ in range(10):
        if batch := source.poll(0):
            source.checkpoint(Settled(batch, (), (), batch.tally))
    source.close()


def followed(broker: FakeBroker, chosen: Settings, *, handshake: bool = False) -> Course:
    """Everything is there already; nobody waits."""
    starts: dict[str, dict[int, int]] = {topic: {} for topic in (ENTRIES, VERDICTS, ALERTS)}
    follower = Follower(broker, chosen, starts, wait=lambda _: True)
    return follower.follow(OPENED, 992, stations(chosen, handshake=handshake), within=60)


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker(topics=all_topics(1))


def test_every_station_is_reached_and_told(broker: FakeBroker) -> None:
    pass_through(broker, progress(-10), a(0, 992), s(1, 992))
    deliver(broker, "file")

    course = followed(broker, settings(), handshake=True)

    assert list(course.hops) == ["journal", "broker", "handshake", "verdict", "file"]
    assert course.missing == []
    assert course.hops["verdict"].detail == "secure (tls)"
    assert not course.alerted


def test_an_alert_about_it_is_noticed(broker: FakeBroker) -> None:
    pass_through(broker, progress(-10), a(0, 23))

    course = Course("PROD1", 23, OPENED, ())
    for topic in (ENTRIES, VERDICTS, ALERTS):
        for record in broker.read(topic):
            course.take(record)

    assert course.alerted


def test_a_verdict_that_is_read_before_its_entry_is_not_lost(broker: FakeBroker) -> None:
    pass_through(broker, progress(-10), a(0, 992), s(1, 992))

    course = Course("PROD1", 992, OPENED, ())
    for topic in (VERDICTS, ENTRIES):
        for record in broker.read(topic):
            course.take(record)

    assert course.verdict is not None


def test_the_connections_of_others_are_not_the_canarys(broker: FakeBroker) -> None:
    pass_through(broker, progress(-10), a(0, 992, remote_port=50124), a(0, 993), s(1, 993), progress(60))

    assert followed(broker, settings()).missing == ["journal", "broker", "verdict", "file"]


def test_what_a_filter_leaves_out_counts_as_reached(broker: FakeBroker) -> None:
    pass_through(broker, progress(-10), a(0, 992), s(1, 992))

    course = followed(broker, settings(SK2SIEM_FILE__FORWARD__WHAT="alerts"))

    assert course.hops["file"].detail == "left out by its filter"


class FakeSearch:
    """Shows what it holds from the second time on that it is asked."""

    settle_seconds = 0.0

    def __init__(self, *held: Held) -> None:
        self._held = held
        self._asked = 0

    def held(self, since: datetime, until: datetime) -> Iterator[Held]:
        self._asked += 1
        yield from self._held if self._asked > 1 else ()

    def close(self) -> None:
        """Nothing to let go."""


@pytest.mark.parametrize(
    ("topic", "missing"),
    [
        pytest.param(VERDICTS, [], id="its verdict"),
        pytest.param(ALERTS, ["elastic-search"], id="an alert of the same id is not its verdict"),
    ],
)
def test_the_siem_itself_is_asked_until_it_shows_the_verdict(
    broker: FakeBroker, topic: str, missing: list[str]
) -> None:
    pass_through(broker, progress(-10), a(0, 992), s(1, 992))
    deliver(broker, "elastic")
    chosen = load({**ENVIRONMENT, "SK2SIEM_ELASTIC__URL": "http://127.0.0.1:9", "SK2SIEM_FILE__PATH": ""})
    (entry,) = [one for one in numbered(progress(-10), a(0, 992)) if isinstance(one, Entry)]
    searches = {"elastic": FakeSearch(Held(topic, entry.id))}
    waits = iter([False, True])

    starts: dict[str, dict[int, int]] = {one: {} for one in (ENTRIES, VERDICTS, ALERTS)}
    follower = Follower(broker, chosen, starts, lambda _: next(waits), searches)
    course = follower.follow(OPENED, 992, stations(chosen, searches, handshake=False), within=60)

    assert course.missing == missing
    assert not missing or "elastic took it and does not show it" in diagnosis(course, broker, chosen)


def test_a_search_needs_a_siem_that_can_be_asked() -> None:
    with pytest.raises(ConfigError, match="--search needs"), searching(settings(), wanted=True):
        pass


def test_what_was_on_the_broker_before_is_not_looked_at(broker: FakeBroker) -> None:
    pass_through(broker, progress(-10), a(0, 992), s(1, 992))

    follower = Follower(broker, settings(), ends_of(broker), wait=lambda _: True)
    course = follower.follow(OPENED, 992, ["journal"], within=60)

    assert course.missing == ["journal"]


def read_up_to(broker: FakeBroker, moment: datetime) -> None:
    position = Position("PROD1", "QSYS/QAUDJRN", "QGPL", "AUDRCV0001", "1", 1, "w1", datetime.now(UTC), moment, None)
    publish(broker, [BrokerPositions(broker.publisher("test"), "PROD1", "QSYS/QAUDJRN").record(position)])


def test_a_journal_without_its_entry_is_told_from_one_that_is_not_read(broker: FakeBroker) -> None:
    course = followed(broker, settings())

    never = diagnosis(course, broker, settings())
    read_up_to(broker, OPENED.at - timedelta(minutes=1))
    behind = diagnosis(course, broker, settings())
    read_up_to(broker, OPENED.at + timedelta(minutes=1))
    beyond = diagnosis(course, broker, settings())

    assert never.startswith("no position of PROD1 is stored")
    assert behind.startswith("the producer has read up to 2026-11-22 02:13:59 UTC only")
    assert "has no accept from port 50123: *NETSCK" in beyond


def test_the_station_that_is_missing_is_named_with_its_check(broker: FakeBroker) -> None:
    entry: Entry = a(0, 992)
    publish(broker, [Record(ENTRIES, b"PROD1|10.9.8.7", encode(entry), Entry.type)])
    before_enricher = diagnosis(followed(broker, settings()), broker, settings())
    before_handshake = diagnosis(followed(broker, settings(), handshake=True), broker, settings())
    judged = FakeBroker(topics=all_topics(1))
    pass_through(judged, progress(-10), a(0, 992), s(1, 992))
    before_sink = diagnosis(followed(judged, settings()), judged, settings())

    assert before_enricher == "enricher has 2 records before it: see that it runs, and `sk2siem check enricher`"
    assert before_handshake.startswith("no entry tells of its TLS handshake: *NETSECURE")
    assert before_sink.startswith("file has ")


@pytest.mark.parametrize(
    ("port", "tls", "expected"),
    [
        pytest.param(None, None, (9476, "as-signon-s", True, True), id="the port of sign-on, without one"),
        pytest.param(992, None, (992, "telnet-ssl", True, True), id="TLS by the catalogue"),
        pytest.param(992, False, (992, "telnet-ssl", False, False), id="TLS left out"),
        pytest.param(8076, None, (8076, "mapepire", True, False), id="TLS of Java leaves no entry"),
        pytest.param(22, None, (22, "ssh", False, False), id="SSH"),
        pytest.param(23, None, (23, "telnet", False, False), id="clear text"),
        pytest.param(7000, True, (7000, None, True, False), id="a port that nobody knows"),
    ],
)
def test_the_catalogue_says_whether_hands_are_shaken(
    port: int | None, tls: bool | None, expected: tuple[int, str | None, bool, bool]
) -> None:
    found = plan(settings(), CATALOGUE, TAGGED, port=port, host=None, tls=tls)

    assert (found.port, found.service, found.tls, found.tells_tls) == expected
    assert (found.host, found.sources) == ("prod1.example.com", frozenset({50123}))


@pytest.mark.parametrize("port", [23, 21, 7000])
def test_a_connection_that_would_raise_an_alert_is_refused_while_the_policy_does_not_know_the_canary(port: int) -> None:
    with pytest.raises(ConfigError, match=r"\[canary\]"):
        plan(settings(), CATALOGUE, POLICY, port=port, host=None, tls=None)


def test_a_port_that_raises_nothing_needs_no_policy() -> None:
    assert plan(settings(), CATALOGUE, POLICY, port=None, host=None, tls=None).sources == ()


@pytest.mark.parametrize("missing", ["SK2SIEM_PRODUCER__SYSTEM", "SK2SIEM_IBMI__SYSTEM"])
def test_what_is_missing_is_named(missing: str) -> None:
    given = load({name: value for name, value in ENVIRONMENT.items() if name != missing})

    with pytest.raises(ConfigError, match=missing):
        plan(given, CATALOGUE, POLICY, port=None, host=None, tls=None)


def test_nothing_there_is_told_as_such() -> None:
    with pytest.raises(CheckFailed, match=r"127\.0\.0\.1 port 9 cannot be reached: Connection refused"):
        open_and_close("127.0.0.1", 9, sources=(), tls=False)
