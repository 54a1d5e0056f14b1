"""The journal's time, cut into blocks: each can be made without the ones before it, so any place is found quickly."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from producer.simulator.rhythm import SESSIONS_PER_HOUR
from producer.simulator.scene import SECOND
from producer.simulator.settings import LONGEST_DAYS, SimulatorSettings

EPOCH = datetime(1970, 1, 1)
BLOCK_SECONDS = (1800, 600, 300, 60)
"""Divisors of half an hour, so that clocks are changed between blocks only; none shorter than a session."""
SESSIONS_PER_BLOCK = 2_000


class Timeline:
    """Times are microseconds since 1970, UTC; blocks are counted from the one that `start` is in."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.zone = ZoneInfo(settings.zone)
        self.start = utc_microseconds(settings.start, self.zone)
        self.finite = settings.days is not None or settings.entries is not None
        self.end = self.start + int((settings.days or LONGEST_DAYS) * 86_400 * SECOND)
        self.block = _block_seconds(settings.scale) * SECOND
        self._origin = self.start - self.start % self.block
        self._offset = lru_cache(maxsize=64)(self._find_offset)
        self.blocks = -(-(self.end - self._origin) // self.block)

    def begins(self, index: int) -> int:
        return self._origin + index * self.block

    def index_at(self, time: int) -> int:
        return (time - self._origin) // self.block

    def local(self, time: int) -> datetime:
        """What the partition's clock shows."""
        return EPOCH + timedelta(microseconds=time, seconds=self.offset_seconds(time))

    def offset_seconds(self, time: int) -> int:
        """What the partition's clock is ahead of UTC; the same during all of a block."""
        return self._offset(time - time % self.block)

    def _find_offset(self, begin: int) -> int:
        moment = (EPOCH + timedelta(microseconds=begin)).replace(tzinfo=UTC)
        return int((moment.astimezone(self.zone).utcoffset() or timedelta()).total_seconds())


def utc_microseconds(moment: datetime, zone: tzinfo) -> int:
    """A moment, local to `zone` unless it has a zone of its own, in microseconds since 1970."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return (aware.astimezone(UTC).replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1)


def _block_seconds(scale: float) -> int:
    busiest = max(SESSIONS_PER_HOUR) * scale / 3600
    return next((size for size in BLOCK_SECONDS if busiest * size <= SESSIONS_PER_BLOCK), BLOCK_SECONDS[-1])
