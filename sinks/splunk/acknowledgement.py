"""Indexer acknowledgement: a batch is settled only when Splunk says that it is on disk, not when it was taken."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from runtime.errors import Unavailable
from runtime.logs import log
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from sinks.judgement import Receipt
from sinks.sink import Parcel
from sinks.splunk.channels import Channels

FIRST_LOOK_SECONDS = 0.25
LONGEST_LOOK_SECONDS = 2.0
SLICE_SECONDS = 20.0
STILL_WAITING = "Splunk has taken events and not acknowledged them yet"

Place = tuple[object, int]


class Collectors(Protocol):
    def acknowledged(self, url: str, channel: str, numbers: Sequence[int]) -> set[int]:
        """Which of these Splunk says are indexed; it says so once. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Waiting:
    places: tuple[Place, ...]
    since: float


class Acknowledgements:
    """Remembers which events wait for which receipt, over several calls of the sink if need be.

    An event whose receipt does not count any more, or was not acknowledged in time, is sent again on a new channel: it
    may be indexed twice, with the same `event_id`.
    """

    def __init__(
        self,
        collectors: Collectors,
        channels: Channels,
        longest: float,
        metrics: Metrics,
        *,
        pause: Callable[[float], bool],
        beat: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collectors = collectors
        self._channels = channels
        self._longest = longest
        self._metrics = metrics
        self._pause = pause
        self._beat = beat
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[Receipt, Waiting] = {}
        self._by_place: dict[Place, Receipt] = {}

    def expect(self, receipt: Receipt, records: Iterable[StoredRecord]) -> None:
        """These were taken under this receipt. Thread-safe."""
        if not self._channels.register(receipt):
            return
        places = tuple(place_of(record) for record in records)
        with self._lock:
            self._waiting[receipt] = Waiting(places, self._clock())
            self._by_place.update(dict.fromkeys(places, receipt))

    def fresh(self, parcels: Iterable[Parcel]) -> Iterator[Parcel]:
        """Those to be sent: the others were taken already, before this was asked, and may still be acknowledged."""
        self._drop_uncounted()
        taken = frozenset(self._by_place)
        return (parcel for parcel in parcels if place_of(parcel.record) not in taken)

    def settle(self, records: Iterable[StoredRecord]) -> tuple[set[Place], Unavailable | None]:
        """Wait a while for these: the places that are acknowledged now, and why others are not yet."""
        wanted = {place_of(record) for record in records}
        done: set[Place] = set()
        until, look = self._clock() + SLICE_SECONDS, FIRST_LOOK_SECONDS
        while True:
            self._drop_uncounted()
            if wanted.isdisjoint(self._by_place):
                return done, None if wanted <= done else self._channels.trouble()
            if trouble := self._look(done):
                return done, trouble
            self._give_up_late()
            if self._clock() >= until:
                return done, Unavailable(STILL_WAITING, retry_after=look)
            self._beat()
            if wanted.isdisjoint(self._by_place):
                return done, None
            if self._pause(look):
                return done, None
            look = min(look * 1.5, LONGEST_LOOK_SECONDS)

    def _look(self, done: set[Place]) -> Unavailable | None:
        for (url, channel), receipts in _grouped(self._waiting).items():
            try:
                known = self._collectors.acknowledged(url, channel, [receipt.number for receipt in receipts])
            except Unavailable as error:
                return error
            for receipt in receipts:
                if receipt.number in known:
                    done.update(self._drop(receipt))
                    self._channels.acknowledged(receipt)
        return None

    def _give_up_late(self) -> None:
        now = self._clock()
        late = [receipt for receipt, waiting in self._waiting.items() if now - waiting.since >= self._longest]
        for receipt in late:
            self._metrics.acknowledgement_timeouts.inc()
            self._channels.renew(receipt.endpoint, receipt.channel)
        if late:
            log.warning("not acknowledged in time: sent again on a new channel", requests=len(late))

    def _drop_uncounted(self) -> None:
        for receipt in [receipt for receipt in self._waiting if not self._channels.counts(receipt)]:
            self._drop(receipt)

    def _drop(self, receipt: Receipt) -> tuple[Place, ...]:
        with self._lock:
            places = self._waiting.pop(receipt).places
            for place in places:
                self._by_place.pop(place, None)
            return places


def place_of(record: StoredRecord) -> Place:
    """What an event is known by between calls."""
    return (record.partition, record.offset)


def _grouped(receipts: Iterable[Receipt]) -> dict[tuple[str, str], list[Receipt]]:
    groups: dict[tuple[str, str], list[Receipt]] = {}
    for receipt in receipts:
        groups.setdefault((receipt.endpoint, receipt.channel), []).append(receipt)
    return groups
