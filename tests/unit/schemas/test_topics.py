"""Topic names, keys and partitions are a contract with data at rest: fixed values, so that a change is noticed."""

import pytest

from schemas.topics import all_topics, dead_letters, entry_key, partition_of, position_key, remote_address_of


def test_the_topics_and_their_retention() -> None:
    topics = {topic.name: (topic.partitions, topic.retention_days, topic.compact) for topic in all_topics(12)}

    assert topics == {
        "sk.entries": (12, 7, False),
        "sk.positions": (1, None, True),
        "sk.verdicts": (12, 30, False),
        "sk.alerts": (12, 30, False),
        "sk.dead-letters.producer": (1, 90, False),
        "sk.dead-letters.enricher": (1, 90, False),
        "sk.dead-letters.splunk": (1, 90, False),
        "sk.dead-letters.elastic": (1, 90, False),
        "sk.dead-letters.file": (1, 90, False),
        "sk.dead-letters.syslog": (1, 90, False),
    }


def test_each_service_has_its_own_dead_letters() -> None:
    assert dead_letters("enricher") == "sk.dead-letters.enricher"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param(entry_key("PROD1", "10.9.8.7"), b"PROD1|10.9.8.7", id="entry"),
        pytest.param(entry_key("PROD1", "2001:db8::7"), b"PROD1|2001:db8::7", id="entry over IPv6"),
        pytest.param(entry_key("PROD1", None), b"PROD1|", id="entry without an address"),
        pytest.param(position_key("PROD1", "QAUDJRN"), b"PROD1/QAUDJRN", id="position"),
    ],
)
def test_keys(key: bytes, expected: bytes) -> None:
    assert key == expected


@pytest.mark.parametrize(
    ("key", "partitions", "expected"),
    [
        pytest.param(b"PROD1|10.9.8.7", 6, 5, id="IPv4"),
        pytest.param(b"PROD1|2001:db8::7", 6, 1, id="IPv6"),
        pytest.param(b"PROD1|", 6, 3, id="no address"),
        pytest.param(b"PROD1", 6, 1, id="a system"),
        pytest.param(b"PROD1|10.9.8.7", 12, 5, id="twelve partitions"),
        pytest.param(b"PROD1|10.9.8.7", 1, 0, id="one partition"),
    ],
)
def test_a_key_keeps_its_partition_over_releases(key: bytes, partitions: int, expected: int) -> None:
    assert partition_of(key, partitions) == expected


@pytest.mark.parametrize("address", ["10.9.8.7", "fd00::9", None])
def test_a_key_tells_the_address_that_it_was_made_of(address: str | None) -> None:
    assert remote_address_of(entry_key("PROD1", address)) == address


def test_a_key_that_is_a_systems_alone_tells_no_address() -> None:
    assert remote_address_of(b"PROD1") is None
