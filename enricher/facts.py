"""What a verdict is found from: the connection, its port, where the other end is, the policy and the audit levels."""

from msgspec import Struct

from enricher.catalogue import Catalogue, Match, Speaks, TlsBy, Transport
from enricher.connection import Connection
from enricher.levels import Levels
from enricher.networks import Location
from enricher.policy import Policy, PolicyException
from enricher.tls import weakness
from schemas.records import DetailType, Direction, Tls, Verdict

UDP = frozenset({DetailType.INBOUND_UDP, DetailType.OUTBOUND_UDP})
IKE_PORTS = frozenset({500, 4500})
DIRECTIONS = {
    DetailType.ACCEPT: Direction.INBOUND,
    DetailType.CONNECT: Direction.OUTBOUND,
    DetailType.INBOUND_UDP: Direction.INBOUND,
    DetailType.OUTBOUND_UDP: Direction.OUTBOUND,
}


class Facts(Struct, gc=False):
    """Everything that a row may look at. `present` are the audit levels in force where this is asked."""

    connection: Connection
    match: Match
    location: Location
    policy: Policy
    present: Levels
    is_over: bool

    @property
    def speaks(self) -> Speaks | None:
        return self.match.entry.speaks if self.match.entry else None

    def is_tls_by(self, whom: TlsBy) -> bool:
        return self.match.entry is not None and self.match.entry.tls_by is whom

    @property
    def is_tcp(self) -> bool:
        return self.connection.detail_type not in UDP

    @property
    def exception(self) -> PolicyException | None:
        one = self.connection
        return self.policy.exception_for(one.origin.system, one.remote_address, self.match.port, one.time)


def deciding_tls(connection: Connection, policy: Policy) -> Tls | None:
    """What the entries say of the handshake; of several, the first that the policy does not count as encrypted."""
    handshakes = connection.handshakes
    if len(handshakes) < 2:
        return handshakes[0].tls if handshakes else None
    said = [handshake.tls for handshake in handshakes if handshake.tls]
    weak = [tls for tls in said if weakness(tls, policy)]
    return next(iter([*weak, *said]), None)


def match_port(
    detail_type: DetailType, local_port: int | None, remote_port: int | None, *, catalogue: Catalogue
) -> Match:
    """The port that tells the service; of handshakes alone, whichever is listed."""
    direction = DIRECTIONS.get(detail_type, Direction.UNKNOWN)
    transport = transport_of(detail_type, local_port, remote_port)
    return catalogue.match(direction, local_port, remote_port, transport=transport)


def match_verdict(verdict: Verdict, catalogue: Catalogue) -> Match:
    """The same of a connection that has been judged."""
    ends = verdict.source, verdict.destination
    local, remote = ends if verdict.direction is Direction.OUTBOUND else reversed(ends)
    return match_port(verdict.detail_type, local.port, remote.port, catalogue=catalogue)


def transport_of(detail_type: DetailType, local_port: int | None, remote_port: int | None) -> Transport:
    """Handshakes of VPN (IKE) are over UDP, all others over TCP."""
    if detail_type in UDP:
        return Transport.UDP
    is_ike = detail_type not in DIRECTIONS and (local_port in IKE_PORTS or remote_port in IKE_PORTS)
    return Transport.UDP if is_ike else Transport.TCP
