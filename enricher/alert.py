"""Alerts: the verdicts that the policy raises, and gaps, in words for whoever is paged."""

from enricher.advice import direction_text, port_text
from enricher.catalogue import Match
from enricher.connection import UNTOLD, Finding
from enricher.policy import Notice, Policy
from enricher.verdict import AFTER_FAILED_HANDSHAKE
from schemas.reasons import Reason
from schemas.records import Alert, AlertKind, Direction, Gap, JournalPlace, Tls, Verdict, VerdictKind

TITLES: dict[str, str] = {
    Reason.CLEARTEXT_PORT: "Clear-text connection {end}",
    Reason.NO_UPGRADE: "Connection {end} that did not go over to TLS",
    Reason.WEAK_PROTOCOL: "Connection {end} with a weak TLS protocol",
    Reason.WEAK_CIPHER: "Connection {end} with a weak cipher",
    Reason.NOT_IN_SECURE_LIST: "Connection {end} on a port that is not on the secure list",
    Reason.HANDSHAKE_FAILED: "Failed TLS handshake {end}",
    Reason.LOCAL: "Connection {end} that never left it",
    Reason.TUNNEL: "Connection {end} inside a tunnel of the policy",
    Reason.CANARY: "Connection {end} made by the canary",
    Reason.EXCEPTION: "Connection {end} under an exception of the policy",
}
BY_VERDICT = {
    VerdictKind.SECURE: "Encrypted connection {end}",
    VerdictKind.INSECURE: "Insecure connection {end}",
    VerdictKind.UNKNOWN: "Connection {end} of which it is not known whether it is encrypted",
    VerdictKind.FAILED: "Failed connection {end}",
}
WHY: dict[str, str] = {
    Reason.EXCEPTION: "which an exception of the policy is about",
    Reason.CANARY: "made by the canary to see whether it arrives",
    Reason.LOCAL: "and never left the system",
    Reason.TUNNEL: "inside a tunnel of the policy",
    Reason.WEAK_PROTOCOL: "with {tls}, a protocol below what the policy asks for",
    Reason.WEAK_CIPHER: "with {tls}, a cipher that the policy does not count as encrypted",
    Reason.TLS: "with {tls}",
    Reason.CLEARTEXT_PORT: "a port that is listed as clear text",
    Reason.ENCRYPTED_PROTOCOL: "a port that is always encrypted",
    Reason.OWN_SCHEME: "a port with a scheme of its own, which the journal cannot show",
    Reason.HANDSHAKE_FAILED: "and the TLS handshake failed",
    Reason.GAP: "and journal entries around it are missing",
    Reason.SOURCE_ENDED: "and nothing was read of the system after it",
    Reason.SECURE_PORT: "a port that is listed as encrypted",
    Reason.TLS_NOT_AUDITED: "while TLS handshakes were not audited",
    Reason.NO_UPGRADE: "a port that begins in clear text, and no TLS handshake succeeded",
    AFTER_FAILED_HANDSHAKE: "a port that begins in clear text, where a TLS handshake was tried and failed",
    Reason.TLS_EXPECTED: "a TLS port, and no handshake followed",
    Reason.NO_TLS_EVIDENCE: "and no TLS handshake succeeded",
    Reason.NOT_IN_SECURE_LIST: "a port that is not on the policy's list of secure ports",
}


ENDS = {Direction.INBOUND: "to", Direction.OUTBOUND: "from", Direction.UNKNOWN: "with"}


def alert_about(verdict: Verdict, match: Match, policy: Policy, *, before: Finding | None = None) -> Alert | None:
    """The alert about a verdict; None where the policy does not raise one.

    `before` is what a correction corrects: where that had raised an alert, the correction is told, whatever it says.
    """
    told_before = before is not None and before.reason in policy.alerts
    if verdict.reason not in policy.alerts and not told_before:
        return None
    other = verdict.destination if verdict.direction is Direction.OUTBOUND else verdict.source
    end = f"{ENDS[verdict.direction]} {verdict.system}"
    who = direction_text(verdict.direction, match, system=verdict.system, other=other.address)
    title = TITLES.get(verdict.reason, BY_VERDICT[verdict.verdict]).format(end=end)
    why = WHY.get(verdict.detail or "", WHY[verdict.reason]).format(tls=_tls_text(verdict.tls))
    return Alert(
        id=verdict.id,
        kind=AlertKind.CORRECTION if told_before else AlertKind.VERDICT,
        verdict=verdict.verdict,
        reason=verdict.reason,
        severity=verdict.severity,
        title=f"{'Corrected: ' if told_before else ''}{title}: {port_text(match)}",
        description=f"{who}, {why}.{_corrected(before)}",
        advice=verdict.advice,
        system=verdict.system,
        time=verdict.time,
        connection=verdict,
    )


def gap_alert(gap: Gap, policy: Policy) -> Alert | None:
    """The alert about entries that can no longer be read; None where the policy does not raise one."""
    if Notice.JOURNAL_GAP not in policy.alerts:
        return None
    weight = policy.severities[Notice.JOURNAL_GAP]
    many = "An unknown number of entries" if gap.count is None else f"{gap.count:,} entries"
    places = f"after {_place(gap.after, 'the beginning')} and before {_place(gap.until, 'the next readable one')}"
    return Alert(
        id=gap.id,
        kind=AlertKind.GAP,
        verdict=None,
        reason=Notice.JOURNAL_GAP,
        severity=weight.external,
        title=f"Journal entries of {gap.system} can no longer be read",
        description=f"{many} of {gap.journal} on {gap.system} {places} cannot be read: {gap.why}.",
        advice="Keep journal receivers until they have been read, and look for the lost time in other sources.",
        system=gap.system,
        time=gap.time,
        connection=None,
    )


def _corrected(before: Finding | None) -> str:
    return f" Before its TLS entry was read, it was {before.kind} ({before.reason})." if before and before.kind else ""


def _tls_text(tls: Tls | None) -> str:
    known = (tls.protocol, tls.cipher) if tls else ()
    return " ".join(part for part in known if part and part != UNTOLD) or "TLS"


def _place(place: JournalPlace | None, unknown: str) -> str:
    return f"{place.receiver} {place.sequence}" if place else unknown
