"""Addresses and ports as people write them, one or a range of them: read, and written again."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network, summarize_address_range
from itertools import groupby

from enricher.networks import Address, AddressNetwork

LARGEST_PORT = 65535
IPV4_IN_IPV6 = 96
"""How many bits of an IPv4-mapped IPv6 address stand before the IPv4 address."""


def read_address(text: str) -> Address:
    """The address in the form in which entries have it: IPv4 where it is mapped to IPv6. Raises ValueError."""
    found = ip_address(text.strip())
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or IPv6Address(int(found))
    return found


def read_network(text: str) -> AddressNetwork:
    """Likewise, of a network or an address. Raises ValueError."""
    found = ip_network(text.strip())
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    return found if mapped is None else IPv4Network((mapped, found.prefixlen - IPV4_IN_IPV6))


def read_addresses(text: str) -> tuple[AddressNetwork, ...]:
    """The networks that `10.1.0.0/16`, `10.1.1.7` or `10.1.1.10-10.1.1.20` covers. Raises ValueError."""
    first, dash, last = text.partition("-")
    if not dash:
        return (read_network(text),)
    start, end = read_address(first), read_address(last)
    try:
        return tuple(summarize_address_range(start, end))
    except TypeError as error:
        raise ValueError(str(error)) from error


def read_ports(text: str) -> range:
    """The ports of a range such as `40000-40100`. Raises ValueError."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not (dash and first.isdecimal() and last.isdecimal()):
        raise ValueError(f'{text!r} is neither a port nor a range such as "40000-40100"')
    start, end = int(first), int(last)
    if not 1 <= start <= end <= LARGEST_PORT:
        raise ValueError(f"{text!r} ends before it starts, or leaves 1 to {LARGEST_PORT}")
    return range(start, end + 1)


def port_texts(ports: Iterable[int]) -> Iterator[str]:
    """Ports in order, three or more in a row as a range."""
    for _, found in groupby(enumerate(sorted(ports)), key=lambda place: place[1] - place[0]):
        row = [str(port) for _, port in found]
        yield from row if len(row) < 3 else (f"{row[0]}-{row[-1]}",)


def address_texts(networks: Iterable[AddressNetwork]) -> Iterator[str]:
    """Networks in their order, those that follow upon one another as a range, an address without its `/32`."""
    rows: list[list[AddressNetwork]] = []
    for network in networks:
        if rows and _follows(network, rows[-1][-1]):
            rows[-1].append(network)
        else:
            rows.append([network])
    for row in rows:
        if len(row) > 1:
            yield f"{row[0].network_address}-{row[-1].broadcast_address}"
        else:
            yield str(row[0]) if row[0].num_addresses > 1 else str(row[0].network_address)


def _follows(network: AddressNetwork, before: AddressNetwork) -> bool:
    is_next = int(before.broadcast_address) + 1 == int(network.network_address)
    return before.version == network.version and is_next
