"""The journal read once more beside the producer, page by page: nothing is published, no position stored or moved."""

import time
from collections.abc import Iterator
from datetime import datetime

from producer.journal import Journal
from producer.pace import Pace
from producer.reader import JournalReader, Page, Place
from producer.recovery import TRIES, Surveyor, oldest, read_on
from producer.settings import ProducerSettings
from runtime.errors import Unavailable
from runtime.service import Running


class Walk:
    """What passes by itself is waited for. A place that is gone is passed over, and the page behind it says so."""

    def __init__(self, reader: JournalReader, journal: Journal, settings: ProducerSettings, running: Running) -> None:
        self._reader = reader
        self._journal = journal
        self._pace = Pace(settings)
        self._running = running

    def place_at(self, since: datetime) -> Place | None:
        """The place behind which that time begins; None, the oldest entry, for a reader that cannot look for a time.

        Raises what the reader raises.
        """
        if not isinstance(self._reader, Surveyor):
            return None
        chain = self._reader.survey()
        self._journal.clock.state_offset(chain.utc_offset_seconds, chain.read_at)
        return self._reader.place_at(self._journal.clock.local(since), chain)

    def pages(self, after: Place | None) -> Iterator[Page]:
        """From behind a place, or from the oldest entry, up to where the journal ends now.

        Raises what the reader raises, Unavailable after TRIES.
        """
        while not self._running.shutdown.requested:
            page = self._read(after)
            self._journal.clock.state_offset(page.utc_offset_seconds, page.read_at)
            yield page
            if page.at_end or page.final or page.place is None:
                return
            after = page.place
            self._running.shutdown.wait(self._pace.rest(page, time.monotonic()))

    def _read(self, after: Place | None) -> Page:
        attempt = 0
        while True:
            try:
                return read_on(self._reader, after, self._pace.limit, oldest)
            except Unavailable as error:
                if attempt == TRIES - 1 or error.retry_after == float("inf"):
                    raise
                self._running.shutdown.wait(self._running.backoff.delay(attempt, error.retry_after))
                attempt += 1
