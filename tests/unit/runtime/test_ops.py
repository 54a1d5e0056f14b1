"""What the probes and the scraper get over HTTP."""

import http.client
from collections.abc import Iterator

import pytest

from runtime.errors import ConfigError
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.ops import OpsServer
from tests.fakes.clock import FakeClock

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def health(clock: FakeClock) -> Health:
    return Health(alive_within=60.0, clock=clock)


@pytest.fixture(scope="module")
def server(health: Health) -> Iterator[OpsServer]:
    """One for all tests here: closing it takes half a second."""
    server = OpsServer(HOST, 0, health, Metrics("enricher", "1.2.3"))
    yield server
    server.close()


@pytest.fixture(autouse=True)
def well(health: Health) -> None:
    health.beat()
    for part in health.troubles:
        health.well(part)


def get(server: OpsServer, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_livez_tells_whether_the_loop_goes_round(server: OpsServer, clock: FakeClock) -> None:
    while_beating = get(server, "/livez")
    clock.advance(61.0)
    afterwards = get(server, "/livez")

    assert while_beating == (200, "ok\n")
    assert afterwards == (503, "the loop has not gone round\n")


def test_readyz_gives_the_reason_of_every_part_that_is_not_ready(server: OpsServer, health: Health) -> None:
    ready = get(server, "/readyz?verbose")
    health.trouble("stage", "the SIEM refuses the token")
    health.trouble("source", "the broker is away")
    waiting = get(server, "/readyz")

    assert ready == (200, "ok\n")
    assert waiting == (503, "stage: the SIEM refuses the token\nsource: the broker is away\n")


def test_metrics_are_what_prometheus_scrapes(server: OpsServer) -> None:
    status, text = get(server, "/metrics")

    assert status == 200
    assert 'sk2siem_build_info{service="enricher",version="1.2.3"} 1.0' in text.splitlines()


def test_any_other_path_says_what_there_is(server: OpsServer) -> None:
    assert get(server, "/") == (404, "here are /livez, /readyz and /metrics\n")


def test_a_port_in_use_names_the_variable_to_change(server: OpsServer, health: Health) -> None:
    with pytest.raises(ConfigError, match=rf"^SK2SIEM_OPS__PORT: .*{server.port}.*set another port"):
        OpsServer(HOST, server.port, health, Metrics("enricher"))
