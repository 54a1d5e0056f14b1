"""Where the other end of a connection is: on the same system, in one's own networks, or outside."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from schemas.records import Network

REMEMBERED = 65_536

Address = IPv4Address | IPv6Address
AddressNetwork = IPv4Network | IPv6Network


class Location(NamedTuple):
    """`network` is None when the address is unknown or not one."""

    network: Network | None
    is_loopback: bool


NOWHERE = Location(None, False)


class Networks:
    """A policy's own networks. Answers are remembered, because a busy address comes again and again."""

    def __init__(self, own: Iterable[AddressNetwork]) -> None:
        self.own = tuple(own)
        self.locate = lru_cache(REMEMBERED)(self._locate)

    def _locate(self, address: str | None) -> Location:
        parsed = parse(address)
        if parsed is None or parsed.is_unspecified:
            return NOWHERE
        if parsed.is_loopback:
            return Location(Network.INTERNAL, True)
        return Location(Network.INTERNAL if _within(parsed, self.own) else Network.EXTERNAL, False)


@lru_cache(REMEMBERED)
def parse(address: str | None) -> Address | None:
    """The address, or None when it is unknown or not one."""
    try:
        return ip_address(address or "")
    except ValueError:
        return None


def is_within(address: str | None, networks: tuple[AddressNetwork, ...]) -> bool:
    """Whether the address is in one of the networks; an unknown one is in none."""
    parsed = parse(address)
    return parsed is not None and _within(parsed, networks)


def _within(address: Address, networks: tuple[AddressNetwork, ...]) -> bool:
    return any(address in network for network in networks)
