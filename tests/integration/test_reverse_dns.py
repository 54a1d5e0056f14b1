"""Names from a real name server that is slow, lies, garbles, falls silent and dies: a batch never waits for it long."""

import threading
from collections.abc import Iterator

import pytest

from enricher.names import Name, NameStatus
from enricher.reverse_dns import WAITING_PER_SLOT, ReverseDns
from enricher.settings import DnsSettings
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from tests.fakes.clock import FakeClock
from tests.fakes.dns_server import REFUSED, SERVFAIL, Answer, DnsServer, Manner, ResourceRecord, pointer
from tests.processes import wait_until

CLIENT = "10.9.8.7"
CONFIRMED = Name("client.example.com", "confirmed")
TIMEOUT = Name(None, "timeout")
SOON_MS = 50
PATIENT_MS = 5000


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with DnsServer() as running:
        running.host(CLIENT, "client.example.com")
        yield running


class Rig:
    """A resolver that asks one server about everything, with what it is watched by."""

    def __init__(self, server: DnsServer, **settings: object) -> None:
        given = {"servers": [server.address], "private_servers": [server.address], "deadline_ms": PATIENT_MS}
        self.settings = DnsSettings.model_validate({**given, **settings})
        self.metrics = Metrics("enricher")
        self.shutdown = Shutdown()
        self.clock = FakeClock()

    def start(self) -> ReverseDns:
        return ReverseDns(self.settings, shutdown=self.shutdown, metrics=self.metrics, clock=self.clock)

    def lookups(self, outcome: str) -> float:
        return self.metrics.value("dns_lookups_total", outcome=outcome)


def test_the_names_of_a_batch_come_together_each_with_what_it_is_worth(server: DnsServer) -> None:
    server.host("10.9.8.8", "dc01.corp.example", lies=True)
    server.host("fd00::9", "six.example.com")
    addresses = [CLIENT, "10.9.8.8", "10.9.8.9", "fd00::9", "127.0.0.1", "*"]

    with Rig(server).start() as resolver:
        names = resolver.resolve(addresses)

    assert names == {
        CLIENT: CONFIRMED,
        "10.9.8.8": Name("dc01.corp.example", "unconfirmed"),
        "10.9.8.9": Name(None, "none"),
        "fd00::9": Name("six.example.com", "confirmed"),
        "127.0.0.1": Name(None, "skipped"),
        "*": Name(None, "skipped"),
    }


def test_what_is_known_is_not_asked_again_until_it_runs_out(server: DnsServer) -> None:
    rig = Rig(server)
    with rig.start() as resolver:
        for _ in range(5):
            assert resolver.resolve([CLIENT]) == {CLIENT: CONFIRMED}
        assert rig.lookups("confirmed") == 1
        assert rig.metrics.value("dns_cache_hits_total") == 4

        rig.clock.advance(601)
        resolver.resolve([CLIENT])

    assert rig.lookups("confirmed") == 2


def test_an_answer_that_comes_later_fills_the_cache_and_is_one_lookup(server: DnsServer) -> None:
    rig = Rig(server, deadline_ms=SOON_MS)
    server.manner = Manner.HELD

    with rig.start() as resolver:
        assert resolver.resolve([CLIENT]) == resolver.resolve([CLIENT]) == {CLIENT: TIMEOUT}
        server.release()
        wait_until("the name is known", lambda: resolver.resolve([CLIENT]) == {CLIENT: CONFIRMED})

    assert rig.lookups("confirmed") == 1
    assert rig.metrics.value("dns_late_total") >= 2


def test_what_is_expected_is_looked_up_before_it_is_asked_for_and_is_no_hit(server: DnsServer) -> None:
    rig = Rig(server)
    with rig.start() as resolver:
        resolver.expect([CLIENT, "127.0.0.1", "*"])
        wait_until("the name was looked up", lambda: rig.lookups("confirmed") == 1)
        server.manner = Manner.SILENT
        hits = []
        for _ in range(2):
            assert resolver.resolve([CLIENT]) == {CLIENT: CONFIRMED}
            hits.append(rig.metrics.value("dns_cache_hits_total"))

    assert hits == [0, 1]
    assert rig.lookups("confirmed") == 1


