"""The verdict on one entry: a pure function of the entry, what is known of its port, and the policy."""

from typing import NamedTuple

from enricher.advice import advise
from enricher.catalogue import Catalogue, Match, Speaks, Transport
from enricher.networks import Location
from enricher.policy import Policy, Reason
from schemas.records import Basis, DetailType, Direction, Endpoint, Entry, Event, Severity, Verdict, VerdictKind

DIRECTIONS = {
    DetailType.ACCEPT: Direction.INBOUND,
    DetailType.CONNECT: Direction.OUTBOUND,
    DetailType.INBOUND_UDP: Direction.INBOUND,
    DetailType.OUTBOUND_UDP: Direction.OUTBOUND,
}
EVENT_REASONS = {
    DetailType.CONNECT: "outbound",
    DetailType.DHCP_ASSIGNED: "dhcp-assigned",
    DetailType.FILTERED_MAIL: "mail-filtered",
    DetailType.INBOUND_UDP: "udp",
    DetailType.OUTBOUND_UDP: "udp",
    DetailType.PORT_UNAVAILABLE: "port-unavailable",
    DetailType.REJECTED_MAIL: "mail-rejected",
    DetailType.SECURE: "handshake",
    DetailType.DHCP_NOT_ASSIGNED: "dhcp-not-assigned",
    DetailType.FAILED_SECURE: "handshake-failed",
}
UDP = frozenset({DetailType.INBOUND_UDP, DetailType.OUTBOUND_UDP})


class Finding(NamedTuple):
    kind: VerdictKind
    reason: str
    basis: Basis
    severity: Severity


LOCAL = Finding(VerdictKind.SECURE, "local", Basis.POLICY, Severity.INFORMATIONAL)
SECURE_PORT = Finding(VerdictKind.SECURE, "secure-port", Basis.PORT, Severity.INFORMATIONAL)


def match_port(entry: Entry, catalogue: Catalogue) -> Match:
    """The port that tells the entry's service."""
    direction = DIRECTIONS.get(entry.detail_type, Direction.UNKNOWN)
    transport = Transport.UDP if entry.detail_type in UDP else Transport.TCP
    return catalogue.match(direction, entry.local_port, entry.remote_port, transport=transport)


def judge(entry: Entry, match: Match, catalogue: Catalogue, *, policy: Policy) -> Verdict | Event:
    """The classic method: by the port alone, in this order; only accepts unless the policy says `outbound`.

    The one addition to it: loopback, and a connection of the system with its own address, are `local`. Services of
    IBM i use the clear ports of the host servers there, and nobody outside can read it.
    """
    if not _is_judged(entry.detail_type, policy):
        return _event(entry, match, EVENT_REASONS[entry.detail_type])
    location = policy.networks.locate(entry.remote_address)
    if _is_local(entry, location):
        return _verdict(entry, match, location, finding=LOCAL, advice=None, policy=policy)
    if match.port in policy.secure_ports:
        return _verdict(entry, match, location, finding=SECURE_PORT, advice=None, policy=policy)
    if match.port in policy.cleartext_ports:
        reason = Reason.CLEARTEXT_PORT
    elif match.entry and match.entry.speaks is Speaks.HELPER:
        return _event(entry, match, "helper-port")
    else:
        reason = Reason.NOT_IN_SECURE_LIST
    finding = Finding(VerdictKind.INSECURE, reason, Basis.PORT, policy.severities[reason].of(location.network))
    advice = advise(match, catalogue.twin(match.entry))
    return _verdict(entry, match, location, finding=finding, advice=advice, policy=policy)


def _is_judged(detail_type: DetailType, policy: Policy) -> bool:
    return detail_type is DetailType.ACCEPT or (detail_type is DetailType.CONNECT and policy.outbound)


def _is_local(entry: Entry, location: Location) -> bool:
    return location.is_loopback or (location.network is not None and entry.remote_address == entry.local_address)


def _event(entry: Entry, match: Match, reason: str) -> Event:
    service = match.entry.service if match.entry else None
    return Event(id=entry.id, system=entry.system, time=entry.time, reason=reason, service=service, entry=entry)


def _verdict(
    entry: Entry, match: Match, location: Location, *, finding: Finding, advice: str | None, policy: Policy
) -> Verdict:
    local = Endpoint(entry.local_address, entry.local_port)
    remote = Endpoint(entry.remote_address, entry.remote_port)
    direction = DIRECTIONS[entry.detail_type]
    outbound = direction is Direction.OUTBOUND
    return Verdict(
        id=entry.id,
        verdict=finding.kind,
        reason=finding.reason,
        basis=finding.basis,
        severity=finding.severity,
        system=entry.system,
        time=entry.time,
        journal_time=entry.journal_time,
        detail_type=entry.detail_type,
        direction=direction,
        network=location.network,
        transport=Transport.TCP,
        service=match.entry.service if match.entry else None,
        source=local if outbound else remote,
        destination=remote if outbound else local,
        evidence=(entry.id,),
        tls=None,
        advice=advice,
        policy=policy.hash,
        mode=policy.mode,
        audit_levels=None,
        journal=entry.journal,
        receiver=entry.receiver,
        sequence=entry.sequence,
        reader=entry.reader,
        backfill=entry.backfill,
    )
