"""The steps that all traffic is made of: an accept, a connect, a handshake, each an entry at its moment."""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from producer.simulator.cast import Cast, Host
from producer.simulator.encoder import EntryData, encode_entry
from producer.simulator.services import Heading

MILLISECOND = 1_000
SECOND = 1_000_000
FIRST_EPHEMERAL = 49_152
SETTLED = 5 * MILLISECOND
"""An accept stands this long after the session's start, so that a handshake can be written before it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened, beside what the journal says: for tests. Both ends of a loopback connection share one.

    `encrypted` is None where no data could flow (a failed handshake, a scan of a TLS port); `by` is the TLS version
    or "ssh".
    """

    connection: int
    kind: str
    encrypted: bool | None
    by: str | None


class Draft(NamedTuple):
    """An entry without its number. `time` is in microseconds since 1970, UTC."""

    time: int
    entry_type: str
    data: bytes
    heading: Heading
    truth: Truth | None


class Wire(NamedTuple):
    """The four values that an entry about a connection has, local end first."""

    local_address: str
    local_port: int
    remote_address: str
    remote_port: int


class Scene:
    """Who is there and what chance says, for the sessions of one stretch of time."""

    def __init__(self, rng: Random, cast: Cast, first_connection: int) -> None:
        self.rng = rng
        self.cast = cast
        self.random = rng.random
        self._next_connection = first_connection

    def pick(self, hosts: tuple[Host, ...]) -> Host:
        return hosts[int(self.random() * len(hosts))]

    def between(self, low: int, high: int) -> int:
        return low + int(self.random() * (high - low))

    def ephemeral(self) -> int:
        return FIRST_EPHEMERAL + int(self.random() * (65_536 - FIRST_EPHEMERAL))

    def truth(self, kind: str, *, encrypted: bool | None = False, by: str | None = None) -> Truth:
        self._next_connection += 1
        return Truth(self._next_connection, kind, encrypted, by)

    def entry(self, at: int, kind: str, wire: Wire, heading: Heading, truth: Truth | None) -> Draft:
        """An entry of a type that needs nothing but the two ends."""
        data = encode_entry(EntryData(kind, *wire, socket_descriptor=3 + int(self.random() * 40)))
        return Draft(at, "SK", data, heading, truth)

    def handshake(self, at: int, host: Host, ports: tuple[int, int], heading: Heading, truth: Truth) -> Draft:
        """The S entry of a handshake; `ports` are the local and the remote one."""
        data = encode_entry(
            EntryData(
                "S",
                host.local_twin,
                ports[0],
                host.twin,
                ports[1],
                3 + int(self.random() * 40),
                secure_version=host.protocol or "",
                secure_properties=host.cipher,
            )
        )
        return Draft(at, "SK", data, heading, truth)

    def handshake_delay(self) -> int:
        """From the accept to its S entry: mostly milliseconds, sometimes seconds, now and then the S comes first."""
        luck = self.random()
        if luck < 0.03:
            return -self.between(50, SETTLED)
        if luck < 0.93:
            return self.between(3 * MILLISECOND, 400 * MILLISECOND)
        return self.between(400 * MILLISECOND, 6 * SECOND)
