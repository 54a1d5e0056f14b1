"""Mode `ports`, the classic method: by the port alone, and only accepts unless the policy says `outbound`."""

from collections.abc import Sequence

from enricher.alert import alert_about
from enricher.catalogue import Catalogue, Match, Speaks
from enricher.conclusion import conclude
from enricher.connection import Finding, connection_of
from enricher.events import event_of, match_of
from enricher.naming import Published
from enricher.networks import Location
from enricher.policy import Policy, Reason
from runtime.record import Offset
from schemas.records import Basis, DetailType, Entry, VerdictKind

LOCAL = Finding(VerdictKind.SECURE, Reason.LOCAL, Basis.POLICY)
TUNNEL = Finding(VerdictKind.SECURE, Reason.TUNNEL, Basis.POLICY)
SECURE_PORT = Finding(VerdictKind.SECURE, Reason.SECURE_PORT, Basis.PORT)
CLEARTEXT_PORT = Finding(VerdictKind.INSECURE, Reason.CLEARTEXT_PORT, Basis.PORT)
NOT_IN_SECURE_LIST = Finding(VerdictKind.INSECURE, Reason.NOT_IN_SECURE_LIST, Basis.PORT)
HELPER = Finding(None, Reason.HELPER_PORT, Basis.PORT)


def publish_by_port(entry: Entry, catalogue: Catalogue, policy: Policy) -> Sequence[Published]:
    """The verdict on an entry and its alert, or its event."""
    match, location = match_of(entry, catalogue), policy.networks.locate(entry.remote_address)
    finding = decide_by_port(entry, match, location, policy=policy)
    if finding is None or finding.kind is None:
        return [event_of(entry, catalogue, finding.reason if finding else None)]
    connection = connection_of(entry, entry.time, Offset(0))
    verdict = conclude(connection, finding, match, location=location, catalogue=catalogue, policy=policy)
    alert = alert_about(verdict, match, policy)
    return [verdict] if alert is None else [verdict, alert]


def decide_by_port(entry: Entry, match: Match, location: Location, *, policy: Policy) -> Finding | None:
    """The first that applies; None where this mode does not judge the entry.

    The one addition to the classic method: loopback, and a connection of the system with its own address, are `local`.
    Services of IBM i use the clear ports of the host servers there, and nobody outside can read it. Exceptions and
    tunnels count only where a policy has them.
    """
    if not _is_judged(entry.detail_type, policy):
        return None
    if exception := policy.exception_for(entry.system, entry.remote_address, match.port, entry.time):
        return Finding(exception.verdict, Reason.EXCEPTION, Basis.POLICY)
    if _is_local(entry, location, policy):
        return LOCAL
    if policy.joined_by_tunnel(entry.local_address, entry.remote_address):
        return TUNNEL
    if match.port in policy.secure_ports:
        return SECURE_PORT
    if match.port in policy.cleartext_ports:
        return CLEARTEXT_PORT
    if match.entry and match.entry.speaks is Speaks.HELPER:
        return HELPER
    return NOT_IN_SECURE_LIST


def _is_judged(detail_type: DetailType, policy: Policy) -> bool:
    return detail_type is DetailType.ACCEPT or (detail_type is DetailType.CONNECT and policy.outbound)


def _is_local(entry: Entry, location: Location, policy: Policy) -> bool:
    is_own = entry.remote_address in (entry.local_address, *policy.own_addresses)
    return location.is_loopback or (location.network is not None and is_own)
