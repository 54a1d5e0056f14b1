"""Entries that producer and enricher could not read, as their dead letters on a broker: no verdict speaks of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson

from cli.dead_letters.letters import JOURNAL_ROW, DeadLetter, read
from cli.report.coverage import Unread, Unsaid
from enricher.ended import Span
from producer.raw_row import time_of
from runtime.broker import Broker
from runtime.errors import ConfigError
from schemas.topics import dead_letters

SERVICES = ("producer", "enricher")
AHEAD, BEHIND = timedelta(hours=14), timedelta(hours=12)
"""How far a local time can be from UTC."""


def unread(broker: Broker, span: Span, unsaid: list[Unsaid]) -> Iterator[Unread]:
    """Those that may be of the span, and were not published again; where a topic is not there, that is noted.

    Raises Unavailable.
    """
    for service in SERVICES:
        try:
            for letter in read(broker, [service]):
                if not letter.replayed and _may_be_of(span, letter):
                    yield Unread.of(letter.key)
        except ConfigError:
            topic = dead_letters(service)
            unsaid.append(Unsaid(f"The topic {topic} is not there: what {service} could not read is not known.", True))


def _may_be_of(span: Span, letter: DeadLetter) -> bool:
    first, last = _times(letter)
    return (span.since is None or last >= span.since) and (span.until is None or first < span.until)


def _times(letter: DeadLetter) -> tuple[datetime, datetime]:
    """Between which the entry was written. A row says its local time, of a zone that is not known here."""
    try:
        content = orjson.loads(letter.value)
        if letter.original_type == JOURNAL_ROW:
            local = time_of(content["timestamp"]).replace(tzinfo=UTC)
            return local - AHEAD, local + BEHIND
        time = datetime.fromisoformat(content["time"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return letter.rejected_at, letter.rejected_at
    return time, time
