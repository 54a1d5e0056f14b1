"""What a sink tells its SIEM about records that it could never deliver: their topic had deleted them by then."""

from datetime import UTC, datetime

from runtime.flow import Expired
from schemas.ids import expired_id
from schemas.records import Alert, AlertKind, Severity

REASON = "records-expired"


def expired_alert(expired: Expired, service: str, *, system: str, time: datetime) -> Alert:
    """`system` and `time` are of the first record that is left. Two sinks that lose the same have two ids."""
    topic, number = expired.partition
    count = expired.count
    many = f"{count:,} records" if count is not None else "An unknown number of records"
    return Alert(
        id=expired_id(system, topic, number, expired.offset, service),
        kind=AlertKind.GAP,
        verdict=None,
        reason=REASON,
        severity=Severity.HIGH,
        title=f"Records of {topic} expired before they were delivered here",
        description=f"{many} of partition {number} of {topic}, before those of {time.astimezone(UTC):%Y-%m-%d %H:%M} "
        f"UTC, were deleted by its retention before the sink {service} read them. "
        "They are of every system that is read, and this SIEM will not show them.",
        advice="Look for them in another sink's SIEM or files; keep the topic for longer than this SIEM can be away.",
        system=system,
        time=time,
        connection=None,
    )
