"""The journal's clock as one partition of the topic shows it: what windows close by, also when it was set back."""

from datetime import datetime, timedelta

SET_BACK = timedelta(seconds=60)
"""Entries stand in the order in which they were written; a time so much earlier means that the clock was changed."""
NOTHING = timedelta(0)


class WindowClock:
    """Progress records move it. Where they stand still because the clock was set back, entries do, until then.

    `now`: everything before it has been read. None until the first record.
    """

    def __init__(self) -> None:
        self.now: datetime | None = None
        self._latest: datetime | None = None
        self._read: datetime | None = None

    def back_by(self, time: datetime) -> timedelta:
        """By how much the clock was set back before this entry was written; to be given to `shift` unless NOTHING."""
        if self._latest is None or time >= self._latest - SET_BACK:
            return NOTHING
        return self._latest - time

    def progress_back_by(self, time: datetime) -> timedelta:
        """The same for a progress record; the producers of this release never let it go back."""
        if self._read is None or self.now is None or time >= self._read - SET_BACK:
            return NOTHING
        return max(self.now - time, NOTHING)

    def shift(self, by: timedelta) -> None:
        """The clock was set back by that much: all that is remembered lies that much earlier."""
        self.now = None if self.now is None else self.now - by
        self._latest = None if self._latest is None else self._latest - by

    def entry(self, time: datetime) -> datetime:
        """The time that counts for an entry: never before what has been read, whatever its own time says."""
        now, read = self.now, self._read
        if now is not None and read is not None and now < time and now < read:
            self.now = now = time
        at = now if now is not None and now > time else time
        if self._latest is None or at > self._latest:
            self._latest = at
        return at

    def not_before(self, time: datetime | None) -> datetime | None:
        """A time that belongs to no entry, as entries of then count."""
        return time if time is None or self.now is None else max(time, self.now)

    def progress(self, time: datetime) -> datetime:
        """What has been read by now."""
        if time != self._read or self.now is None:
            self.now = time if self.now is None else max(self.now, time)
            self._latest = self.now if self._latest is None else max(self._latest, self.now)
        self._read = time
        return self.now
