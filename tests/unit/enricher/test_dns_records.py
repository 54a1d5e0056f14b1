"""What is asked about which address, and that only what was asked for counts as an answer."""

import pytest

from enricher.dns_records import DnsRecord, Found, candidates, found, question_about

POINTER = "7.8.9.10.in-addr.arpa"


@pytest.mark.parametrize(
    ("address", "pointer", "is_private"),
    [
        pytest.param("10.9.8.7", "7.8.9.10.in-addr.arpa", True, id="RFC 1918"),
        pytest.param("8.8.4.4", "4.4.8.8.in-addr.arpa", False, id="public"),
        pytest.param("100.64.0.1", "1.0.64.100.in-addr.arpa", True, id="shared"),
        pytest.param("203.0.113.9", "9.113.0.203.in-addr.arpa", True, id="documentation"),
        pytest.param("::ffff:8.8.4.4", "4.4.8.8.in-addr.arpa", False, id="IPv4 in IPv6"),
        pytest.param("::ffff:10.9.8.7", "7.8.9.10.in-addr.arpa", True, id="private IPv4 in IPv6"),
        pytest.param("fd00::1", "1." + "0." * 29 + "d.f.ip6.arpa", True, id="unique local"),
        pytest.param("2606:4700::1", "1." + "0." * 23 + "0.0.7.4.6.0.6.2.ip6.arpa", False, id="public IPv6"),
    ],
)
def test_an_address_is_asked_about_by_its_pointer(address: str, pointer: str, is_private: bool) -> None:
    question = question_about(address)

    assert question is not None
    assert (question.address, question.pointer, question.is_private) == (address, pointer, is_private)


@pytest.mark.parametrize(
    "address",
    [
        *("", "*", "PROD1", "10.9.8", "10.9.8.7 ", "10.9.8.7\n"),
        *("127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.1.1", "fe80::1", "fe80::1%eth0"),
        *("224.0.0.1", "ff02::1", "0.0.0.0", "::"),
    ],
)
def test_nobody_is_asked_about_what_has_no_name(address: str) -> None:
    assert question_about(address) is None


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([DnsRecord(POINTER, "PTR", 60, "a.x")], Found(("a.x",), 60), id="plain"),
        pytest.param([DnsRecord(POINTER.upper() + ".", "PTR", 60, "a.x")], Found(("a.x",), 60), id="another case"),
        pytest.param(
            [DnsRecord(POINTER, "PTR", 60, "b.x"), DnsRecord(POINTER, "PTR", 30, "a.x")],
            Found(("b.x", "a.x"), 30),
            id="several: the shortest TTL",
        ),
        pytest.param([DnsRecord("1.1.1.1.in-addr.arpa", "PTR", 60, "bank.x")], Found((), 0), id="of another address"),
        pytest.param([DnsRecord(POINTER, "A", 60, "10.1.1.1")], Found((), 0), id="of another kind"),
        pytest.param(
            [DnsRecord(POINTER, "CNAME", 20, "7.sub.x"), DnsRecord("7.sub.x", "PTR", 60, "a.x")],
            Found(("a.x",), 20),
            id="alias (RFC 2317)",
        ),
        pytest.param(
            [DnsRecord(POINTER, "CNAME", 20, "7.sub.x"), DnsRecord("8.sub.x", "PTR", 60, "a.x")],
            Found((), 0),
            id="alias of another",
        ),
        pytest.param(
            [DnsRecord(POINTER, "CNAME", 20, "a.x"), DnsRecord("a.x", "CNAME", 20, POINTER)], Found((), 0), id="circle"
        ),
        pytest.param([], Found((), 0), id="empty"),
    ],
)
def test_only_records_of_the_name_that_was_asked_for_count(records: list[DnsRecord], expected: Found) -> None:
    assert found(POINTER, "PTR", records) == expected


def test_the_first_names_in_a_stable_order_and_hosts_before_oddities() -> None:
    names = ["z.x", "<b>.x", "a.x", "A.x.", "", "=1.x", *(f"m{n}.x" for n in range(9))]

    chosen = [name.text for name in candidates(names)]

    assert chosen == [name.text for name in candidates(reversed(names))] == ["a.x", "m0.x", "m1.x", "m2.x", "m3.x"]
    assert [name.text for name in candidates(["<b>.x", "z.x"])] == ["z.x", "_x3cb_x3e.x"]