def test_what_came_in_time_is_not_lost_because_of_what_did_not(server: DnsServer) -> None:
    rig = Rig(server, deadline_ms=SOON_MS)
    with rig.start() as resolver:
        resolver.resolve([CLIENT])
        wait_until("the name was looked up", lambda: rig.lookups("confirmed") == 1)
        server.manner = Manner.SILENT

        names = resolver.resolve([CLIENT, "10.9.8.8"])

    assert names == {CLIENT: CONFIRMED, "10.9.8.8": TIMEOUT}


@pytest.mark.parametrize(
    ("manner", "status"),
    [
        pytest.param(Manner.SILENT, "timeout", id="silent"),
        pytest.param(Manner.WRONG_ID, "timeout", id="answers with another id"),
        pytest.param(Manner.WRONG_QUESTION, "timeout", id="answers another question"),
        pytest.param(Manner.GARBAGE, "error", id="garbage"),
        pytest.param(Manner.CUT_OFF, "error", id="cut off"),
        pytest.param(Manner.TRUNCATED, "error", id="truncated, and nobody answers over TCP"),
    ],
)
def test_a_name_server_that_misbehaves_gives_no_name_and_is_asked_again_later(
    server: DnsServer, manner: Manner, status: NameStatus
) -> None:
    rig = Rig(server, **({"lookup_seconds": 0.3} if status == "timeout" else {}))
    server.manner = manner

    with rig.start() as resolver:
        assert resolver.resolve([CLIENT]) == {CLIENT: Name(None, status)}
        wait_until("the lookup has ended", lambda: rig.lookups(status) == 1)
        server.manner = Manner.PLAIN
        assert resolver.resolve([CLIENT]) == {CLIENT: Name(None, status)}
        rig.clock.advance(6)

        assert _soon(resolver, rig) == CONFIRMED


def test_garbage_about_one_address_costs_no_other_its_name(server: DnsServer) -> None:
    others = [f"10.9.8.{number}" for number in range(20, 40)]
    for address in others:
        server.host(address, f"till{address[-2:]}.example.com")
    server.garbled = {(pointer("10.9.8.9"), "PTR")}
    server.manner = Manner.HELD
    rig = Rig(server)

    with rig.start() as resolver:
        resolver.expect(["10.9.8.9", *others])
        wait_until("all are asked for", lambda: len(server.asked) == 21)
        server.release()
        wait_until("all lookups have ended", lambda: rig.lookups("confirmed") + rig.lookups("error") >= 21)

    assert (rig.lookups("confirmed"), rig.lookups("error")) == (20, 1)


def _soon(resolver: ReverseDns, rig: Rig) -> Name:
    """The name, although a loaded machine may need a second try."""
    for _ in range(20):
        name = resolver.resolve([CLIENT])[CLIENT]
        if name.text:
            break
        rig.clock.advance(301)
    return name


@pytest.mark.parametrize("code", [pytest.param(SERVFAIL, id="SERVFAIL"), pytest.param(REFUSED, id="REFUSED")])
def test_a_refusal_is_an_error_and_not_a_missing_name(server: DnsServer, code: int) -> None:
    server.answers[pointer(CLIENT), "PTR"] = Answer(code=code)

    with Rig(server).start() as resolver:
        assert resolver.resolve([CLIENT]) == {CLIENT: Name(None, "error")}


def test_records_that_nobody_asked_for_are_not_believed(server: DnsServer) -> None:
    stray = ResourceRecord("PTR", "bank.example", owner=pointer("10.1.1.1"))
    server.answers[pointer(CLIENT), "PTR"] = Answer((stray,))

    with Rig(server).start() as resolver:
        assert resolver.resolve([CLIENT, "10.1.1.1"]) == {
            CLIENT: Name(None, "none"),
            "10.1.1.1": Name(None, "none"),
        }


