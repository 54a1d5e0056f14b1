"""The journal's local time to UTC: by an IANA zone, else by the offset that the partition states."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(seconds=1)
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Regime:
    """What local time means: a zone with its changes, or an offset that stays."""

    zone: ZoneInfo | None
    offset: timedelta = timedelta()

    def offsets(self, local: datetime) -> tuple[timedelta, timedelta]:
        """Those of both passes of a repeated hour; twice the same at any other time."""
        if self.zone is None:
            return self.offset, self.offset
        return _offsets_in_quarter(self.zone, _quarter_of(local))


class _Quarter(NamedTuple):
    """A quarter of an hour, local time, in which a regime's offsets are the same."""

    regime: Regime
    begin: datetime
    offsets: tuple[timedelta, timedelta]


@dataclass(frozen=True, slots=True)
class Change:
    """From the regime `before` to the present one, at some moment between two looks at the partition."""

    before: Regime
    not_before: datetime
    not_after: datetime


class JournalClock:
    """Converts in journal order. What can be two moments is resolved by that order, not by the time itself.

    IBM i writes local time without a zone. In the repeated hour of autumn the first pass is taken until time runs
    backwards, or until `pass_by` says that the first pass has been read. A partition that states an offset which the
    zone does not have these days is believed: somebody changed QTIMZON, or the setting is wrong.
    """

    def __init__(self, zone: str = "") -> None:
        self._zone = ZoneInfo(zone) if zone else None
        self._regime = Regime(self._zone)
        self._change: Change | None = None
        self._stated: timedelta | None = None
        self._seen = EPOCH
        self._last = EPOCH
        self._quarter = _Quarter(self._regime, datetime.min, (timedelta(), timedelta()))

    def rewind(self, last: datetime | None) -> None:
        """Go on behind an entry of that UTC time (None: from the start)."""
        self._last = last or EPOCH
        self._seen = max(self._seen, self._last)

    def pass_by(self, moment: datetime) -> None:
        """Everything before that UTC time has been read."""
        self._last = max(self._last, moment)

    def state_offset(self, seconds: int | None, read_at: datetime) -> bool:
        """What the partition says of its offset at its local time `read_at`; whether it now contradicts the zone."""
        if seconds is None:
            return False
        stated = timedelta(seconds=seconds)
        now = (read_at - stated).replace(tzinfo=UTC)
        regime = self._regime_of(stated, read_at)
        changed = regime != self._regime
        if changed and (self._zone or self._stated is not None):
            self._change = Change(self._regime, self._seen, now)
        elif self._change and self._last > self._change.not_after + DAY:
            self._change = None
        contradicts = regime.zone is None and self._regime.zone is not None
        self._regime, self._stated, self._seen = regime, stated, now
        return contradicts

    def now(self, read_at: datetime) -> datetime:
        """The UTC time of the partition's own clock, whose offset is what was stated last."""
        if self._stated is None:
            return self.peek(read_at)
        return (read_at - self._stated).replace(tzinfo=UTC)

    def to_utc(self, local: datetime) -> datetime:
        """The UTC time of the next entry."""
        moment = self.peek(local)
        self._last = max(self._last, moment)
        return moment

    def peek(self, local: datetime) -> datetime:
        """The same without going on: for a time that belongs to no entry."""
        if self._change:
            return self._around(self._change, local)
        first, second = self._offsets(self._regime, local)
        moment = (local - first).replace(tzinfo=UTC)
        if first != second and moment < self._last - TOLERANCE:
            moment = (local - second).replace(tzinfo=UTC)
        return moment

    def local(self, moment: datetime) -> datetime:
        """The partition's local time at a UTC time, by the zone or by the offset it has now."""
        if self._regime.zone:
            return moment.astimezone(self._regime.zone).replace(tzinfo=None)
        return moment.astimezone(UTC).replace(tzinfo=None) + self._regime.offset

    def _regime_of(self, stated: timedelta, read_at: datetime) -> Regime:
        if self._zone is None:
            return Regime(None, stated)
        near = (read_at.replace(tzinfo=self._zone) + apart for apart in (-DAY, timedelta(), DAY))
        return Regime(self._zone) if stated in [at.utcoffset() for at in near] else Regime(None, stated)

    def _offsets(self, regime: Regime, local: datetime) -> tuple[timedelta, timedelta]:
        """Those of the regime. Most times are in the same quarter of an hour as the one before."""
        quarter = self._quarter
        if regime is not quarter.regime or not NOTHING <= local - quarter.begin < QUARTER:
            quarter = self._quarter = _Quarter(regime, _quarter_of(local), regime.offsets(local))
        return quarter.offsets

    def _around(self, change: Change, local: datetime) -> datetime:
        """The first moment that does not run backwards, by the regime before the change and by the one after it."""
        first = (local - self._offsets(change.before, local)[0]).replace(tzinfo=UTC)
        if self._last - TOLERANCE <= first <= change.not_after + TOLERANCE:
            return first
        before = [at for at in _moments(change.before, local) if at <= change.not_after + TOLERANCE]
        after = [at for at in _moments(self._regime, local) if at >= change.not_before - TOLERANCE]
        possible = [*before, *after] or list(_moments(self._regime, local))
        return next((at for at in possible if at >= self._last - TOLERANCE), possible[-1])


def _moments(regime: Regime, local: datetime) -> Iterator[datetime]:
    for offset in dict.fromkeys(regime.offsets(local)):
        yield (local - offset).replace(tzinfo=UTC)


def _quarter_of(local: datetime) -> datetime:
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


@lru_cache(maxsize=4096)
def _offsets_in_quarter(zone: ZoneInfo, local: datetime) -> tuple[timedelta, timedelta]:
    """The offsets of both passes; zones change on quarters of an hour. A time skipped in spring gets one of them."""
    first = local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    second = local.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    return (first, second) if first >= second else (first, first)
