"""What an answer of a SIEM means for the events of its request: the result of every sink's `judge`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from runtime.errors import Unavailable
from runtime.flow import Reason

LONGEST_WAIT = 3600.0


class Receipt(NamedTuple):
    """What a SIEM gives where it acknowledges later: whom to ask, and about which request."""

    endpoint: str
    channel: str
    number: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The fate of each event, by its index in the request. An event that is named nowhere is held, never accepted.

    `again`: not looked at because of a rejected one before it; to be sent again at once.
    `blamed`: something in the request is refused without saying which event: halve it until one is alone.
    `trouble`: why something is held, in words for the operator.
    `slow`: the SIEM took everything and asks for less.
    `receipt`: what was accepted is only taken so far, and settled when the SIEM acknowledges this.
    """

    accepted: Collection[int] = ()
    rejected: Sequence[tuple[int, Reason]] = ()
    again: Sequence[int] = ()
    blamed: Reason | None = None
    trouble: Unavailable | None = None
    duplicates: int = 0
    slow: bool = False
    receipt: Receipt | None = None


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The wait in seconds that the header Retry-After asks for (RFC 9110 §10.2.3), an hour at most; None without."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((zoned - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_WAIT)
