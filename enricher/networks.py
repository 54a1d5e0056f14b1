"""Where the other end of a connection is: on the same system, in one's own networks, or outside."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from schemas.records import Network

REMEMBERED = 65_536


class Location(NamedTuple):
    """`network` is None when the address is unknown or not one."""

    network: Network | None
    is_loopback: bool


NOWHERE = Location(None, False)


class Networks:
    """A policy's own networks. Answers are remembered, because a busy address comes again and again."""

    def __init__(self, own: Iterable[str]) -> None:
        """Raises ValueError on what is not a network."""
        self.own: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(network.strip()) for network in own)
        self.locate = lru_cache(REMEMBERED)(self._locate)

    def _locate(self, address: str | None) -> Location:
        try:
            parsed = ip_address(address or "")
        except ValueError:
            return NOWHERE
        if parsed.is_unspecified:
            return NOWHERE
        if parsed.is_loopback:
            return Location(Network.INTERNAL, True)
        is_own = any(parsed in network for network in self.own)
        return Location(Network.INTERNAL if is_own else Network.EXTERNAL, False)
