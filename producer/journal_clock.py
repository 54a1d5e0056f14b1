"""The journal's local time to UTC: by an IANA zone, else by the offset that the partition states."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(seconds=1)


class JournalClock:
    """Converts in journal order. The repeated autumn hour is resolved by that order, not by the time itself.

    IBM i writes local time without a zone; in the repeated hour the first pass is taken until time runs backwards.
    """

    def __init__(self, zone: str = "") -> None:
        self._zone = ZoneInfo(zone) if zone else None
        self._offset = timedelta()
        self._last = EPOCH

    def rewind(self, last: datetime | None) -> None:
        """Go on behind an entry of that UTC time (None: from the start)."""
        self._last = last or EPOCH

    def state_offset(self, seconds: int | None) -> None:
        """What the partition says of its offset; counts where no zone was set."""
        if seconds is not None:
            self._offset = timedelta(seconds=seconds)

    def to_utc(self, local: datetime) -> datetime:
        """The UTC time of the next entry."""
        moment = self.peek(local)
        self._last = max(self._last, moment)
        return moment

    def peek(self, local: datetime) -> datetime:
        """The same without going on: for a time that belongs to no entry."""
        first, second = self._offsets(local)
        moment = (local - first).replace(tzinfo=UTC)
        if first != second and moment < self._last - TOLERANCE:
            moment = (local - second).replace(tzinfo=UTC)
        return moment

    def _offsets(self, local: datetime) -> tuple[timedelta, timedelta]:
        if self._zone is None:
            return self._offset, self._offset
        return _offsets_in_quarter(self._zone, local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0))


@lru_cache(maxsize=4096)
def _offsets_in_quarter(zone: ZoneInfo, local: datetime) -> tuple[timedelta, timedelta]:
    """The offsets of both passes; zones change on quarters of an hour. A time skipped in spring gets one of them."""
    first = local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    second = local.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    return (first, second) if first >= second else (first, first)
