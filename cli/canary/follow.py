"""Follows the canary's connection over the broker until every station is reached, or the time is over."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cli.canary.connection import Opened
from cli.canary.course import BROKER, HANDSHAKE, JOURNAL, VERDICT, Course
from cli.services import configured
from cli.settings import Settings
from runtime.broker import Broker
from schemas.records import Event, Verdict
from schemas.topics import ALERTS, ENTRIES, VERDICTS

TOPICS = (ENTRIES, VERDICTS, ALERTS)
LOOK_SECONDS = 0.5

Starts = dict[str, dict[int, int]]


def ends_of(broker: Broker) -> Starts:
    """Where the topics end now: what the canary causes comes behind. Raises ConfigError where one is missing."""
    starts: Starts = {topic: {} for topic in TOPICS}
    for standing in broker.standings("canary", TOPICS):
        starts[standing.partition.topic][standing.partition.number] = standing.end_offset
    return starts


def stations(settings: Settings, *, handshake: bool) -> Sequence[str]:
    """What has to be reached, in order; `handshake` where TLS facts must be written."""
    sinks = (name for name in configured(settings) if name not in ("producer", "enricher"))
    return [JOURNAL, BROKER, *([HANDSHAKE] if handshake else []), VERDICT, *sinks]


@dataclass(frozen=True, slots=True)
class Follower:
    """`wait` waits so many seconds and says whether a stop was requested."""

    broker: Broker
    settings: Settings
    starts: Starts
    wait: Callable[[float], bool]
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
        partition, offset = course.where
        for sink in course.missing:
            if sink in (JOURNAL, BROKER, HANDSHAKE, VERDICT):
                continue
            if not self._is_forwarded(sink, course.verdict):
                course.reach(sink, "left out by its filter")
                continue
            standings = self.broker.standings(sink, [partition.topic])
            if any(one.partition == partition and one.next_offset > offset for one in standings):
                course.reach(sink, "accepted")

    def _is_forwarded(self, sink: str, content: Verdict | Event) -> bool:
        takes: bool = getattr(self.settings, sink).forward.takes(content)
        return takes
