"""How much is asked for at a time, and how long reading rests in between: the IBM i has other work to do."""

import math
from dataclasses import dataclass

from producer.reader import Page
from producer.settings import ProducerSettings
from producer.time_to_loss import WARN_AT
from runtime.logs import log

QUERY_SECONDS = 2.0
"""What one query should take."""

SMALLEST_PAGE = 100
TELLING_ROWS = 50
LONGEST_WAIT_SECONDS = 5.0
SAMPLE_SECONDS = 10.0
CATCH_UP_SECONDS = 3600.0
DANGER_SECONDS = 90.0
"""A reader looks for what is about to be deleted once a minute; until the next look it counts."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The lag at one time."""

    at: float
    lag: int


class Pace:
    """Restrained while that does no harm: the lag shrinks, will be gone within an hour, and nothing is about to be
    deleted. Else the journal is read as fast as it can be.
    """

    def __init__(self, settings: ProducerSettings) -> None:
        self._share = settings.read_share
        self._poll_seconds = settings.poll_seconds
        self._largest_page = settings.page_size
        self._row_seconds = 0.0
        self._sample: Sample | None = None
        self._danger_until = -math.inf
        self._why_not: str | None = "the lag is not known yet"

    @property
    def limit(self) -> int:
        """How many entries to ask for next."""
        if not self._row_seconds:
            return self._largest_page
        fitting = int(QUERY_SECONDS / self._row_seconds)
        return min(self._largest_page, max(SMALLEST_PAGE, fitting))

    @property
    def rate(self) -> float:
        """Entries a second that one connection can read; 0 while that is not known."""
        return 1 / self._row_seconds if self._row_seconds else 0.0

    def rest(self, page: Page, now: float) -> float:
        """Seconds to wait behind this page."""
        self._measure(page)
        due = page.read_seconds * (1 - self._share) / self._share
        if page.at_end:
            self._sample, self._danger_until = None, -math.inf
            return max(self._poll_seconds, min(due, LONGEST_WAIT_SECONDS))
        self._judge(page, now)
        return 0.0 if self._why_not else due

    def _measure(self, page: Page) -> None:
        if len(page.rows) >= TELLING_ROWS and page.read_seconds:
            found = page.read_seconds / len(page.rows)
            self._row_seconds = found if not self._row_seconds else 0.8 * self._row_seconds + 0.2 * found

    def _judge(self, page: Page, now: float) -> None:
        """Decide anew whenever there is a new sample of the lag, and at once when entries are about to be deleted."""
        if page.loss and page.loss.after <= WARN_AT[-1]:
            self._danger_until = now + DANGER_SECONDS
        if now < self._danger_until:
            self._decide("unread entries are about to be deleted")
        elif page.lag is None:
            self._decide("the lag is not known")
        elif self._sample is None:
            self._sample = Sample(now, page.lag)
        elif now - self._sample.at >= SAMPLE_SECONDS:
            self._decide(_harm(self._sample, Sample(now, page.lag)))
            self._sample = Sample(now, page.lag)

    def _decide(self, why_not: str | None) -> None:
        if why_not != self._why_not and self._share < 1:
            why = why_not or "the lag will be gone within an hour"
            log.info("reading pace", restrained=why_not is None, why=why, entries_per_second=round(self.rate))
        self._why_not = why_not


def _harm(before: Sample, now: Sample) -> str | None:
    """Why reading must not be restrained; None where it may be."""
    gone = (before.lag - now.lag) / (now.at - before.at)
    if gone <= 0:
        return "the lag does not shrink"
    return "catching up would take more than an hour" if now.lag / gone > CATCH_UP_SECONDS else None
