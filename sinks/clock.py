"""Whether a SIEM and this machine agree on what time it is: times of events are worth nothing where they do not."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from runtime.errors import Unavailable

TOLERATED_SECONDS = 60.0


def time_of(headers: Mapping[str, str]) -> float | None:
    """What the header Date says (RFC 9110 §6.6.1), in seconds since the epoch; None without a time in it."""
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return None


def require_same_time(who: str, theirs: float | None, ours: float | None = None) -> None:
    """Raises Unavailable that says which clock is behind. A SIEM that tells no time passes."""
    if theirs is None:
        return
    ahead = theirs - (time.time() if ours is None else ours)
    if abs(ahead) > TOLERATED_SECONDS:
        behind = "behind" if ahead > 0 else "ahead of"
        raise Unavailable(
            f"the clock of this machine is {abs(ahead):,.0f} s {behind} that of {who}: "
            "set both by a time server (NTP), else times and delays are wrong in the SIEM"
        )
