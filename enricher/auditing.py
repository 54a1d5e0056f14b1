"""Whether a system audits enough to tell who uses TLS, and the alert when it does not."""

from enricher.levels import Levels
from enricher.policy import Mode, Notice, Policy
from schemas.ids import auditing_id
from schemas.records import Alert, AlertKind, Audit, EventId, Progress

CONNECTIONS = {
    "*NETSCK": "who connects is not written to the journal",
    "*NETTELSVR": "Telnet connections are not written to the journal",
}
FORMER_LEVEL = "*NETCMN"
HANDSHAKES = {"*NETSECURE": "TLS handshakes are not written to the journal"}


def missing_levels(levels: Levels, mode: Mode) -> frozenset[str] | None:
    """The audit levels that this mode needs and that are not in force; None where it is not known."""
    return None if levels is None else frozenset(_needed(mode)) - frozenset(levels)


def auditing_alert(
    policy: Policy, record: Progress | Audit, *, before: frozenset[str] | None, missing: frozenset[str] | None
) -> Alert | None:
    """The alert about levels that are missing now and were not before; `before` is None where that was not known.

    To be called for the copy on the home partition only. None where the policy does not raise one.
    """
    news, system = sorted((missing or frozenset()) - (before or frozenset())), record.system
    if not news or Notice.AUDITING not in policy.alerts:
        return None
    words = {**CONNECTIONS, **HANDSHAKES}
    trusted = FORMER_LEVEL in (record.audit_levels or ()) and "*NETSCK" in news
    many = len(news) > 1
    gone = ("are" if many else "is") + " not in force" if before is None else ("were" if many else "was") + " removed"
    return Alert(
        id=auditing_id(record.time, system),
        kind=AlertKind.AUDITING,
        verdict=None,
        reason=Notice.AUDITING,
        severity=policy.severities[Notice.AUDITING].external,
        title=f"Auditing of {system} is not sufficient: {', '.join(news)} {gone}",
        description=f"On {system}, {'; '.join(f'without {level} {words[level]}' for level in news)}."
        + (f" {FORMER_LEVEL} is in force, but since IBM i 7.3 it covers no connections any more." if trusted else ""),
        advice=f"Add {', '.join(news)} to the audit levels (QAUDLVL or QAUDLVL2; QAUDCTL must have *AUDLVL).",
        system=system,
        time=record.time,
        connection=None,
    )


def unaudited_alert(policy: Policy, progress: Progress) -> Alert | None:
    """The alert about connections that the system has and the journal does not; None where the record tells of none.

    To be called for the copy on the home partition only.
    """
    count = progress.unaudited_connections
    if not count or Notice.AUDITING not in policy.alerts:
        return None
    system = progress.system
    many = f"{count} new connections" if count > 1 else "a new connection"
    return Alert(
        id=EventId(f"{progress.time:%Y%m%dT%H%M%S%f}-{system}.unaudited"),
        kind=AlertKind.AUDITING,
        verdict=None,
        reason=Notice.AUDITING,
        severity=policy.severities[Notice.AUDITING].external,
        title=f"Auditing of {system} is not sufficient: connections are opened, and none is in the journal",
        description=f"NETSTAT of {system} shows {many} within the last minutes, and {progress.journal} has no entry of "
        "any connection (SK, type A or C) since the first of them.",
        advice="Look at QAUDCTL (*AUDLVL), and at QAUDLVL and QAUDLVL2 (*NETSCK, *NETTELSVR for Telnet): DSPSECAUD.",
        system=system,
        time=progress.time,
        connection=None,
    )


def _needed(mode: Mode) -> dict[str, str]:
    return {**CONNECTIONS, **HANDSHAKES} if mode is Mode.EVIDENCE else CONNECTIONS