def test_a_dead_name_server_is_an_error_at_once(server: DnsServer) -> None:
    with Rig(server).start() as resolver:
        server.die()

        assert resolver.resolve([CLIENT]) == {CLIENT: Name(None, "error")}


@pytest.mark.timeout(60)
def test_a_silent_name_server_soon_costs_batches_nothing(server: DnsServer) -> None:
    """Four hundred batches that all waited their 250 ms would take 100 s, which the time-out of this test forbids."""
    rig = Rig(server, deadline_ms=250)
    server.manner = Manner.SILENT

    with rig.start() as resolver:
        batches = [resolver.resolve([f"10.7.{n // 100}.{n % 100}", CLIENT]) for n in range(400)]

    assert all(set(batch.values()) == {TIMEOUT} for batch in batches)


def test_a_flood_of_addresses_does_not_pile_up(server: DnsServer) -> None:
    rig = Rig(server, concurrency=1, lookup_seconds=0.05)
    server.manner = Manner.SILENT
    addresses = [f"10.7.{n // 100}.{n % 100}" for n in range(1000)]

    with rig.start() as resolver:
        names = resolver.resolve(addresses)
        wait_until("those that waited have ended", lambda: rig.lookups("timeout") >= WAITING_PER_SLOT)

    assert names == dict.fromkeys(addresses, TIMEOUT)
    assert rig.lookups("timeout") == WAITING_PER_SLOT


def test_private_addresses_have_a_name_server_of_their_own(server: DnsServer) -> None:
    with DnsServer() as public:
        public.host("8.8.4.4", "public.example")
        with Rig(server, servers=[public.address]).start() as resolver:
            names = resolver.resolve([CLIENT, "8.8.4.4"])

        assert names == {CLIENT: CONFIRMED, "8.8.4.4": Name("public.example", "confirmed")}
        assert {name for name, _ in public.asked} == {pointer("8.8.4.4"), "public.example"}
        assert {name for name, _ in server.asked} == {pointer(CLIENT), "client.example.com"}


def test_private_addresses_are_not_asked_about_when_that_is_switched_off(server: DnsServer) -> None:
    server.host("8.8.4.4", "public.example")

    with Rig(server, private=False).start() as resolver:
        names = resolver.resolve([CLIENT, "8.8.4.4"])

    assert names == {CLIENT: Name(None, "skipped"), "8.8.4.4": Name("public.example", "confirmed")}
    assert {name for name, _ in server.asked} == {pointer("8.8.4.4"), "public.example"}


def test_a_stop_ends_the_wait_and_nothing_is_asked_after_it(server: DnsServer) -> None:
    """The deadline is ten minutes: only the stop can have ended the wait."""
    rig = Rig(server)
    rig.settings = rig.settings.model_copy(update={"deadline_ms": 600_000, "lookup_seconds": 600.0})
    server.manner = Manner.HELD
    answers: list[Name] = []

    with rig.start() as resolver:
        batch = threading.Thread(target=lambda: answers.extend(resolver.resolve([CLIENT]).values()))
        batch.start()
        wait_until("the server is asked", lambda: server.asked.total() > 0)
        rig.shutdown.request()
        batch.join(60)
        server.asked.clear()
        answers += resolver.resolve(["10.9.8.8"]).values()

    assert answers == [TIMEOUT, TIMEOUT]
    assert (pointer("10.9.8.8"), "PTR") not in server.asked


def test_once_closed_with_lookups_under_way_it_only_remembers_and_its_thread_is_gone(server: DnsServer) -> None:
    before = set(threading.enumerate())
    resolver = Rig(server, deadline_ms=SOON_MS).start()
    wait_until("the name is known", lambda: resolver.resolve([CLIENT]) == {CLIENT: CONFIRMED})
    server.manner = Manner.SILENT
    resolver.resolve(["10.9.8.8"])

    resolver.close()
    resolver.close()

    assert resolver.resolve([CLIENT, "10.9.8.8"]) == {CLIENT: CONFIRMED, "10.9.8.8": TIMEOUT}
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "reverse-dns"]
