"""The port to a journal: what a reader gives, whatever it reads from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from producer.socket_fields import SocketFields
from runtime.errors import PositionLost


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One entry's place in a journal. The sequence alone is not enough: it can restart at a receiver change.

    `attached_at` tells two receivers of one name apart: when this one was attached, local time, None where that is
    not known. It is no part of what makes two places equal.
    """

    receiver_library: str
    receiver: str
    sequence: int
    attached_at: datetime | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.receiver_library}/{self.receiver} {self.sequence}"


class PlaceLost(PositionLost):
    """The place can no longer be reached. The oldest entry not yet read stands behind `resume` (None: it is the
    oldest that can be read at all). What was read behind `sure` may have come from another receiver of that name."""

    def __init__(self, message: str, resume: Place | None = None) -> None:
        super().__init__(message)
        self.resume = resume
        self.sure: Place | None = None


@dataclass(slots=True, unsafe_hash=True)
class JournalRow:
    """One row of the journal as read, not yet decoded. Nobody changes it; to say so takes longer than to read it.

    `timestamp` is the partition's local time without a zone, as the journal gives it. `entry_data` is the
    entry-specific data, EBCDIC; a reader that is given columns fills `fields` instead. Texts are stripped of padding;
    what the reader cannot know is None.
    """

    place: Place
    timestamp: datetime
    entry_type: str
    entry_data: bytes
    job_name: str | None = None
    job_user: str | None = None
    job_number: str | None = None
    user: str | None = None
    program: str | None = None
    program_library: str | None = None
    fields: SocketFields | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """Entries that can no longer be read: a gap. `after` and `until` are the readable places around it."""

    after: Place | None
    until: Place | None
    why: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """The next entry will be deleted not before `after` and probably before `before` has passed."""

    after: timedelta
    before: timedelta


@dataclass(frozen=True, slots=True)
class Page:
    """What one read brought, in journal order.

    `place` is the last entry *processed* (the head when the end was reached, though other entry types stand there;
    None while nothing at all was read). `read_at` is the partition's clock, local time, taken before the entries
    were asked for: everything older has been read when `at_end`. `utc_offset_seconds` is what the partition says of
    its zone (None: not known).
    `lag` counts the journal entries (of all types) between `place` and the head, None where it is not known.
    `read_seconds` is how long the system was busy with the question, 0 where there is no system to spare. `loss` is
    when the next entry may be deleted, where that was looked up for this page; `job_cpu` is the processor time that the
    system spent on us since it was looked up last. `unaudited` counts connections that the system shows and the journal
    does not, in the one page that tells of them.
    """

    rows: Sequence[JournalRow]
    place: Place | None
    at_end: bool
    read_at: datetime
    utc_offset_seconds: int | None = None
    missed: Sequence[Missed] = ()
    audit_levels: frozenset[str] | None = None
    lag: int | None = None
    final: bool = False
    read_seconds: float = 0.0
    loss: Loss | None = None
    job_cpu: timedelta = timedelta()
    unaudited: int | None = None


class JournalReader(Protocol):
    """Reads a journal from a place on. One reader object belongs to one loop; it is never shared between threads."""

    name: str

    def read(self, after: Place | None, limit: int) -> Page:
        """Entries of types SK and SV that follow `after` (None: from the oldest that can be read).

        About `limit` of them, and half as many more at most.

        Raises Unavailable when the journal cannot be reached now, LoginRefused when the password was refused,
        PlaceLost when `after` can no longer be reached, Halt where somebody has to act (authority).
        """

    def check(self) -> str:
        """One sentence on what was found; raises like `read`. Reads as real traffic would."""

    def close(self) -> None:
        """Give up the connection; never raises."""
