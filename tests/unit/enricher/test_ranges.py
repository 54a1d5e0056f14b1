"""Addresses and ports are read in every form in which people write them, and written again as short as they can be."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network

import pytest

from enricher.ranges import address_texts, port_texts, read_address, read_addresses, read_network, read_ports


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param(" 10.1.1.7 ", "10.1.1.7", id="IPv4"),
        pytest.param("::ffff:10.1.1.7", "10.1.1.7", id="IPv4 in IPv6"),
        pytest.param("2001:DB8::0:7", "2001:db8::7", id="IPv6"),
        pytest.param("fe80::7%eth0", "fe80::7", id="with its zone"),
    ],
)
def test_an_address_is_read_in_the_form_that_entries_have(text: str, address: str) -> None:
    assert str(read_address(text)) == address


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.1.0.0/16", "10.1.0.0/16"),
        ("::ffff:10.1.1.0/120", "10.1.1.0/24"),
        ("::ffff:10.1.1.7", "10.1.1.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("fc00::/7", "fc00::/7"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_is_read_likewise(text: str, network: str) -> None:
    assert read_network(text) == ip_network(network)


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("10.1.1.0/24", ["10.1.1.0/24"]),
        ("10.1.1.10 - 10.1.1.20", ["10.1.1.10/31", "10.1.1.12/30", "10.1.1.16/30", "10.1.1.20/32"]),
        ("::ffff:10.1.1.10-::ffff:10.1.1.11", ["10.1.1.10/31"]),
    ],
)
def test_a_range_of_addresses_is_its_networks(text: str, networks: list[str]) -> None:
    assert list(map(str, read_addresses(text))) == networks


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_address, "10.1.1"),
        (read_network, "10.1.1.7/16"),
        (read_addresses, "10.1.1.20-10.1.1.10"),
        (read_addresses, "10.1.1.1-2001:db8::1"),
        (read_ports, "telnet"),
        (read_ports, "23"),
        (read_ports, "40100-40000"),
        (read_ports, "65535-65536"),
    ],
)
def test_what_is_none_of_these_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read(text)


def test_ports_are_written_in_order_with_three_in_a_row_as_a_range() -> None:
    assert list(port_texts({992, 23, 8470, 8472, 8471, 24})) == ["23", "24", "992", "8470-8472"]


def test_networks_that_follow_upon_one_another_are_written_as_a_range() -> None:
    networks = [ip_network("10.9.8.0/24"), *read_addresses("10.1.1.10-10.1.1.20"), ip_network("2001:db8::7")]

    assert list(address_texts(networks)) == ["10.9.8.0/24", "10.1.1.10-10.1.1.20", "2001:db8::7"]


def test_the_end_of_ipv4_is_not_followed_by_ipv6() -> None:
    after = int(ip_address("255.255.255.255")) + 1

    assert list(address_texts([ip_network("255.255.255.255"), ip_network(f"{ip_address(after)}")])) == [
        "255.255.255.255",
        "::1:0:0",
    ]
