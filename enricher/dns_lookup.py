"""One lookup: the name of an address, and whether that name leads back to it."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple, Protocol

from enricher.dns_records import DnsRecord, Kind, Question, candidates, found
from enricher.names import Name, NameStatus

MOST_CONFIRMED = 3
FOR_EVER = sys.maxsize
NONE = Name(None, "none")


class NoAnswer(Exception):
    """DNS says that there is nothing (`none`), says that it cannot tell (`error`), or says nothing (`timeout`)."""

    def __init__(self, status: NameStatus) -> None:
        super().__init__(status)
        self.status = status


class Ask(Protocol):
    """Puts one question to a name server."""

    async def __call__(self, name: str, kind: Kind, *, is_private: bool) -> Sequence[DnsRecord]:
        """All records of the answer. Raises NoAnswer."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a lookup brought, and for how many seconds DNS says that it holds."""

    name: Name
    ttl: int = 0


async def look_up(question: Question, ask: Ask, *, confirm: bool) -> Learnt:
    """Whoever owns the address writes its name, so only a name whose own addresses hold this one is `confirmed`
    (RFC 8601 §3, iprev). What cannot be a host's name is never asked for.
    """
    try:
        records = await ask(question.pointer, "PTR", is_private=question.is_private)
    except NoAnswer as answer:
        return Learnt(Name(None, answer.status))
    pointers = found(question.pointer, "PTR", records)
    names = candidates(pointers.values)
    if not names:
        return Learnt(NONE)
    hosts = [name.text for name in names if not name.is_odd][:MOST_CONFIRMED] if confirm else []
    forwards = await asyncio.gather(*(_forward(host, question, ask) for host in hosts))
    for host, forward in zip(hosts, forwards, strict=True):
        if forward.leads_back:
            return Learnt(Name(host, "confirmed"), min(pointers.ttl, forward.ttl))
    return Learnt(Name(names[0].text, "unconfirmed"), min([pointers.ttl, *(forward.ttl for forward in forwards)]))


class Forward(NamedTuple):
    """Whether a name has the address, and how long that holds."""

    leads_back: bool
    ttl: int


async def _forward(host: str, question: Question, ask: Ask) -> Forward:
    """What could not be learnt holds for no time: it is asked again as soon as the cache allows."""
    try:
        records = await ask(host, question.forward_kind, is_private=question.is_private)
    except NoAnswer as answer:
        return Forward(False, FOR_EVER if answer.status == "none" else 0)
    addresses = found(host, question.forward_kind, records)
    return Forward(question.ip in {ip_address(value) for value in addresses.values}, addresses.ttl)
