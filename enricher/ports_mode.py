"""Mode `ports`, the classic method: by the port alone, and only accepts unless the policy says `outbound`."""

from collections.abc import Sequence

from enricher.alert import alert_about
from enricher.catalogue import Catalogue, Speaks
from enricher.conclusion import conclude
from enricher.connection import Finding, connection_of
from enricher.events import event_of, match_of
from enricher.facts import Facts
from enricher.naming import Published
from enricher.policy import Policy
from enricher.verdict import decide_by_policy
from runtime.record import Offset
from schemas.reasons import Reason
from schemas.records import Basis, DetailType, Entry, VerdictKind

SECURE_PORT = Finding(VerdictKind.SECURE, Reason.SECURE_PORT, Basis.PORT)
CLEARTEXT_PORT = Finding(VerdictKind.INSECURE, Reason.CLEARTEXT_PORT, Basis.PORT)
NOT_IN_SECURE_LIST = Finding(VerdictKind.INSECURE, Reason.NOT_IN_SECURE_LIST, Basis.PORT)
HELPER = Finding(None, Reason.HELPER_PORT, Basis.PORT)


def publish_by_port(entry: Entry, catalogue: Catalogue, policy: Policy) -> Sequence[Published]:
    """The verdict on an entry and its alert, or its event."""
    if not _is_judged(entry.detail_type, policy):
        return [event_of(entry, catalogue)]
    match, location = match_of(entry, catalogue), policy.networks.locate(entry.remote_address)
    connection = connection_of(entry, entry.time, Offset(0), Offset(0))
    finding = decide_by_port(Facts(connection, match, location, policy, None, is_over=True))
    if finding.kind is None:
        return [event_of(entry, catalogue, finding.reason)]
    verdict = conclude(connection, finding, match, location=location, catalogue=catalogue, policy=policy)
    alert = alert_about(verdict, match, policy)
    return [verdict] if alert is None else [verdict, alert]


def decide_by_port(facts: Facts) -> Finding:
    """The first that applies. What the policy says goes first, here too: services of IBM i use the clear ports of the
    host servers over loopback, and nobody outside can read that.
    """
    match, policy = facts.match, facts.policy
    if found := decide_by_policy(facts):
        return found
    if match.port in policy.secure_ports:
        return SECURE_PORT
    if match.port in policy.cleartext_ports:
        return CLEARTEXT_PORT
    return HELPER if facts.speaks is Speaks.HELPER else NOT_IN_SECURE_LIST


def _is_judged(detail_type: DetailType, policy: Policy) -> bool:
    return detail_type is DetailType.ACCEPT or (detail_type is DetailType.CONNECT and policy.outbound)
