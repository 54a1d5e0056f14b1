"""The simulated journal as a reader, at any speed: what the producer reads when there is no partition."""

import time
from collections.abc import Callable

from producer.audit_levels import AUDIT_SYSTEM_VALUES
from producer.layout import CCSID, PADDING, SV_NAME
from producer.reader import JournalRow, Page, Place
from producer.simulator.partition import Partition, Written
from producer.simulator.scene import SECOND
from producer.simulator.settings import SimulatorSettings


class SimulatorReader:
    """Reads what a Partition has written until now, by a clock that `speed` and `began` set.

    A page never has entries on both sides of a change of the audit levels: its levels hold for all of it, but for
    that change, which comes first. `clock` gives seconds since 1970.
    """

    name = "simulator"

    def __init__(self, settings: SimulatorSettings, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._partition = Partition(settings)
        self._clock = clock
        self._anchor: tuple[float, int] | None = None
        if settings.began is not None:
            self._anchor = settings.began.timestamp(), self._partition.timeline.start

    def read(self, after: Place | None, limit: int) -> Page:
        """See JournalReader. The last page of a journal that ends is final."""
        now = self._now(after)
        rows: list[Written] = []
        at_end, exhausted = False, True
        for written in self._partition.written(after):
            at_end = written.time >= now
            if at_end or len(rows) >= limit or (rows and _changes_levels(written.row)):
                exhausted = False
                break
            rows.append(written)
        return self._page(rows, after, now, at_end=at_end or exhausted, exhausted=exhausted)

    def check(self) -> str:
        """Reads the first entry, and says what this journal is."""
        first = next(self._partition.written(), None)
        found = f"first entry written at {first.row.timestamp}" if first else "no entries"
        return f"a simulated journal: seed {self._settings.seed}, scale {self._settings.scale:g}, {found}"

    def close(self) -> None:
        """There is nothing to give up."""

    def _now(self, after: Place | None) -> int:
        """The journal's clock. As fast as possible means that everything has been written already."""
        timeline = self._partition.timeline
        if not self._settings.speed:
            return timeline.end
        if self._anchor is None:
            self._anchor = self._clock(), self._partition.time_of(after)
        real, journal = self._anchor
        return min(timeline.end, journal + int((self._clock() - real) * self._settings.speed * SECOND))

    def _page(self, rows: list[Written], after: Place | None, now: int, *, at_end: bool, exhausted: bool) -> Page:
        timeline = self._partition.timeline
        place = rows[-1].row.place if rows else after
        final = exhausted and (now >= timeline.end or self._settings.entries is not None)
        read_at = now if self._settings.speed or (final and self._settings.entries is None) else self._follows(place)
        return Page(
            rows=[written.row for written in rows],
            place=place,
            at_end=at_end,
            read_at=timeline.local(read_at),
            utc_offset_seconds=timeline.offset_seconds(read_at),
            audit_levels=self._partition.schedule.levels_at(rows[-1].time if rows else read_at),
            lag=0 if at_end else self._lag(place, now),
            final=final,
        )

    def _follows(self, place: Place | None) -> int:
        """Read as fast as possible, the clock stands where reading does: right after `place`."""
        return self._partition.time_of(place) + 1

    def _lag(self, place: Place | None, now: int) -> int | None:
        """How many numbers there are up to the block that is being written; not known where the end is not."""
        timeline = self._partition.timeline
        if not self._settings.speed and self._settings.days is None:
            return None
        head = self._partition.numbering.first(timeline.index_at(now))
        return max(0, head - (place.sequence if place else 0))


def _changes_levels(row: JournalRow) -> bool:
    name = row.entry_data[SV_NAME].decode(CCSID).strip(PADDING) if row.entry_type == "SV" else ""
    return name in AUDIT_SYSTEM_VALUES
