"""The verdict table of evidence mode: the first row that applies decides. Pure, and the same as in docs/verdicts.md."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from enricher.catalogue import Catalogue, Match, PortEntry, Speaks, TlsBy, Transport
from enricher.connection import Connection, Finding
from enricher.levels import Levels
from enricher.networks import Location
from enricher.policy import Policy, PolicyException, Reason
from enricher.tls import weakness
from schemas.records import Basis, DetailType, Direction, Tls, VerdictKind

NETSECURE = "*NETSECURE"
AFTER_FAILED_HANDSHAKE = "after-failed-handshake"
CATALOGUE_WRONG = "catalogue-wrong"
MADE_BY_CANARY = frozenset({DetailType.ACCEPT, DetailType.SECURE})
UDP = frozenset({DetailType.INBOUND_UDP, DetailType.OUTBOUND_UDP})
DIRECTIONS = {
    DetailType.ACCEPT: Direction.INBOUND,
    DetailType.CONNECT: Direction.OUTBOUND,
    DetailType.INBOUND_UDP: Direction.INBOUND,
    DetailType.OUTBOUND_UDP: Direction.OUTBOUND,
}
SECURE, INSECURE, UNKNOWN, FAILED = (
    VerdictKind.SECURE,
    VerdictKind.INSECURE,
    VerdictKind.UNKNOWN,
    VerdictKind.FAILED,
)


class Facts(NamedTuple):
    """Everything that a row may look at. `present` are the audit levels in force where this is asked."""

    connection: Connection
    match: Match
    location: Location
    policy: Policy
    present: Levels
    is_over: bool

    @property
    def port(self) -> PortEntry | None:
        return self.match.entry

    @property
    def speaks(self) -> Speaks | None:
        return self.match.entry.speaks if self.match.entry else None

    @property
    def is_tcp(self) -> bool:
        return self.connection.detail_type not in UDP

    @property
    def exception(self) -> PolicyException | None:
        one = self.connection
        return self.policy.exception_for(one.system, one.remote_address, self.match.port, one.time)


class Row(NamedTuple):
    """One row of the table. `waits` when it holds only once the window is over."""

    when: str
    outcome: str
    finding: Callable[[Facts], Finding | None]
    waits: bool = False


def decide(facts: Facts) -> Finding | None:
    """The first row that applies; None while the window is open and a handshake could still change the answer."""
    for row in ROWS:
        if row.waits and not facts.is_over:
            if facts.connection.has_failed:
                return None
        elif found := row.finding(facts):
            return found
    return None


def decide_by_policy(facts: Facts) -> Finding | None:
    """The rows that look at nothing but who the two ends are; None where none of them applies."""
    return _named(facts) or _local(facts) or _tunnel(facts)


def deciding_tls(connection: Connection, policy: Policy) -> Tls | None:
    """What the entries say of the handshake; of several, the first that the policy does not count as encrypted."""
    said = [handshake.tls for handshake in connection.handshakes if handshake.tls]
    weak = [tls for tls in said if weakness(tls, policy)]
    return next(iter([*weak, *said]), None)


def match_port(
    detail_type: DetailType, local_port: int | None, remote_port: int | None, *, catalogue: Catalogue
) -> Match:
    """The port that tells the service: of UDP and of handshakes, whichever is listed."""
    direction = Direction.UNKNOWN if detail_type in UDP else DIRECTIONS.get(detail_type, Direction.UNKNOWN)
    transport = Transport.UDP if detail_type in UDP else Transport.TCP
    return catalogue.match(direction, local_port, remote_port, transport=transport)


def _named(facts: Facts) -> Finding | None:
    """The canary first: it is told by a port as well, which makes it the narrower of the two."""
    one, canary = facts.connection, facts.policy.canary
    if canary and one.detail_type in MADE_BY_CANARY and canary.opened(one.remote_address, one.remote_port):
        return _found(SECURE, Reason.CANARY, Basis.POLICY)
    exception = facts.exception
    return _found(exception.verdict, Reason.EXCEPTION, Basis.POLICY) if exception else None


def _local(facts: Facts) -> Finding | None:
    one, location = facts.connection, facts.location
    is_own = location.network is not None and one.remote_address in (one.local_address, *facts.policy.own_addresses)
    return _found(SECURE, Reason.LOCAL, Basis.POLICY) if location.is_loopback or is_own else None


def _tunnel(facts: Facts) -> Finding | None:
    one = facts.connection
    joined = facts.policy.joined_by_tunnel(one.local_address, one.remote_address)
    return _found(SECURE, Reason.TUNNEL, Basis.POLICY) if joined else None


def _weak(facts: Facts) -> Finding | None:
    reason = weakness(deciding_tls(facts.connection, facts.policy), facts.policy)
    return _found(INSECURE, reason, Basis.EVIDENCE) if reason else None


def _tls(facts: Facts) -> Finding | None:
    if not facts.connection.is_secured:
        return None
    return _found(SECURE, Reason.TLS, Basis.EVIDENCE, CATALOGUE_WRONG if facts.speaks is Speaks.CLEARTEXT else None)


def _cleartext_port(facts: Facts) -> Finding | None:
    return _found(INSECURE, Reason.CLEARTEXT_PORT, Basis.PORT) if facts.speaks is Speaks.CLEARTEXT else None


def _encrypted_protocol(facts: Facts) -> Finding | None:
    return _found(SECURE, Reason.ENCRYPTED_PROTOCOL, Basis.PORT) if facts.speaks is Speaks.ENCRYPTED else None


def _helper(facts: Facts) -> Finding | None:
    return _found(None, Reason.HELPER_PORT, Basis.PORT) if facts.speaks is Speaks.HELPER else None


def _own_scheme(facts: Facts) -> Finding | None:
    return _found(UNKNOWN, Reason.OWN_SCHEME, Basis.PORT) if facts.speaks is Speaks.OWN_SCHEME else None


def _handshake_failed(facts: Facts) -> Finding | None:
    if not facts.connection.has_failed or facts.speaks not in (None, Speaks.TLS):
        return None
    return _found(FAILED, Reason.HANDSHAKE_FAILED, Basis.EVIDENCE)


def _cut(facts: Facts) -> Finding | None:
    cut = facts.connection.cut
    return _found(UNKNOWN, cut, Basis.EVIDENCE) if cut else None


def _secure_port(facts: Facts) -> Finding | None:
    by_other = facts.speaks is Speaks.TLS and facts.port and facts.port.tls_by is TlsBy.OTHER
    return _found(SECURE, Reason.SECURE_PORT, Basis.PORT) if by_other else None


def _not_audited(facts: Facts) -> Finding | None:
    """At once where it is known that nothing of TLS is written now; at the end by what was in force all the time."""
    levels = (facts.connection.levels or ()) if facts.is_over else facts.present
    if not facts.is_tcp or levels is None or NETSECURE in levels:
        return None
    return _found(UNKNOWN, Reason.TLS_NOT_AUDITED, Basis.EVIDENCE)


def _no_upgrade(facts: Facts) -> Finding | None:
    by_other = facts.port is not None and facts.port.tls_by is TlsBy.OTHER
    if facts.speaks is not Speaks.UPGRADABLE or by_other or not facts.is_tcp:
        return None
    detail = AFTER_FAILED_HANDSHAKE if facts.connection.has_failed else None
    return _found(INSECURE, Reason.NO_UPGRADE, Basis.EVIDENCE, detail)


def _tls_expected(facts: Facts) -> Finding | None:
    by_system = facts.speaks is Speaks.TLS and facts.port and facts.port.tls_by is TlsBy.SYSTEM
    return _found(UNKNOWN, Reason.TLS_EXPECTED, Basis.EVIDENCE) if by_system and facts.is_tcp else None


def _no_evidence(facts: Facts) -> Finding | None:
    return _found(UNKNOWN, Reason.NO_TLS_EVIDENCE, Basis.EVIDENCE) if facts.is_over else None


@lru_cache(256)
def _found(kind: VerdictKind | None, reason: Reason, basis: Basis, detail: str | None = None) -> Finding:
    """Kept once: every connection in memory has one."""
    return Finding(kind, reason, basis, detail)


ROWS = (
    Row(
        "an exception of the policy that is in force; the canary's own connections",
        "as the exception says, `exception`; secure, `canary` (policy)",
        _named,
    ),
    Row(
        "loopback, the remote address is the local one, or one of the policy's own addresses",
        "secure, `local` (policy)",
        _local,
    ),
    Row("both ends in networks that a tunnel of the policy joins", "secure, `tunnel` (policy)", _tunnel),
    Row(
        "S joined, its protocol or cipher below what the policy asks for",
        "insecure, `weak-protocol` or `weak-cipher` (evidence)",
        _weak,
    ),
    Row("S joined", "secure, `tls` (evidence)", _tls),
    Row("the port speaks clear text only", "insecure, `cleartext-port` (port)", _cleartext_port),
    Row("the port is encrypted by another protocol (SSH)", "secure, `encrypted-protocol` (port)", _encrypted_protocol),
    Row("a helper port (449)", "none: an event `helper-port`", _helper),
    Row(
        "the port has a scheme of its own that the journal cannot show (445, 1414, 3000)",
        "unknown, `own-scheme` (port)",
        _own_scheme,
    ),
    Row(
        "X joined, and the port speaks TLS only or is not listed",
        "failed, `handshake-failed` (evidence)",
        _handshake_failed,
        waits=True,
    ),
    Row(
        "a gap in the journal cut the window, or the system was retired in it",
        "unknown, `gap` or `source-ended` (evidence)",
        _cut,
        waits=True,
    ),
    Row("a TLS port whose TLS is not System TLS (Java, OpenSSL)", "secure, `secure-port` (port)", _secure_port),
    Row(
        "`*NETSECURE` was not in force over the whole window, or it is not known",
        "unknown, `tls-not-audited` (evidence)",
        _not_audited,
    ),
    Row(
        "a port that can go over to TLS (FTP 21, SMTP 25), and no S",
        "insecure, `no-upgrade` (evidence)",
        _no_upgrade,
        waits=True,
    ),
    Row("a port of System TLS, and neither S nor X", "unknown, `tls-expected` (evidence)", _tls_expected, waits=True),
    Row("anything else", "unknown, `no-tls-evidence` (evidence)", _no_evidence, waits=True),
)
