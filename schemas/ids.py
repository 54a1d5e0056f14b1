"""Ids made from the journal, never from an offset: stable over re-reads, restarts and time-zone settings."""

import re
from datetime import datetime
from functools import lru_cache

from schemas.records import EventId

CORRECTION = re.compile(r"\.c(\d+)$")


def entry_id(journal_time: datetime, system: str, receiver: str, sequence: int) -> EventId:
    """For example `20261122T021500123456-PROD1-AUDRCV0001-00000000000000184467`.

    `journal_time` is the local time as the journal gave it, not converted. Sortable; at most 64 characters, because
    a system name has at most 8 and a receiver name at most 10.
    """
    time = journal_time.isoformat(timespec="microseconds")  # a third of the time that formatting its parts takes
    stamp = f"{time[:4]}{time[5:7]}{time[8:13]}{time[14:16]}{time[17:19]}{time[20:26]}"
    return EventId(f"{stamp}-{system}-{receiver}-{sequence:020d}")


def place_in(one: EventId) -> tuple[str, str]:
    """The journal time and the sequence that the id of an entry tells."""
    return f"{_minute_in(one[:13])}.{one[13:15]}.{one[15:21]}", one[-20:].lstrip("0")


@lru_cache(1024)
def _minute_in(stamp: str) -> str:
    """Many entries have the same."""
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}-{stamp[9:11]}.{stamp[11:13]}"


def correction_id(first: EventId, number: int) -> EventId:
    """The id of the `number`th correction (from 1) of the verdict with the id `first`."""
    return EventId(f"{first}.c{number}")


def first_id(one: str) -> EventId:
    """The id of the first verdict that `one` belongs to: itself, unless it is a correction's."""
    return EventId(CORRECTION.sub("", one))


def correction_number(one: str) -> int:
    """Which correction the id `one` is of, from 1; 0 for a first verdict."""
    found = CORRECTION.search(one)
    return int(found[1]) if found else 0


def gap_id(system: str, receiver: str, sequence: int) -> EventId:
    """The id of the gap that begins behind this place; the same however often the gap is found."""
    return EventId(f"gap-{system}-{receiver}-{sequence:020d}")


def expired_id(system: str, topic: str, partition: int, offset: int, service: str) -> EventId:
    """The id of the alert that records of a topic were deleted from this offset on before `service` read them."""
    return EventId(f"gap-{system}--{offset:020d}.{topic.rpartition('.')[2]}{partition}.{service}")


def open_id(journal_time: datetime, system: str, key: str) -> EventId:
    """The id of the event that a connection was open at this local time; `key` are digits that tell it from others."""
    return EventId(f"{journal_time:%Y%m%dT%H%M%S%f}-{system}.open{key}")


def exception_id(journal_time: datetime, system: str, key: str) -> EventId:
    """The id of the alert that an exception of the policy ends: one per exception, system and day of journal time.

    `key` are the digits that tell the exception from others.
    """
    return EventId(f"{journal_time:%Y%m%d}T000000000000-{system}.exception{key}")


def auditing_id(time: datetime, system: str) -> EventId:
    """The id of the alert that auditing is not sufficient since this time (UTC)."""
    return EventId(f"{time:%Y%m%dT%H%M%S%f}-{system}.auditing")


def origin_of(one: str) -> tuple[str, str, str]:
    """System, receiver and sequence that an id names; empty where it names none."""
    parts = one.split("-", 3)
    system = parts[1].partition(".")[0] if len(parts) > 1 else ""
    return (system, parts[2], parts[3][:20]) if len(parts) == 4 else (system, "", "")
