"""Settings of reverse DNS: what an operator may write, and that a resolver exists only where it is wanted."""

import threading

import pytest
from pydantic import ValidationError

from cli.opening import serve
from enricher.service import build
from enricher.settings import DnsSettings, EnricherSettings
from runtime.errors import Unavailable
from runtime.flow import Source, Stage
from runtime.record import StoredRecord
from schemas.topics import all_topics
from tests.fakes.broker import FakeBroker
from tests.fakes.group import FakeSource
from tests.fakes.running import running_as

SERVER = "127.0.0.1:9"


def settings(*, enabled: bool = True) -> EnricherSettings:
    return EnricherSettings(dns=DnsSettings(enabled=enabled, servers=(SERVER,), private_servers=(SERVER,)))


def resolver_threads() -> int:
    return sum(thread.name == "reverse-dns" for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("10.1.1.1", "10.1.1.1", id="address"),
        pytest.param("10.1.1.1:5353", "10.1.1.1:5353", id="address and port"),
        pytest.param("2001:db8::1", "2001:db8::1", id="IPv6"),
        pytest.param("[2001:db8::1]:5353", "[2001:db8::1]:5353", id="IPv6 and port"),
    ],
)
def test_name_servers_are_addresses(text: str, kept: str) -> None:
    assert DnsSettings.model_validate({"servers": [text]}).servers == (kept,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dns.example.com",
        "10.1.1.1:",
        "10.1.1.1:0",
        "10.1.1.1:70000",
        "10.1.1.1/x",
        "a@10.1.1.1:53",
        "10.1.1",
        "[::1",
    ],
)
def test_what_is_not_the_address_of_a_name_server_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="write the address of each name server"):
        DnsSettings.model_validate({"private_servers": [text]})


def test_bounds_of_the_ttl_must_be_in_order() -> None:
    with pytest.raises(ValidationError, match="SHORTEST_TTL must not be above LONGEST_TTL"):
        DnsSettings(shortest_ttl=100, longest_ttl=99)


def test_every_setting_is_described() -> None:
    assert [name for name, field in DnsSettings.model_fields.items() if not field.description] == []


def test_switched_off_there_is_no_resolver() -> None:
    running = running_as("enricher")

    build(settings(enabled=False), FakeBroker(topics=all_topics()), running)

    assert resolver_threads() == 0


def test_the_resolver_lives_as_long_as_its_service() -> None:
    running = running_as("enricher")
    alive = []

    def build_and_stop() -> tuple[Source[StoredRecord], Stage[StoredRecord]]:
        ends = build(settings(), FakeBroker(topics=all_topics()), running)
        alive.append(resolver_threads())
        running.shutdown.request()
        return ends

    code = serve(build_and_stop, running)

    assert (code, alive, resolver_threads()) == (0, [1], 0)


def test_a_start_that_fails_leaves_no_resolver_behind() -> None:
    with pytest.raises(Unavailable):
        build(settings(), BrokerThatIsDown(), running_as("enricher"))

    assert resolver_threads() == 0


class BrokerThatIsDown(FakeBroker):
    def source(self, *_: object) -> FakeSource:
        raise Unavailable("the broker is down")
