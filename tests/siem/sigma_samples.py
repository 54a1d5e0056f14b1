"""For each Sigma rule, records that it has to find and records that it must leave alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.records import AlertKind, DetailType, Direction, EventId, Network, VerdictKind, changed
from sinks.sink import Forwarded
from tests.unit.sinks.samples import ALERT, CORRECTION, DHCP, EVENT, FAILED, GAP, STATUS, VERDICT

ACCEPTED = changed(VERDICT, id=EventId("accepted"))
OPENED = changed(
    VERDICT,
    id=EventId("opened"),
    detail_type=DetailType.CONNECT,
    direction=Direction.OUTBOUND,
    network=Network.EXTERNAL,
    source=VERDICT.destination,
    destination=VERDICT.source,
)
LATE = changed(VERDICT, id=EventId("late"), backfill=True)
CORRECTED = changed(
    VERDICT, id=EventId("accepted.c1"), supersedes=ACCEPTED.id, verdict=VerdictKind.SECURE, reason="tls"
)
STILL_INSECURE = changed(CORRECTED, verdict=VerdictKind.INSECURE, reason="weak-protocol")
LOCAL = changed(VERDICT, id=EventId("local"), verdict=VerdictKind.SECURE, reason="local")
CANARY = changed(LOCAL, id=EventId("canary"), reason="canary")
WEAK = changed(VERDICT, id=EventId("weak"), reason="weak-protocol")
UNKNOWN = changed(VERDICT, id=EventId("unknown"), verdict=VerdictKind.UNKNOWN, reason="tls-not-audited")
EXCEPTED = changed(VERDICT, id=EventId("excepted"), verdict=VerdictKind.SECURE, reason="exception")
LONE_FAILURE = changed(
    EVENT,
    id=EventId("lone-failure"),
    reason="handshake-failed",
    entry=changed(EVENT.entry, detail_type=DetailType.FAILED_SECURE),
)
FAILURE = changed(FAILED, id=EventId("failure"))
LATE_FAILURE = changed(FAILED, id=EventId("late-failure"), backfill=True)

RAISED = changed(ALERT, id=EventId("raised"))
RAISED_FAILURE = changed(
    ALERT, id=EventId("raised-failure"), verdict=VerdictKind.FAILED, reason="handshake-failed", connection=FAILURE
)
RAISED_LATE = changed(ALERT, id=EventId("raised-late"), connection=LATE)
WITHDRAWN = changed(
    ALERT, id=EventId("raised.c1"), kind=AlertKind.CORRECTION, verdict=VerdictKind.SECURE, connection=CORRECTED
)
RAISED_AGAIN = changed(
    ALERT, id=EventId("other.c1"), kind=AlertKind.CORRECTION, reason="weak-protocol", connection=STILL_INSECURE
)
LOST = changed(GAP, id=EventId("lost"))
AHEAD = changed(GAP, id=EventId("ahead"), reason="loss-ahead")
BLIND = changed(GAP, id=EventId("blind"), kind=AlertKind.AUDITING, reason="auditing")
ENDS = changed(GAP, id=EventId("ends"), kind=AlertKind.EXCEPTION, reason="exception-ends")

ALERTS: Sequence[Forwarded] = (RAISED, RAISED_FAILURE, RAISED_LATE, WITHDRAWN, RAISED_AGAIN, LOST, AHEAD, BLIND, ENDS)
OTHERS: Sequence[Forwarded] = (
    ACCEPTED,
    OPENED,
    LATE,
    CORRECTED,
    LOCAL,
    CANARY,
    WEAK,
    UNKNOWN,
    EXCEPTED,
    LONE_FAILURE,
    FAILURE,
    LATE_FAILURE,
    changed(CORRECTION, id=EventId("late-correction")),
    changed(EVENT, id=EventId("helper-port")),
    changed(DHCP, id=EventId("dhcp")),
    STATUS,
)


@dataclass(frozen=True, slots=True)
class Case:
    positive: Sequence[Forwarded]
    negative: Sequence[Forwarded]


def case(*positive: Forwarded) -> Case:
    """Everything else must be left alone: by what it says, or because it is another kind of record."""
    found = {one.id for one in positive}
    return Case(positive, [one for one in (*ALERTS, *OTHERS) if one.id not in found])


CASES: Mapping[str, Case] = {
    "ibmi_insecure_connection": case(RAISED, RAISED_FAILURE, RAISED_AGAIN),
    "ibmi_new_inbound_remote": case(ACCEPTED, WEAK, UNKNOWN, EXCEPTED, FAILURE),
    "ibmi_new_outbound_remote": case(OPENED),
    "ibmi_handshake_failed": case(FAILURE, LONE_FAILURE),
    "ibmi_journal_gap": case(LOST),
    "ibmi_loss_ahead": case(AHEAD),
    "ibmi_auditing_not_sufficient": case(BLIND),
    "ibmi_exception_ends": case(ENDS),
}
