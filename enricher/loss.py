"""Alerts about entries that are lost on the way or will be: before they are read, or on their topic before judged."""

from datetime import datetime

from enricher.policy import Notice, Policy
from runtime.flow import Expired
from schemas.ids import expired_id
from schemas.records import Alert, AlertKind, EventId, Progress, Severity

REASON = "loss-ahead"
EXPIRED = "records-expired"
MINUTE = 60


def expired_alert(expired: Expired, policy: Policy, *, system: str, time: datetime) -> Alert | None:
    """Records of a topic were deleted before they were judged; `system` and `time` are of the first one that is left.

    None where the policy raises no alert about gaps.
    """
    if Notice.JOURNAL_GAP not in policy.alerts:
        return None
    topic, number = expired.partition
    count = expired.count
    many = f"{count:,} records" if count is not None else "An unknown number of records"
    return Alert(
        id=expired_id(system, topic, number, expired.offset, "enricher"),
        kind=AlertKind.GAP,
        verdict=None,
        reason=EXPIRED,
        severity=policy.severities[Notice.JOURNAL_GAP].external,
        title=f"Entries of {system} expired on {topic} before they were judged",
        description=f"{many} of partition {number} of {topic} were deleted by its retention before the enricher read "
        f"them. Entries of {system}, and of any other system that is read, have no verdict there.",
        advice="Where the journal still has them, `sk2siem reconcile --since` with the time brings them back; "
        "keep the topic for longer than the enricher can be down.",
        system=system,
        time=time,
        connection=None,
    )


def loss_alert(progress: Progress) -> Alert | None:
    """None where the record does not warn. To be called for the copy on the home partition only."""
    if progress.loss_after_seconds is None:
        return None
    earliest = _duration(progress.loss_after_seconds)
    latest = _duration(progress.loss_before_seconds or progress.loss_after_seconds)
    is_due = progress.loss_after_seconds < MINUTE
    when = "any moment now" if is_due else f"in about {earliest}"
    span = (
        f"any moment now, within {latest}" if is_due else f"not before {earliest}, probably before {latest} have passed"
    )
    return Alert(
        id=EventId(f"{progress.time:%Y%m%dT%H%M%S%f}-{progress.system}.loss"),
        kind=AlertKind.GAP,
        verdict=None,
        reason=REASON,
        severity=Severity.HIGH,
        title=f"Unread journal entries of {progress.system} will be deleted {when}",
        description=f"Entries of {progress.journal} on {progress.system} were not read yet. Their receiver will be "
        f"deleted {span}.",
        advice="Keep the receivers until the producer has caught up, or let it read faster.",
        system=progress.system,
        time=progress.time,
        connection=None,
    )


def _duration(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min"
