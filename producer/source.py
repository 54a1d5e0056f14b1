"""The producer's source: a journal, read page by page from the stored position."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from producer.journal import Journal
from producer.pace import Pace
from producer.positions import BrokerPositions, PositionStore
from producer.publication import (
    dead_letter_of,
    gap_of,
    opening_of,
    place_of,
    position_of,
    progress_after,
    progress_of,
    resumed_at,
    words_of,
)
from producer.reader import JournalReader, JournalRow, Loss, Page, Place
from producer.recovery import read_on, resume
from producer.rival import Rival
from producer.settings import ProducerSettings
from producer.time_to_loss import LossWarning
from runtime.broker import Publisher
from runtime.errors import Fenced, PositionLost
from runtime.flow import Batch, Settled, Tally
from runtime.logs import log
from runtime.record import Record
from runtime.service import Running
from schemas.records import Progress

PROGRESS_SECONDS = 5.0
BUSY_SECONDS = 60.0
RIVAL_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A batch's position: the page it came from, how far the journal had been read by then (UTC), what is said before
    the very first page, and which time what was missed is older than."""

    page: Page
    progress: datetime
    warning: Loss | None = None
    opening: Progress | None = None
    resumed: datetime | None = None


class JournalSource:
    """Claims the journal, reads on from its position, and stores entries, progress and position in one transaction."""

    def __init__(
        self,
        reader: JournalReader,
        publisher: Publisher,
        journal: Journal,
        settings: ProducerSettings,
        running: Running,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._publisher = publisher
        self._positions: PositionStore = BrokerPositions(publisher, journal.system, journal.position_name)
        self._journal = journal
        self._partitions = journal.partitions
        self._settings = settings
        self._running = running
        self._clock = clock
        self._rival = Rival(running.worker)
        self._pace = Pace(settings)
        self._warning = LossWarning()
        self._unaudited: int | None = None
        self._claimed = False
        self._after: Place | None = None
        self._progress: datetime | None = None
        self._tally = Tally()
        self._due = clock()
        self._progress_due = clock()
        self._busy_until = clock()

    def poll(self, timeout: float) -> Batch[JournalRow] | None:
        if (wait := self._due - self._clock()) > 0 and self._running.shutdown.wait(min(wait, timeout)):
            return None
        if self._due > self._clock() or not (self._claimed or self._claim()):
            return None
        page = self._read()
        rest = self._pace.rest(page, self._clock())
        # at a fixed rate: how long the read itself took is part of the wait
        self._due = max(self._due + rest, self._clock()) if page.at_end else self._clock() + rest
        return self._batch(page)

    def keep_alive(self) -> None:
        self._publisher.keep_alive()

    def checkpoint(self, settled: Settled[JournalRow]) -> None:
        read = settled.batch.position
        assert isinstance(read, ReadPage)
        place = read.page.place or self._after
        journal, records = self._journal, list[Record]()
        for missed in read.page.missed:
            gap = gap_of(journal, missed, self._progress or datetime.now(UTC), read.resumed)
            records.extend(journal.broadcast(gap))
        if read.opening is not None:
            records.extend(journal.broadcast(read.opening))
        records.extend(settled.outputs)
        records.extend(dead_letter_of(journal, rejection, self._running.service) for rejection in settled.rejected)
        records.extend(journal.broadcast(progress_of(journal, read.page, read.progress, read.warning)))
        if place is not None:
            position = position_of(journal, place, read.progress, settled.tally, self._running.worker)
            records.append(self._positions.record(position))
        self._publisher.publish(records)
        self._done(read, place, settled.tally)

    def abandon(self) -> None:
        """Claim anew, since the outcome of the last transaction is not known, and go on from what is stored."""
        self._claimed = False
        self._publisher.claim()
        self._load()
        self._claimed = True

    def close(self) -> None:
        self._reader.close()
        self._publisher.close()

    def _claim(self) -> bool:
        """Take the journal over, unless somebody else is alive there."""
        name = None if self._settings.take_over else self._rival_name()
        if name is not None:
            self._wait_for(name)
            return False
        self._running.health.well("rival")
        self._publisher.claim()
        self._load()
        self._claimed = True
        log.info("journal claimed", system=self._journal.system, journal=self._journal.name, after=str(self._after))
        return True

    def _rival_name(self) -> str | None:
        """After a crash our own unfinished transaction can hide positions until we claim: not waited for if the newest
        visible one is ours. Another system's transaction could hide a rival's, so then it is."""
        seen = self._positions.glance()
        if seen is not None and seen.worker == self._running.worker:
            return None
        return self._rival.name(self._positions.load())

    def _wait_for(self, name: str) -> None:
        words = f"{name} reads {self._journal.name} of {self._journal.system}; waiting until it stops (or: --take-over)"
        if self._running.health.troubles.get("rival") != words:
            log.warning("waiting for another producer", worker=name, system=self._journal.system)
            self._running.health.trouble("rival", words)
        self._due = self._clock() + RIVAL_LOOK_SECONDS

    def _load(self) -> None:
        position = self._positions.load()
        if position is None:
            self._after, self._progress, self._tally = None, None, Tally()
            self._journal.partitions = self._partitions
        else:
            if self._claimed_before and position.worker != self._running.worker:
                raise Fenced(f"{position.worker} took over {self._journal.name} of {position.system}")
            self._after = place_of(position)
            self._progress, self._tally = position.progress, Tally(*position.rejections)
            self._journal.partitions = position.partitions
        self._journal.recall(position)
        self._journal.clock.rewind(self._progress)
        self._due = self._clock()

    @property
    def _claimed_before(self) -> bool:
        return self._after is not None

    def _read(self) -> Page:
        return read_on(self._reader, self._after, self._pace.limit, self._elsewhere)

    def _elsewhere(self, lost: PositionLost) -> Place | None:
        place = resume(lost, self._settings, self._reader, self._journal.clock.local)
        log.error("position lost: reading on elsewhere", why=str(lost), behind=str(place or "the beginning"))
        return place

    def _batch(self, page: Page) -> Batch[JournalRow] | None:
        """None where nothing happened and no sign of life is due."""
        now = self._clock()
        if page.rows:
            self._busy_until = now + BUSY_SECONDS
        self._unaudited = page.unaudited or self._unaudited
        tells = page.rows or page.missed or page.final or self._unaudited
        quiet = not tells and page.place in (None, self._after)
        if quiet and now < self._progress_due and now > self._busy_until:
            return None
        if self._journal.clock.state_offset(page.utc_offset_seconds, page.read_at):
            log.error("the partition is in another time zone than the setting says", offset=page.utc_offset_seconds)
        self._journal.read_at = datetime.now(UTC)
        self._measure(page)
        if page.unaudited:
            log.error("connections are opened and not audited", count=page.unaudited)
        progress = progress_after(page, self._progress, self._journal.clock)
        told = replace(page, unaudited=self._unaudited)
        if page.missed:  # among what is missing may be a change of the levels
            self._journal.know(None)
        opening = opening_of(self._journal, page) if self._progress is None else None
        resumed = resumed_at(page, progress, self._journal.clock) if page.missed else None
        return Batch(page.rows, ReadPage(told, progress, self._warned(page, progress), opening, resumed), self._tally)

    def _warned(self, page: Page, progress: datetime) -> Loss | None:
        """The loss that this page's progress record shall warn of."""
        if page.loss is None:
            return None
        self._running.metrics.journal_time_to_loss.set(page.loss.after.total_seconds())
        warning = self._warning.due(page.loss, progress, datetime.now(UTC))
        if warning:
            log.error("unread entries are about to be deleted", **words_of(warning))
        return warning

    def _measure(self, page: Page) -> None:
        metrics = self._running.metrics
        metrics.journal_read_seconds.inc(page.read_seconds)
        metrics.journal_job_cpu_seconds.inc(page.job_cpu.total_seconds())
        metrics.journal_rate.set(self._pace.rate)
        if page.place is not None and page.lag is not None:
            metrics.journal_head.set(page.place.sequence + page.lag)
            metrics.journal_lag.set(page.lag)
            metrics.source_lag_records.set(page.lag)

    def _done(self, read: ReadPage, place: Place | None, tally: Tally) -> None:
        if read.page.at_end and read.page.audit_levels is not None:
            self._journal.confirm(read.page.audit_levels)
        self._after, self._progress, self._tally = place, read.progress, tally
        self._journal.clock.pass_by(read.progress)
        self._progress_due = self._clock() + PROGRESS_SECONDS
        self._unaudited = None
        for missed in read.page.missed:
            self._running.metrics.journal_gaps.inc()
            log.error("gap: entries can no longer be read", why=missed.why, count=missed.count)
        if read.page.final:
            log.info("the journal has ended", system=self._journal.system)
            self._running.shutdown.finish()
