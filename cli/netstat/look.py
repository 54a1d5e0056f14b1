"""One look at a system: its sockets, what the policy says of each connection, and who is at the other end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from enricher.catalogue import Catalogue, Transport
from enricher.listeners import Listening
from enricher.names import Name, ReverseResolver
from enricher.policy import Policy
from enricher.present import Opinion, Present, judge_present
from producer.netstat import Socket
from schemas.records import VerdictKind

ORDER = (VerdictKind.INSECURE, VerdictKind.UNKNOWN, VerdictKind.SECURE, None)

Ends = tuple[str | None, int | None, str | None, int | None]
"""Both ends, the local one first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A connection that is open, and what is to be said of it."""

    socket: Socket
    opinion: Opinion
    name: Name | None = None

    @property
    def ends(self) -> Ends:
        return ends_of(self.socket)


def ends_of(socket: Socket) -> Ends:
    return socket.local_address, socket.local_port, socket.remote_address, socket.remote_port


def connections(sockets: Sequence[Socket], system: str, catalogue: Catalogue, policy: Policy) -> Sequence[Seen]:
    """Those of TCP, insecure ones first, then by service and remote address."""
    served = {(one.transport, one.local_port) for one in sockets if one.is_listener}
    now = datetime.now(UTC)
    seen = [
        Seen(one, judge_present(_present(one, system, served), catalogue, policy, now))
        for one in sockets
        if one.is_connection
    ]
    return sorted(seen, key=_rank)


def listeners(sockets: Iterable[Socket]) -> Sequence[Listening]:
    """Each port once, with the addresses that it is bound to."""
    found: dict[tuple[str, int], Listening] = {}
    bound: dict[tuple[str, int], list[str | None]] = {}
    for one in sockets:
        if one.is_listener and one.transport in set(Transport):
            key = (one.transport, one.local_port)
            before = found.get(key)
            name = one.local_name or (before.name if before else None)
            found[key] = Listening(Transport(one.transport), one.local_port, name, ())
            bound.setdefault(key, []).append(one.local_address)
    return [replace(one, addresses=_addresses(bound[key])) for key, one in found.items()]


def with_names(seen: Sequence[Seen], resolver: ReverseResolver | None) -> Sequence[Seen]:
    """The same with the names of the other ends."""
    addresses = {one.socket.remote_address for one in seen if one.socket.remote_address}
    if resolver is None or not addresses:
        return seen
    names = resolver.resolve(addresses)
    return [replace(one, name=names.get(one.socket.remote_address or "")) for one in seen]


def _present(socket: Socket, system: str, served: set[tuple[str, int]]) -> Present:
    return Present(
        system=system,
        local_address=socket.local_address,
        local_port=socket.local_port,
        local_name=socket.local_name,
        remote_address=socket.remote_address,
        remote_port=socket.remote_port or 0,
        remote_name=socket.remote_name,
        is_served=(socket.transport, socket.local_port) in served,
    )


def _addresses(bound: Sequence[str | None]) -> tuple[str, ...]:
    """None where one of them takes any address."""
    return () if None in bound else tuple(sorted(str(address) for address in set(bound)))


def _rank(seen: Seen) -> tuple[object, ...]:
    socket, opinion = seen.socket, seen.opinion
    return ORDER.index(opinion.verdict), opinion.service or "~", str(socket.remote_address), socket.remote_port or 0
