"""What policy and port catalogue say of a connection that is open now, of which nothing but its ends is known."""

from dataclasses import dataclass, replace
from datetime import datetime

from enricher.advice import advise_by_port
from enricher.catalogue import Catalogue, Match, PortEntry, Speaks, TlsBy, Transport
from enricher.connection import Connection, Finding, Origin
from enricher.facts import Facts
from enricher.policy import Mode, Policy
from enricher.ports_mode import decide_by_port
from enricher.verdict import decide_by_policy
from runtime.record import Offset
from schemas.reasons import Reason
from schemas.records import Basis, DetailType, Direction, EventId, Network, VerdictKind

SECURE_NAMES = ("-s", "-ssl")
BY_PORT = {
    Speaks.CLEARTEXT: Finding(VerdictKind.INSECURE, Reason.CLEARTEXT_PORT, Basis.PORT),
    Speaks.TLS: Finding(VerdictKind.SECURE, Reason.SECURE_PORT, Basis.PORT),
    Speaks.ENCRYPTED: Finding(VerdictKind.SECURE, Reason.ENCRYPTED_PROTOCOL, Basis.PORT),
    Speaks.OWN_SCHEME: Finding(VerdictKind.UNKNOWN, Reason.OWN_SCHEME, Basis.PORT),
    Speaks.HELPER: Finding(None, Reason.HELPER_PORT, Basis.PORT),
}
NOT_KNOWN = Finding(VerdictKind.UNKNOWN, Reason.NO_TLS_EVIDENCE, Basis.PORT)


@dataclass(frozen=True, slots=True)
class Present:
    """A TCP connection that is open; the names are those of the service table. `is_served`: something of the system
    listens on the local port, so that the other end opened it."""

    system: str
    local_address: str | None
    local_port: int
    local_name: str | None
    remote_address: str | None
    remote_port: int
    remote_name: str | None
    is_served: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """`verdict` is None for what carries nothing of a user's (a helper port)."""

    direction: Direction
    match: Match
    verdict: VerdictKind | None
    reason: Reason
    network: Network | None
    advice: str | None

    @property
    def service(self) -> str | None:
        return self.match.entry.service if self.match.entry else None


def judge_present(present: Present, catalogue: Catalogue, policy: Policy, now: datetime) -> Opinion:
    """The classic method: the port tells. What may go over to TLS on the same port is unknown: only the journal shows
    that."""
    direction, match = _match(present, catalogue)
    location = policy.networks.locate(present.remote_address)
    facts = Facts(_connection(present, direction, now), match, location, policy, None, is_over=True)
    finding = _finding(facts)
    is_told = finding.kind in (VerdictKind.INSECURE, VerdictKind.UNKNOWN) and finding.basis is Basis.PORT
    advice = advise_by_port(match, catalogue.twin(match.entry)) if is_told else None
    return Opinion(direction, match, finding.kind, finding.reason, location.network, advice)


def known_port(port: int, name: str | None, catalogue: Catalogue) -> PortEntry | None:
    """What is known of a TCP port: by its number, else by the service that the service table calls it.

    A name that ends with `-s` or `-ssl` is that of a secure server.
    """
    listed = catalogue.get(Transport.TCP, port)
    if listed or not name:
        return listed
    if same := of_service(name, catalogue):
        return replace(same, port=port)
    if name.endswith(SECURE_NAMES):
        return PortEntry(port, Transport.TCP, name, Speaks.TLS, TlsBy.UNKNOWN)
    return None


def of_service(name: str, catalogue: Catalogue) -> PortEntry | None:
    """The catalogue's TCP entry of a service; where it has several ports, the lowest."""
    found = [one for one in catalogue.ports.values() if one.service == name and one.transport is Transport.TCP]
    return min(found, key=lambda one: one.port, default=None)


def _match(present: Present, catalogue: Catalogue) -> tuple[Direction, Match]:
    """Who opened it: the other end, where something listens here; else whichever port is that of a known service."""
    local = known_port(present.local_port, present.local_name, catalogue)
    remote = known_port(present.remote_port, present.remote_name, catalogue)
    if not present.is_served and local and local.outbound_local:
        return Direction.OUTBOUND, Match(present.local_port, True, local)
    if present.is_served or (local and not remote):
        passive = catalogue.match(Direction.INBOUND, present.local_port, present.remote_port, transport=Transport.TCP)
        return Direction.INBOUND, Match(present.local_port, True, local or passive.entry)
    return Direction.OUTBOUND, Match(present.remote_port, False, remote)


def _finding(facts: Facts) -> Finding:
    if facts.policy.mode is Mode.PORTS:
        return decide_by_port(facts)
    if found := decide_by_policy(facts):
        return found
    return NOT_KNOWN if facts.speaks is None else BY_PORT.get(facts.speaks, NOT_KNOWN)


def _connection(present: Present, direction: Direction, now: datetime) -> Connection:
    """As its opening would have stood in the journal, as far as the rows of the policy look at it."""
    return Connection(
        id=EventId(""),
        origin=Origin(present.system, "", "", "netstat"),
        told=("", ""),
        time=now,
        detail_type=DetailType.ACCEPT if direction is Direction.INBOUND else DetailType.CONNECT,
        local_address=present.local_address,
        local_port=present.local_port,
        remote_address=present.remote_address,
        remote_port=present.remote_port,
        backfill=False,
        at=now,
        offset=Offset(0),
        need=Offset(0),
    )
