"""A name is confirmed only when it leads back to its address; every other outcome is said as what it is."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from enricher.dns_lookup import Learnt, NoAnswer, look_up
from enricher.dns_records import DnsRecord, Kind, question_about
from enricher.names import Name

ADDRESS = "10.9.8.7"
POINTER = "7.8.9.10.in-addr.arpa"
Zone = Mapping[tuple[str, Kind], Sequence[DnsRecord] | NoAnswer]


class FakeNameServer:
    """Implements `Ask` from a zone; what is not in it does not exist."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.asked: list[tuple[str, Kind, bool]] = []

    async def __call__(self, name: str, kind: Kind, *, is_private: bool) -> Sequence[DnsRecord]:
        self.asked.append((name, kind, is_private))
        answer = self._zone.get((name, kind), NoAnswer("none"))
        if isinstance(answer, NoAnswer):
            raise answer
        return answer


def learn(zone: Zone, *, address: str = ADDRESS, confirm: bool = True) -> tuple[Learnt, FakeNameServer]:
    question = question_about(address)
    assert question is not None
    server = FakeNameServer(zone)
    return asyncio.run(look_up(question, server, confirm=confirm)), server


def pointers(*names: str, ttl: int = 600) -> list[DnsRecord]:
    return [DnsRecord(POINTER, "PTR", ttl, name) for name in names]


def a(name: str, address: str, ttl: int = 600) -> list[DnsRecord]:
    return [DnsRecord(name, "A", ttl, address)]


@pytest.mark.parametrize(
    ("zone", "learnt"),
    [
        pytest.param(
            {(POINTER, "PTR"): pointers("a.x"), ("a.x", "A"): a("a.x", ADDRESS, 90)},
            Learnt(Name("a.x", "confirmed"), 90),
            id="leads back",
        ),
        pytest.param(
            {(POINTER, "PTR"): pointers("A.X.", ttl=30), ("a.x", "A"): a("a.x", ADDRESS)},
            Learnt(Name("a.x", "confirmed"), 30),
            id="leads back, the shorter TTL",
        ),
        pytest.param(
            {(POINTER, "PTR"): pointers("a.x"), ("a.x", "A"): a("a.x", "10.1.1.1", 90)},
            Learnt(Name("a.x", "unconfirmed"), 90),
            id="leads elsewhere",
        ),
        pytest.param({(POINTER, "PTR"): pointers("a.x")}, Learnt(Name("a.x", "unconfirmed"), 600), id="leads nowhere"),
        pytest.param(
            {(POINTER, "PTR"): pointers("a.x"), ("a.x", "A"): a("b.x", ADDRESS)},
            Learnt(Name("a.x", "unconfirmed"), 0),
            id="another's address counts for nothing",
        ),
        pytest.param(
            {(POINTER, "PTR"): pointers("a.x"), ("a.x", "A"): NoAnswer("timeout")},
            Learnt(Name("a.x", "unconfirmed"), 0),
            id="could not be learnt: soon again",
        ),
        pytest.param(
            {(POINTER, "PTR"): pointers("a.x", "b.x"), ("b.x", "A"): a("b.x", ADDRESS)},
            Learnt(Name("b.x", "confirmed"), 600),
            id="several, one leads back",
        ),
        pytest.param({}, Learnt(Name(None, "none")), id="no such name"),
        pytest.param({(POINTER, "PTR"): []}, Learnt(Name(None, "none")), id="empty answer"),
        pytest.param({(POINTER, "PTR"): pointers(".")}, Learnt(Name(None, "none")), id="the root"),
        pytest.param({(POINTER, "PTR"): NoAnswer("error")}, Learnt(Name(None, "error")), id="server failure"),
        pytest.param({(POINTER, "PTR"): NoAnswer("timeout")}, Learnt(Name(None, "timeout")), id="silence"),
    ],
)
def test_each_answer_means_one_thing(zone: Zone, learnt: Learnt) -> None:
    assert learn(zone)[0] == learnt


def test_what_cannot_be_a_hosts_name_is_never_asked_for() -> None:
    learnt, server = learn({(POINTER, "PTR"): pointers("<b>.x", "10.9.8.7", "a\\.b.x")})

    assert learnt.name == Name("10.9.8._x37", "unconfirmed")
    assert server.asked == [(POINTER, "PTR", True)]


def test_without_confirmation_one_question_is_asked() -> None:
    learnt, server = learn({(POINTER, "PTR"): pointers("a.x"), ("a.x", "A"): a("a.x", ADDRESS)}, confirm=False)

    assert learnt == Learnt(Name("a.x", "unconfirmed"), 600)
    assert server.asked == [(POINTER, "PTR", True)]


def test_many_names_cost_few_questions() -> None:
    _, server = learn({(POINTER, "PTR"): pointers(*(f"h{n:02}.x" for n in range(100)))})

    assert [name for name, _, _ in server.asked] == [POINTER, "h00.x", "h01.x", "h02.x"]


def test_an_ipv6_address_is_confirmed_by_the_same_address_however_it_is_written() -> None:
    address = "2606:4700::1"
    question = question_about(address)
    assert question is not None
    zone: Zone = {
        (question.pointer, "PTR"): [DnsRecord(question.pointer, "PTR", 60, "six.x")],
        ("six.x", "AAAA"): [DnsRecord("six.x", "AAAA", 60, "2606:4700:0:0:0:0:0:1")],
    }

    learnt, server = learn(zone, address=address)

    assert learnt.name == Name("six.x", "confirmed")
    assert server.asked == [(question.pointer, "PTR", False), ("six.x", "AAAA", False)]
