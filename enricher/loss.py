"""The alert that entries will be deleted before they are read, while there is still time to do something about it."""

from schemas.records import Alert, AlertKind, EventId, Progress, Severity

REASON = "loss-ahead"


def loss_alert(progress: Progress) -> Alert | None:
    """None where the record does not warn. To be called for the copy on the home partition only."""
    if progress.loss_after_seconds is None:
        return None
    earliest = _duration(progress.loss_after_seconds)
    latest = _duration(progress.loss_before_seconds or progress.loss_after_seconds)
    return Alert(
        id=EventId(f"{progress.time:%Y%m%dT%H%M%S%f}-{progress.system}.loss"),
        kind=AlertKind.GAP,
        verdict=None,
        reason=REASON,
        severity=Severity.HIGH,
        title=f"Unread journal entries of {progress.system} will be deleted in about {earliest}",
        description=f"Entries of {progress.journal} on {progress.system} were not read yet. Their receiver will be "
        f"deleted not before {earliest}, probably before {latest} have passed.",
        advice="Keep the receivers until the producer has caught up, or let it read faster.",
        system=progress.system,
        time=progress.time,
        connection=None,
    )


def _duration(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min"
