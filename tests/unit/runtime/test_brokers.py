"""The broker's URL decides which broker it is."""

from pathlib import Path

import pytest

from runtime.brokers import connect
from runtime.embedded import EmbeddedBroker
from runtime.errors import ConfigError
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.service import Running
from runtime.settings import BrokerSettings
from runtime.shutdown import Shutdown
from schemas.topics import all_topics


def make_running() -> Running:
    return Running("init", "w1", Shutdown(), Health(), Metrics("init"))


@pytest.mark.parametrize(
    "absolute", [pytest.param(True, id="four-slashes-absolute"), pytest.param(False, id="three-slashes-relative")]
)
def test_sqlite_is_the_embedded_broker(absolute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/own.db" if absolute else "sqlite:///own.db"

    broker = connect(BrokerSettings(url=url), make_running(), batch_size=10)
    broker.ensure(all_topics())

    assert isinstance(broker, EmbeddedBroker)
    assert (tmp_path / "own.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("amqp://broker.example.com", id="other-scheme"),
        pytest.param("kafka://", id="no-host"),
        pytest.param("sqlite:///", id="no-file"),
        pytest.param("own.db", id="no-scheme"),
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_variable(url: str) -> None:
    with pytest.raises(ConfigError, match="SK2SIEM_BROKER__URL"):
        connect(BrokerSettings(url=url), make_running(), batch_size=10)
