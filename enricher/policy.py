"""The policy: how connections are judged. `enricher.policy_file` reads it; its hash stands in every verdict."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from enricher.networks import AddressNetwork, Networks, is_within
from schemas.reasons import Reason
from schemas.records import Network, Severity, VerdictKind


class Mode(StrEnum):
    """How connections are judged: by what the journal shows of their TLS, or by their port alone."""

    EVIDENCE = "evidence"
    PORTS = "ports"


class Notice(StrEnum):
    """What is raised without a connection; `journal-gap` is not the reason `gap` of a connection in a gap's window."""

    JOURNAL_GAP = "journal-gap"
    AUDITING = "auditing"
    EXCEPTION_ENDS = "exception-ends"


Raised = Reason | Notice
RAISED: tuple[Raised, ...] = (*(reason for reason in Reason if reason is not Reason.HELPER_PORT), *Notice)


class Protocol(StrEnum):
    """TLS protocols, weakest first."""

    SSLV2 = "SSLV2"
    SSLV3 = "SSLV3"
    TLSV1_0 = "TLSV1.0"
    TLSV1_1 = "TLSV1.1"
    TLSV1_2 = "TLSV1.2"
    TLSV1_3 = "TLSV1.3"


@dataclass(frozen=True, slots=True)
class Weight:
    """How bad something is when the other end is in one's own networks, and when it is not."""

    internal: Severity
    external: Severity

    def of(self, network: Network | None) -> Severity:
        """An unknown network counts as outside."""
        return self.internal if network is Network.INTERNAL else self.external


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Two networks with an encrypted tunnel (IPsec) between them."""

    one: AddressNetwork
    other: AddressNetwork

    def joins(self, local: str | None, remote: str | None) -> bool:
        """Whether the two addresses are at its two ends, in either direction."""
        return (is_within(local, (self.one,)) and is_within(remote, (self.other,))) or (
            is_within(local, (self.other,)) and is_within(remote, (self.one,))
        )


@dataclass(frozen=True, slots=True)
class Canary:
    """Where `sk2siem canary` runs, and the ports that it opens its connections from: these are told by both."""

    addresses: tuple[AddressNetwork, ...]
    ports: frozenset[int]

    def opened(self, remote: str | None, remote_port: int | None) -> bool:
        """Whether an inbound connection from there is one of its own."""
        return remote_port in self.ports and is_within(remote, self.addresses)


@dataclass(frozen=True, slots=True)
class PolicyException:
    """A verdict that somebody answers for, up to and including a day.

    `addresses` are of the other end; no `ports` means every port; no `system` means every system.
    """

    addresses: tuple[AddressNetwork, ...]
    ports: frozenset[int]
    system: str | None
    verdict: VerdictKind
    reason: str
    owner: str
    expires: date

    @property
    def ends(self) -> datetime:
        """The first moment at which it is not in force any more: midnight UTC after its day."""
        return datetime.combine(self.expires + timedelta(days=1), time(), UTC)

    @property
    def key(self) -> str:
        """Ten digits made of what it says: the same in every release, others when a word is changed."""
        said = (sorted(map(str, self.addresses)), sorted(self.ports), self.system, self.verdict.value)
        digest = hashlib.sha256(repr((*said, self.reason, self.owner, str(self.expires))).encode()).digest()
        return f"{int.from_bytes(digest[:4]):010d}"

    def is_in_force(self, at: datetime) -> bool:
        """Whether it holds at this journal time (UTC)."""
        return at < self.ends

    def covers(self, system: str, address: str | None, port: int | None) -> bool:
        """Whether it is about this connection: the other end's address, and the port that tells the service."""
        return (
            self.system in (None, system)
            and (not self.ports or port in self.ports)
            and is_within(address, self.addresses)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """`window_seconds` is journal time. `secure_ports`, `cleartext_ports` and `outbound` are of mode ports: TCP ports,
    of whichever end the service is on, and whether what the system opens is judged too.

    `weak_ciphers` are patterns (`*` stands for anything) for names in upper case without `TLS_` and `WITH_`.
    """

    mode: Mode
    window_seconds: int
    outbound: bool
    secure_ports: frozenset[int]
    cleartext_ports: frozenset[int]
    networks: Networks
    own_addresses: frozenset[str]
    tunnels: tuple[Tunnel, ...]
    canary: Canary | None
    exceptions: tuple[PolicyException, ...]
    weakest_protocol: Protocol
    weak_ciphers: tuple[str, ...]
    needs_forward_secrecy: bool
    severities: Mapping[Raised, Weight]
    alerts: frozenset[Raised]
    hash: str

    def exception_for(self, system: str, address: str | None, port: int | None, at: datetime) -> PolicyException | None:
        """The first exception that is about this connection and in force at this journal time."""
        for exception in self.exceptions:
            if exception.is_in_force(at) and exception.covers(system, address, port):
                return exception
        return None

    def joined_by_tunnel(self, local: str | None, remote: str | None) -> bool:
        """Whether a tunnel encrypts what goes between the two addresses."""
        return any(tunnel.joins(local, remote) for tunnel in self.tunnels)
