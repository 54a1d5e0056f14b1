"""The topics against a SIEM: records that it was given and does not hold, sent again through the sink itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cli.dead_letters.letters import read
from cli.progress import Meter, follow
from cli.reconcile.case import BATCH, Case
from cli.reconcile.hop import Note
from cli.reconcile.ids import Ids
from runtime.dead_letters import dead_letter
from runtime.errors import Unavailable
from runtime.flow import Outcome, Rejection
from runtime.record import StoredRecord
from schemas.codec import CodecError, decode
from schemas.topics import ALERTS, VERDICTS
from sinks.elastic.settings import ElasticSettings
from sinks.search import Search
from sinks.service import open_search, open_sink
from sinks.sink import Forwarded, Parcel, Sink
from sinks.splunk.settings import SplunkSettings

TOPICS = (VERDICTS, ALERTS)
TRIES = 6


@dataclass(slots=True)
class Given:
    """What the sink was given, by topic, and from when to when that is."""

    ids: Mapping[str, Ids] = field(default_factory=lambda: {topic: Ids() for topic in TOPICS})
    first: datetime | None = None
    last: datetime | None = None

    def add(self, topic: str, content: Forwarded) -> None:
        self.ids[topic].add(content.id)
        self.first = min(self.first or content.time, content.time)
        self.last = max(self.last or content.time, content.time)

    def missing(self, held: Mapping[str, Ids]) -> int:
        return sum(len(ids) - ids.count_of(held[topic]) for topic, ids in self.ids.items())


class SiemHop:
    """One sink and its SIEM."""

    def __init__(self, case: Case, name: str, settings: ElasticSettings | SplunkSettings) -> None:
        self._case = case
        self._name = name
        self._settings = settings
        self._hop = case.hop(name, "the topics", name)
        standings = case.broker.standings(name, TOPICS)
        self._next = {one.partition: one.next_offset for one in standings}
        self._rejected = {
            (letter.origin, letter.offset) for letter in read(case.broker, [name]) if letter.origin is not None
        }
        self._sent: set[str] = set()

    def compare(self) -> None:
        """Raises what the broker, the search and the sink raise; what was sent by then is sent."""
        given = Given()
        for parcel in self._given("comparing", is_first=True):
            given.add(parcel.record.partition.topic, parcel.content)
            self._hop.arrived(parcel.content.id)
        if given.first is None or given.last is None:
            return
        held = self._held(given)
        if given.missing(held):
            self._fill(held, self._oldest(held))

    def _given(self, what: str, *, is_first: bool = False) -> Iterator[Parcel]:
        """What the sink has worked on and forwards, in order. `is_first` counts why others are left out."""
        for topic in TOPICS:
            for record in self._case.read(topic, what):
                found = self._parcel(record)
                if isinstance(found, Note):
                    self._hop.notes[found] += is_first
                elif self._case.scope.has(found.content.time, found.content.system):
                    yield found

    def _parcel(self, record: StoredRecord) -> Parcel | Note:
        if record.offset >= self._next[record.partition]:
            return Note.WAITING
        if (record.partition, int(record.offset)) in self._rejected:
            return Note.DEAD_LETTER
        try:
            content = decode(record.type, record.value)
        except CodecError:
            return Note.UNREADABLE
        if not isinstance(content, Forwarded):
            return Note.UNREADABLE
        return Parcel(record, content) if self._settings.forward.takes(content) else Note.FILTERED

    def _held(self, given: Given) -> Mapping[str, Ids]:
        """What the SIEM shows. Where something is missing it is asked once more: it may show that late."""
        held = {topic: Ids() for topic in TOPICS}
        search = open_search(self._settings)
        try:
            copies = self._ask(search, given, held)
            wait = search.settle_seconds if self._case.settle is None else self._case.settle
            if wait and given.missing(held):
                self._wait(wait)
                copies = self._ask(search, given, held)
        finally:
            search.close()
        self._hop.copies = copies - sum(map(len, held.values()))
        return held

    def _ask(self, search: Search, given: Given, held: Mapping[str, Ids]) -> int:
        """How many there are, copies included."""
        assert given.first is not None
        assert given.last is not None
        total = sum(map(len, given.ids.values()))
        copies = 0
        for one in follow(search.held(given.first, given.last), f"asking {self._name}", total):
            held[one.topic].add(one.id)
            copies += 1
        return copies

    def _wait(self, seconds: float) -> None:
        with Meter(f"something is missing; {self._name} is asked again in a moment", int(seconds)) as meter:
            for _ in range(int(seconds)):
                self._case.running.shutdown.wait(1.0)
                meter.advance()

    def _oldest(self, held: Mapping[str, Ids]) -> datetime | None:
        """The time of the oldest record that the SIEM holds: it may have deleted what is older."""
        there = (p.content.time for p in self._given("looking at") if p.content.id in held[p.record.partition.topic])
        return min(there, default=None) if self._case.scope.since is None else None

    def _fill(self, held: Mapping[str, Ids], oldest: datetime | None) -> None:
        sink = None if self._case.publisher is None else open_sink(self._name, self._settings, self._case.running)
        parcels: list[Parcel] = []
        try:
            for parcel in self._given("looking for holes in"):
                content, topic = parcel.content, parcel.record.partition.topic
                place = f"{topic} {content.id}"
                if content.id in held[topic] or place in self._sent:
                    continue
                if oldest is not None and content.time < oldest:
                    self._hop.notes[Note.DELETED] += 1
                    continue
                self._hop.hole(content.id, is_counted=True)
                self._sent.add(place)
                parcels.append(parcel)
                if sink and len(parcels) == BATCH:
                    self._send(sink, parcels)
                    parcels = []
            if sink and parcels:
                self._send(sink, parcels)
        finally:
            if sink:
                sink.close()

    def _send(self, sink: Sink, parcels: Sequence[Parcel]) -> None:
        """Until the SIEM has settled each. Raises Unavailable when it takes nothing for a while."""
        running, attempt = self._case.running, 0
        while parcels:
            try:
                outcome = sink.send(parcels)
            except Unavailable as error:
                held = [parcel.record for parcel in parcels]
                outcome = Outcome(deferred=held, retry_after=error.retry_after, why=str(error))
            self._reject(outcome.rejected)
            attempt = attempt + 1 if len(outcome.deferred) == len(parcels) else 0
            self._hop.filled += len(parcels) - len(outcome.deferred) - len(outcome.rejected)
            left = {id(record) for record in outcome.deferred}
            parcels = [parcel for parcel in parcels if id(parcel.record) in left]
            if attempt == TRIES:
                raise Unavailable(outcome.why or f"{self._name} takes nothing")
            if parcels:
                running.shutdown.wait(running.backoff.delay(attempt, outcome.retry_after))

    def _reject(self, rejected: Sequence[Rejection[StoredRecord]]) -> None:
        """What the SIEM refuses becomes a dead letter, as if the worker had sent it."""
        letters = [dead_letter(one.item, one.reason, self._name) for one in rejected]
        if letters:
            self._case.publish(letters)
            self._hop.rejected += len(letters)
