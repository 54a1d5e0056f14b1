"""The verdict table of evidence mode: the first row that applies decides. Pure, and the same as in docs/verdicts.md."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from enricher.catalogue import Speaks, TlsBy
from enricher.connection import Finding
from enricher.facts import Facts, deciding_tls
from enricher.policy import Policy
from enricher.tls import weakness
from schemas.reasons import Reason
from schemas.records import Basis, DetailType, VerdictKind

NETSECURE = "*NETSECURE"
AFTER_FAILED_HANDSHAKE = "after-failed-handshake"
CATALOGUE_WRONG = "catalogue-wrong"
MADE_BY_CANARY = frozenset({DetailType.ACCEPT, DetailType.SECURE})
SECURE, INSECURE, UNKNOWN, FAILED = (
    VerdictKind.SECURE,
    VerdictKind.INSECURE,
    VerdictKind.UNKNOWN,
    VerdictKind.FAILED,
)


class Row(NamedTuple):
    """One row of the table, for ports that speak one of `speaks` (empty: any).

    `waits` when it holds only once the window is over, `joined` when only a joined handshake can make it apply; `said`
    finds what a policy has to say for it to apply.
    """

    when: str
    outcome: str
    finding: Callable[[Facts], Finding | None]
    speaks: tuple[Speaks | None, ...] = ()
    waits: bool = False
    joined: bool = False
    said: Callable[[Policy], object] | None = None


class VerdictTable:
    """The rows that a policy can make apply."""

    def __init__(self, policy: Policy) -> None:
        self._rows = [row for row in ROWS if row.said is None or row.said(policy)]
        self._candidates: dict[tuple[Speaks | None, bool, bool], Sequence[Row]] = {}

    def decide(self, facts: Facts) -> Finding | None:
        """The first row that applies; None while the window is open and a handshake could still change the answer."""
        connection, is_over = facts.connection, facts.is_over
        asked = facts.speaks, bool(connection.handshakes), is_over
        for row in self._candidates.get(asked) or self._looked_at(*asked):
            if row.waits and not is_over:
                if connection.has_failed:
                    return None
            elif found := row.finding(facts):
                return found
        return None

    def _looked_at(self, speaks: Speaks | None, is_joined: bool, is_over: bool) -> Sequence[Row]:
        """The rows that can apply, in their order."""
        rows = self._candidates[speaks, is_joined, is_over] = [
            row
            for row in self._rows
            if (not row.speaks or speaks in row.speaks)
            and (is_joined or not row.joined)
            and (is_joined or is_over or not row.waits)
        ]
        return rows


def decide_by_policy(facts: Facts) -> Finding | None:
    """The rows that look at nothing but who the two ends are; None where none of them applies."""
    return _named(facts) or _local(facts) or _tunnel(facts)


def _named(facts: Facts) -> Finding | None:
    """The canary first: it is told by a port as well, which makes it the narrower of the two."""
    one, canary = facts.connection, facts.policy.canary
    if canary and one.detail_type in MADE_BY_CANARY and canary.opened(one.remote_address, one.remote_port):
        return _found(SECURE, Reason.CANARY, Basis.POLICY)
    exception = facts.exception
    return _found(exception.verdict, Reason.EXCEPTION, Basis.POLICY) if exception else None


def _local(facts: Facts) -> Finding | None:
    one, location = facts.connection, facts.location
    is_own = one.remote_address == one.local_address or one.remote_address in facts.policy.own_addresses
    is_local = location.is_loopback or (is_own and location.network is not None)
    return _found(SECURE, Reason.LOCAL, Basis.POLICY) if is_local else None


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


def _by_port(kind: VerdictKind | None, reason: Reason) -> Callable[[Facts], Finding]:
    """Whatever else is known."""
    finding = _found(kind, reason, Basis.PORT)
    return lambda _: finding


def _handshake_failed(facts: Facts) -> Finding | None:
    return _found(FAILED, Reason.HANDSHAKE_FAILED, Basis.EVIDENCE) if facts.connection.has_failed else None


def _cut(facts: Facts) -> Finding | None:
    cut = facts.connection.cut
    return _found(UNKNOWN, cut, Basis.EVIDENCE) if cut else None


def _secure_port(facts: Facts) -> Finding | None:
    return _found(SECURE, Reason.SECURE_PORT, Basis.PORT) if facts.is_tls_by(TlsBy.OTHER) else None


def _not_audited(facts: Facts) -> Finding | None:
    """At once where it is known that nothing of TLS is written now; at the end by what was in force all the time."""
    levels = (facts.connection.levels or ()) if facts.is_over else facts.present
    if not facts.is_tcp or levels is None or NETSECURE in levels:
        return None
    return _found(UNKNOWN, Reason.TLS_NOT_AUDITED, Basis.EVIDENCE)


def _no_upgrade(facts: Facts) -> Finding | None:
    if facts.is_tls_by(TlsBy.OTHER) or not facts.is_tcp:
        return None
    detail = AFTER_FAILED_HANDSHAKE if facts.connection.has_failed else None
    return _found(INSECURE, Reason.NO_UPGRADE, Basis.EVIDENCE, detail)


def _tls_expected(facts: Facts) -> Finding | None:
    is_expected = facts.is_tls_by(TlsBy.SYSTEM) and facts.is_tcp
    return _found(UNKNOWN, Reason.TLS_EXPECTED, Basis.EVIDENCE) if is_expected else None


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
        said=lambda policy: policy.canary or policy.exceptions,
    ),
    Row(
        "loopback, the remote address is the local one, or one of the policy's own addresses",
        "secure, `local` (policy)",
        _local,
    ),
    Row(
        "both ends in networks that a tunnel of the policy joins",
        "secure, `tunnel` (policy)",
        _tunnel,
        said=lambda policy: policy.tunnels,
    ),
    Row(
        "S joined, its protocol or cipher below what the policy asks for",
        "insecure, `weak-protocol` or `weak-cipher` (evidence)",
        _weak,
        joined=True,
    ),
    Row("S joined", "secure, `tls` (evidence)", _tls, joined=True),
    Row(
        "the port speaks clear text only",
        "insecure, `cleartext-port` (port)",
        _by_port(INSECURE, Reason.CLEARTEXT_PORT),
        (Speaks.CLEARTEXT,),
    ),
    Row(
        "the port is encrypted by another protocol (SSH)",
        "secure, `encrypted-protocol` (port)",
        _by_port(SECURE, Reason.ENCRYPTED_PROTOCOL),
        (Speaks.ENCRYPTED,),
    ),
    Row("a helper port (449)", "none: an event `helper-port`", _by_port(None, Reason.HELPER_PORT), (Speaks.HELPER,)),
    Row(
        "the port has a scheme of its own that the journal cannot show (445, 1414, 3000)",
        "unknown, `own-scheme` (port)",
        _by_port(UNKNOWN, Reason.OWN_SCHEME),
        (Speaks.OWN_SCHEME,),
    ),
    Row(
        "X joined, and the port speaks TLS only or is not listed",
        "failed, `handshake-failed` (evidence)",
        _handshake_failed,
        (None, Speaks.TLS),
        waits=True,
        joined=True,
    ),
    Row(
        "a gap in the journal reaches into the window, or the system was retired in it",
        "unknown, `gap` or `source-ended` (evidence)",
        _cut,
        waits=True,
    ),
    Row(
        "a TLS port whose TLS is not System TLS (Java, OpenSSL)",
        "secure, `secure-port` (port)",
        _secure_port,
        (Speaks.TLS,),
    ),
    Row(
        "`*NETSECURE` was not in force over the whole window, or it is not known",
        "unknown, `tls-not-audited` (evidence)",
        _not_audited,
    ),
    Row(
        'a port that can go over to TLS (FTP 21, SMTP 25), not listed with `tls_by = "other"`, and no S',
        "insecure, `no-upgrade` (evidence)",
        _no_upgrade,
        (Speaks.UPGRADABLE,),
        waits=True,
    ),
    Row(
        "a port of System TLS, and neither S nor X",
        "unknown, `tls-expected` (evidence)",
        _tls_expected,
        (Speaks.TLS,),
        waits=True,
    ),
    Row("anything else", "unknown, `no-tls-evidence` (evidence)", _no_evidence, waits=True),
)
