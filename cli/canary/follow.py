"""Follows the canary's connection over the broker until every station is reached, or the time is over."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from cli.canary.connection import Opened
from cli.canary.course import BROKER, HANDSHAKE, JOURNAL, VERDICT, Course
from cli.services import configured
from cli.settings import Settings
from runtime.broker import Broker
from runtime.errors import ConfigError
from runtime.record import Partition
from schemas.records import Event, Verdict
from schemas.topics import ALERTS, ENTRIES, VERDICTS
from sinks.search import Search
from sinks.service import open_search

TOPICS = (ENTRIES, VERDICTS, ALERTS)
LOOK_SECONDS = 0.5
AROUND = timedelta(seconds=1)

Starts = dict[str, dict[int, int]]


def ends_of(broker: Broker) -> Starts:
    """Where the topics end now: what the canary causes comes behind. Raises ConfigError where one is missing."""
    starts: Starts = {topic: {} for topic in TOPICS}
    for standing in broker.standings("canary", TOPICS):
        starts[standing.partition.topic][standing.partition.number] = standing.end_offset
    return starts


def stations(settings: Settings, searches: Collection[str] = (), *, handshake: bool) -> Sequence[str]:
    """What has to be reached, in order; `handshake` where TLS facts must be written, `searches` as in Follower."""
    sinks = (name for name in configured(settings) if name not in ("producer", "enricher"))
    found = (_searched(name) for name in searches)
    return [JOURNAL, BROKER, *([HANDSHAKE] if handshake else []), VERDICT, *sinks, *found]


@contextmanager
def searching(settings: Settings, *, wanted: bool) -> Iterator[Mapping[str, Search]]:
    """The SIEMs that are configured and can be asked what they hold. Raises ConfigError where one is wanted and none is
    there."""
    if not wanted:
        yield {}
        return
    elastic, splunk = settings.elastic, settings.splunk
    found = {"elastic": elastic, "splunk": splunk if splunk and splunk.search_url else None}
    searches = {name: open_search(section) for name, section in found.items() if section}
    try:
        if not searches:
            raise ConfigError("--search needs SK2SIEM_ELASTIC__URL, or SK2SIEM_SPLUNK__SEARCH_URL and its token")
        yield searches
    finally:
        for search in searches.values():
            search.close()


@dataclass(frozen=True, slots=True)
class Follower:
    """`wait` waits so many seconds and says whether a stop was requested; `searches` are the SIEMs to be asked."""

    broker: Broker
    settings: Settings
    starts: Starts
    wait: Callable[[float], bool]
    searches: Mapping[str, Search] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    def follow(self, opened: Opened, port: int, needed: Sequence[str], *, within: float) -> Course:
        """Raises Unavailable."""
        course = Course(self.settings.producer.system, port, opened, needed)
        started = self.clock()
        while True:
            self._look(course)
            if not course.missing or self.clock() - started > within or self.wait(LOOK_SECONDS):
                return course

    def _look(self, course: Course) -> None:
        for topic, start in self.starts.items():
            for record in self.broker.read(topic, start):
                start[record.partition.number] = record.offset + 1
                course.take(record)
        if course.verdict is None or course.where is None:
            return
        for sink in configured(self.settings):
            if sink in course.missing:
                self._look_at_sink(sink, course, course.verdict, *course.where)
        for name, search in self.searches.items():
            if _searched(name) in course.missing and name in course.hops and _holds(search, course.verdict):
                course.reach(_searched(name), "found under its id")

    def _look_at_sink(
        self, sink: str, course: Course, content: Verdict | Event, partition: Partition, offset: int
    ) -> None:
        if not self._is_forwarded(sink, content):
            course.reach(sink, "left out by its filter")
            return
        standings = self.broker.standings(sink, [partition.topic])
        if any(one.partition == partition and one.next_offset > offset for one in standings):
            course.reach(sink, "accepted")

    def _is_forwarded(self, sink: str, content: Verdict | Event) -> bool:
        takes: bool = getattr(self.settings, sink).forward.takes(content)
        return takes


def _searched(sink: str) -> str:
    return f"{sink}-search"


def _holds(search: Search, content: Verdict | Event) -> bool:
    around = content.time - AROUND, content.time + AROUND
    return any(held == (VERDICTS, content.id) for held in search.held(*around))
