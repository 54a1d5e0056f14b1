"""What the join asks of the verdict table, and what it says when an answer is due."""

from collections.abc import Callable
from typing import NamedTuple

from enricher.connection import Connection, Finding
from enricher.levels import Levels
from runtime.record import Offset
from schemas.records import Entry

Find = Callable[[Connection, Levels, bool], Finding | None]
"""The first row of the verdict table that applies, given the levels in force at this place and whether the window is
over; None while an S could still change the answer."""


class Decided(NamedTuple):
    """A verdict is due: the first, or a correction of `before`."""

    connection: Connection
    before: Finding | None


class Unjoined(NamedTuple):
    """A handshake that decides nothing: `alone` where no connection is known for it, else it came with nothing new.

    `levels` were in force around it; `is_cut` where a gap may have taken its connection; `offset` is the record of that
    connection, else its own.
    """

    entry: Entry
    offset: Offset
    levels: Levels
    alone: bool
    is_cut: bool = False


Decision = Decided | Unjoined
