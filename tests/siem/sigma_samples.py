"""For each Sigma rule, records that it has to find and records that it must leave alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.records import AlertKind, DetailType, Direction, EventId, Network, VerdictKind
from sinks.sink import Forwarded
from tests.unit.sinks.samples import ALERT, CORRECTION, DHCP, EVENT, FAILED, GAP, STATUS, VERDICT

ACCEPTED = replace(VERDICT, id=EventId("accepted"))
OPENED = replace(
    VERDICT,
    id=EventId("opened"),
    detail_type=DetailType.CONNECT,
    direction=Direction.OUTBOUND,
    network=Network.EXTERNAL,
    source=VERDICT.destination,
    destination=VERDICT.source,
)
LATE = replace(VERDICT, id=EventId("late"), backfill=True)
CORRECTED = replace(
    VERDICT, id=EventId("accepted.c1"), supersedes=ACCEPTED.id, verdict=VerdictKind.SECURE, reason="tls"
)
STILL_INSECURE = replace(CORRECTED, verdict=VerdictKind.INSECURE, reason="weak-protocol")
LOCAL = replace(VERDICT, id=EventId("local"), verdict=VerdictKind.SECURE, reason="local")
CANARY = replace(LOCAL, id=EventId("canary"), reason="canary")
WEAK = replace(VERDICT, id=EventId("weak"), reason="weak-protocol")
UNKNOWN = replace(VERDICT, id=EventId("unknown"), verdict=VerdictKind.UNKNOWN, reason="tls-not-audited")
EXCEPTED = replace(VERDICT, id=EventId("excepted"), verdict=VerdictKind.SECURE, reason="exception")
LONE_FAILURE = replace(
    EVENT,
    id=EventId("lone-failure"),
    reason="handshake-failed",
    entry=replace(EVENT.entry, detail_type=DetailType.FAILED_SECURE),
)
FAILURE = replace(FAILED, id=EventId("failure"))
LATE_FAILURE = replace(FAILED, id=EventId("late-failure"), backfill=True)

RAISED = replace(ALERT, id=EventId("raised"))
RAISED_FAILURE = replace(
    ALERT, id=EventId("raised-failure"), verdict=VerdictKind.FAILED, reason="handshake-failed", connection=FAILURE
)
RAISED_LATE = replace(ALERT, id=EventId("raised-late"), connection=LATE)
WITHDRAWN = replace(
    ALERT, id=EventId("raised.c1"), kind=AlertKind.CORRECTION, verdict=VerdictKind.SECURE, connection=CORRECTED
)
RAISED_AGAIN = replace(
    ALERT, id=EventId("other.c1"), kind=AlertKind.CORRECTION, reason="weak-protocol", connection=STILL_INSECURE
)
LOST = replace(GAP, id=EventId("lost"))
AHEAD = replace(GAP, id=EventId("ahead"), reason="loss-ahead")
BLIND = replace(GAP, id=EventId("blind"), kind=AlertKind.AUDITING, reason="auditing")
ENDS = replace(GAP, id=EventId("ends"), kind=AlertKind.EXCEPTION, reason="exception-ends")

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
    replace(CORRECTION, id=EventId("late-correction")),
    replace(EVENT, id=EventId("helper-port")),
    replace(DHCP, id=EventId("dhcp")),
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
