"""The alert before an exception ends: whoever answers for it decides again, before its connections become alerts."""

from collections.abc import Iterable
from datetime import datetime

from enricher.policy import Notice, Policy, PolicyException
from enricher.ranges import address_texts, port_texts
from schemas.ids import exception_id
from schemas.records import Alert, AlertKind

NOTICE_DAYS = 14
NAMED = 5
"""How many ports or ranges of them, and how many addresses, are named."""


def expiry_alerts(policy: Policy, system: str, before: datetime | None, now: datetime) -> list[Alert]:
    """One alert per exception of `system` that ends within NOTICE_DAYS, at the first progress of each day (UTC).

    `before` is the journal time of the system's progress before this one, None where there was none; `now` is that of
    this one. A repetition for the same day has the same id. To be called for the copy on the home partition only.
    """
    if Notice.EXCEPTION_ENDS not in policy.alerts or (before is not None and before.date() >= now.date()):
        return []
    return [
        _alert(exception, policy, system, now)
        for exception in policy.exceptions
        if exception.system in (None, system) and 0 <= _days_left(exception, now) <= NOTICE_DAYS
    ]


def exception_text(exception: PolicyException) -> str:
    """What it covers, for example `port 23 with 10.9.8.0/24 on PROD1`."""
    ports = exception.ports
    what = f"port{'s' if len(ports) > 1 else ''} {_few(port_texts(ports))}" if ports else "every port"
    where = f" on {exception.system}" if exception.system else ""
    return f"{what} with {_few(address_texts(exception.addresses))}{where}"


def _few(texts: Iterable[str]) -> str:
    """A title has no room for all that a policy can list."""
    every = list(texts)
    more = f" and {len(every) - NAMED:,} more" if len(every) > NAMED else ""
    return f"{', '.join(every[:NAMED])}{more}"


def _alert(exception: PolicyException, policy: Policy, system: str, now: datetime) -> Alert:
    what = exception_text(exception)
    return Alert(
        id=exception_id(now, system, exception.key),
        kind=AlertKind.EXCEPTION,
        verdict=None,
        reason=Notice.EXCEPTION_ENDS,
        severity=policy.severities[Notice.EXCEPTION_ENDS].external,
        title=f"An exception of the policy ends {_when(exception, now)}: {what}",
        description=(
            f"The exception for {what} ({exception.reason}), answered for by {exception.owner}, "
            f"is in force up to and including {exception.expires}. "
            "After that its connections are judged like all others."
        ),
        advice=f"Ask {exception.owner} whether it is still needed: encrypt these connections, or renew the exception.",
        system=system,
        time=now,
        connection=None,
    )


def _when(exception: PolicyException, now: datetime) -> str:
    days = _days_left(exception, now)
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def _days_left(exception: PolicyException, now: datetime) -> int:
    return (exception.expires - now.date()).days
