"""What is asked about an address, and which records of an answer really answer that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

from enricher.names import CleanName, clean

Kind = Literal["PTR", "A", "AAAA", "CNAME"]

MOST_NAMES = 5
MOST_ALIASES = 8


@dataclass(frozen=True, slots=True)
class Question:
    """One address as the records of a batch write it, and what DNS is asked about it."""

    address: str
    pointer: str
    ip: IPv4Address | IPv6Address
    is_private: bool

    @property
    def forward_kind(self) -> Kind:
        return "A" if self.ip.version == 4 else "AAAA"


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record of an answer, with names in presentation form."""

    owner: str
    kind: Kind
    ttl: int
    value: str


@dataclass(frozen=True, slots=True)
class Found:
    """The values that answer a question, and for how many seconds they may be kept."""

    values: tuple[str, ...]
    ttl: int


@lru_cache(maxsize=8192)
def question_about(address: str) -> Question | None:
    """None where there is nobody to ask about: no address, loopback, link-local, multicast, all zeros.

    Private is what is not globally reachable (RFC 1918, unique local, shared and documentation ranges).
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return None
    return Question(address, ip.reverse_pointer, ip, is_private=not ip.is_global)


def found(name: str, kind: Kind, records: Sequence[DnsRecord]) -> Found:
    """The values of `name`, through aliases (RFC 2317). Records of others, which nobody asked for, do not count."""
    owner = _same(name)
    ttls: list[int] = []
    for _ in range(MOST_ALIASES):
        own = [record for record in records if _same(record.owner) == owner]
        if values := [record for record in own if record.kind == kind]:
            return Found(tuple(record.value for record in values), min([*ttls, *(record.ttl for record in values)]))
        alias = next((record for record in own if record.kind == "CNAME"), None)
        if alias is None:
            break
        owner = _same(alias.value)
        ttls.append(alias.ttl)
    return Found((), 0)


def candidates(names: Iterable[str]) -> list[CleanName]:
    """The first few names in an order that does not change from answer to answer, what can be a host's name first."""
    return sorted({harmless for name in names if (harmless := clean(name))})[:MOST_NAMES]


def _same(name: str) -> str:
    return name.lower().removesuffix(".")
