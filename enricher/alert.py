"""Alerts: the verdicts that the policy raises, and gaps, in words for whoever is paged."""

from enricher.advice import direction_text, port_text
from enricher.catalogue import Match
from enricher.policy import Notice, Policy, Reason
from schemas.records import Alert, AlertKind, Direction, Gap, JournalPlace, Verdict

TITLES = {
    Reason.CLEARTEXT_PORT: "Clear-text connection {end}",
    Reason.NOT_IN_SECURE_LIST: "Connection {end} on a port that is not on the secure list",
}
WHY = {
    Reason.CLEARTEXT_PORT: "a port on the policy's list of clear-text ports",
    Reason.NOT_IN_SECURE_LIST: "a port that is not on the policy's list of secure ports",
}


def alert_about(verdict: Verdict, match: Match, policy: Policy) -> Alert | None:
    """The alert about a verdict; None where the policy does not raise one."""
    if verdict.reason not in policy.alerts:
        return None
    reason = Reason(verdict.reason)
    other = verdict.destination if verdict.direction is Direction.OUTBOUND else verdict.source
    end = f"{'from' if verdict.direction is Direction.OUTBOUND else 'to'} {verdict.system}"
    who = direction_text(verdict.direction, match, system=verdict.system, other=other.address)
    return Alert(
        id=verdict.id,
        kind=AlertKind.VERDICT,
        verdict=verdict.verdict,
        reason=reason,
        severity=verdict.severity,
        title=f"{TITLES[reason].format(end=end)}: {port_text(match)}",
        description=f"{who}, {WHY[reason]}.",
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
    many = "An unknown number of entries" if gap.count is None else f"{gap.count} entries"
    places = f"after {_place(gap.after, 'the beginning')} and before {_place(gap.until, 'the next readable one')}"
    return Alert(
        id=gap.id,
        kind=AlertKind.GAP,
        verdict=None,
        reason=AlertKind.GAP,
        severity=weight.external,
        title=f"Journal entries of {gap.system} can no longer be read",
        description=f"{many} of {gap.journal} on {gap.system} {places} cannot be read: {gap.why}.",
        advice="Keep journal receivers until they have been read, and look for the lost time in other sources.",
        system=gap.system,
        time=gap.time,
        connection=None,
    )


def _place(place: JournalPlace | None, unknown: str) -> str:
    return f"{place.receiver} {place.sequence}" if place else unknown
