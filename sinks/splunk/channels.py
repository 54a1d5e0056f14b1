"""Channels of indexer acknowledgement: one for each collector, given up once an answer could mean another request.

Acknowledgement ids count from 0 in each channel and are forgotten when Splunk restarts. The id of a request that was
lost in a restart could then come back as that of a later request on the same channel, and be acknowledged in its
place. So a receipt counts only as long as its channel does.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Sequence

from runtime.errors import Unavailable
from sinks.judgement import Receipt
from sinks.splunk.judge import OPERATOR_SECONDS
from sinks.splunk.settings import PREFIX

PARALLEL = 1000
"""So far apart two ids of requests under way at the same time surely are not."""
A_RESTART = 1
"""So often a restart makes ids come twice; more, without an acknowledgement in between, is none."""


class Ids:
    """The acknowledgement ids that came on one channel."""

    def __init__(self) -> None:
        self._highest = -1
        self._recent: set[int] = set()

    def is_new(self, number: int) -> bool:
        """They rise, though answers of parallel requests may overtake each other."""
        if number in self._recent or number < self._highest - PARALLEL:
            return False
        self._recent.add(number)
        self._highest = max(self._highest, number)
        if len(self._recent) > 2 * PARALLEL:
            self._recent = {one for one in self._recent if one >= self._highest - PARALLEL}
        return True


class Channels:
    """Thread-safe."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._current = {url: str(uuid.uuid4()) for url in urls}
        self._ids = {url: Ids() for url in urls}
        self._came_twice: Counter[str] = Counter()

    def of(self, url: str) -> str:
        """The channel, a GUID, for the next request to this collector."""
        with self._lock:
            return self._current[url]

    def renew(self, url: str, channel: str) -> None:
        """Give this channel up, unless that is done already."""
        with self._lock:
            self._renew(url, channel)

    def counts(self, receipt: Receipt) -> bool:
        """Whether its channel is still in use."""
        with self._lock:
            return self._current[receipt.endpoint] == receipt.channel

    def register(self, receipt: Receipt) -> bool:
        """Whether the id is new on its channel. One that came before proves a restart: the channel is given up."""
        with self._lock:
            if self._current[receipt.endpoint] != receipt.channel:
                return False
            if self._ids[receipt.endpoint].is_new(receipt.number):
                return True
            self._came_twice[receipt.endpoint] += 1
            self._renew(receipt.endpoint, receipt.channel)
            return False

    def acknowledged(self, receipt: Receipt) -> None:
        """What this collector says of its requests is meant for them."""
        with self._lock:
            self._came_twice.pop(receipt.endpoint, None)

    def trouble(self) -> Unavailable | None:
        """In words for the operator, where ids come twice again and again: nothing would ever be settled."""
        with self._lock:
            url = next((url for url, times in self._came_twice.items() if times > A_RESTART), None)
        if url is None:
            return None
        return Unavailable(
            f"acknowledgement ids of Splunk at {url} come twice: are there several indexers behind one address? "
            f"Name each of them in {PREFIX}URL, or make the balancer keep a channel with one of them",
            retry_after=OPERATOR_SECONDS,
        )

    def _renew(self, url: str, channel: str) -> None:
        if self._current[url] == channel:
            self._current[url] = str(uuid.uuid4())
            self._ids[url] = Ids()
