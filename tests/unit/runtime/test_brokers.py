"""The broker's URL decides which broker it is."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from runtime.brokers import connect
from runtime.embedded import EmbeddedBroker
from runtime.errors import Unavailable
from runtime.settings import BrokerSettings
from schemas.topics import all_topics
from tests.fakes.running import running_as


@pytest.mark.parametrize(
    "absolute", [pytest.param(True, id="four-slashes-absolute"), pytest.param(False, id="three-slashes-relative")]
)
def test_sqlite_is_the_embedded_broker(absolute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/own.db" if absolute else "sqlite:///own.db"

    broker = connect(BrokerSettings(url=url), running_as("init"), batch_size=10)
    broker.ensure(all_topics())

    assert isinstance(broker, EmbeddedBroker)
    assert (tmp_path / "own.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("amqp://broker.example.com", id="other-scheme"),
        pytest.param("kafka://", id="no-host"),
        pytest.param("kafka://broker:abc", id="no-port-number"),
        pytest.param("kafka://broker:9092,", id="no-second-host"),
        pytest.param("kafka://user:secret@broker:9092", id="with-a-login"),
        pytest.param("sqlite:///", id="no-file"),
        pytest.param("own.db", id="no-scheme"),
    ],
)
def test_anything_else_is_refused_before_anything_is_connected(url: str) -> None:
    with pytest.raises(ValidationError, match="kafka://host:port,host:port or sqlite:///file expected"):
        BrokerSettings(url=url)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        pytest.param("kafka://broker", "broker:9092", id="the usual port"),
        pytest.param("kafka://one:1,two:2", "one:1,two:2", id="several hosts"),
        pytest.param("kafka://one:1, two", "one:1,two:9092", id="a space"),
        pytest.param("kafka://[::1]:9092/", "[::1]:9092", id="IPv6"),
    ],
)
def test_kafka_is_reached_at_the_named_hosts(url: str, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.kafka.client.BOOTSTRAP_TIMEOUT_MS", 10)
    broker = connect(BrokerSettings(url=url), running_as("init"), batch_size=10)

    with pytest.raises(Unavailable, match=re.escape(f"reaching {server}:")):
        broker.check()
