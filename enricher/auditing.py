"""Whether a system audits enough to tell who uses TLS, and the alert when it does not."""

from datetime import datetime

from enricher.levels import Levels
from enricher.policy import Mode, Notice, Policy
from schemas.ids import auditing_id
from schemas.records import Alert, AlertKind

CONNECTIONS = {
    "*NETSCK": "who connects is not written to the journal",
    "*NETTELSVR": "Telnet connections are not written to the journal",
}
HANDSHAKES = {"*NETSECURE": "TLS handshakes are not written to the journal"}


def missing_levels(levels: Levels, mode: Mode) -> frozenset[str] | None:
    """The audit levels that this mode needs and that are not in force; None where it is not known."""
    return None if levels is None else frozenset(_needed(mode)) - frozenset(levels)


def auditing_alert(
    policy: Policy, system: str, *, time: datetime, before: frozenset[str] | None, missing: frozenset[str] | None
) -> Alert | None:
    """The alert about levels that are missing now and were not before; `before` is None where that was not known.

    To be called for the copy on the home partition only. None where the policy does not raise one.
    """
    news = sorted((missing or frozenset()) - (before or frozenset()))
    if not news or Notice.AUDITING not in policy.alerts:
        return None
    words = {**CONNECTIONS, **HANDSHAKES}
    many = len(news) > 1
    gone = ("are" if many else "is") + " not in force" if before is None else ("were" if many else "was") + " removed"
    return Alert(
        id=auditing_id(time, system),
        kind=AlertKind.AUDITING,
        verdict=None,
        reason=Notice.AUDITING,
        severity=policy.severities[Notice.AUDITING].external,
        title=f"Auditing of {system} is not sufficient: {', '.join(news)} {gone}",
        description=f"On {system}, {'; '.join(f'without {level} {words[level]}' for level in news)}.",
        advice=f"Add {', '.join(news)} to the audit levels (QAUDLVL or QAUDLVL2; QAUDCTL must have *AUDLVL).",
        system=system,
        time=time,
        connection=None,
    )


def _needed(mode: Mode) -> dict[str, str]:
    return {**CONNECTIONS, **HANDSHAKES} if mode is Mode.EVIDENCE else CONNECTIONS
