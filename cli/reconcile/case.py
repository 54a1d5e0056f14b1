"""What all comparisons of one run share: the broker, the time that is looked at, and whether holes are filled."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from cli.progress import follow
from cli.reconcile.hop import Hop
from cli.settings import Settings
from enricher.ended import EVER, Span
from runtime.broker import Broker, Publisher
from runtime.record import Record, StoredRecord
from runtime.service import Running
from schemas.records import EventId

IDENTITY = "sk2siem.reconcile"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at; a system where it is one alone."""

    span: Span = EVER
    system: str | None = None

    @property
    def since(self) -> datetime | None:
        return self.span.since

    def has(self, time: datetime, system: str) -> bool:
        return self.span.has(time) and self.system in (None, system)


@dataclass(slots=True)
class Case:
    """`publisher` is None in a dry run. `settle` overrides how long a SIEM may take to show what it has."""

    broker: Broker
    running: Running
    settings: Settings
    scope: Scope = Scope()
    publisher: Publisher | None = None
    settle: float | None = None
    on_hole: Callable[[str, EventId], None] = lambda _hop, _id: None
    hops: list[Hop] = field(default_factory=list)

    def hop(self, name: str, source: str, target: str) -> Hop:
        made = Hop(name, source, target, self.on_hole)
        self.hops.append(made)
        return made

    def read(self, topic: str, what: str = "reading") -> Iterator[StoredRecord]:
        """All of a topic, with how far that is."""
        return follow(self.broker.read(topic), f"{what} {topic}", self.broker.size(topic))

    def publish(self, records: Iterable[Record]) -> None:
        """In transactions of bounded size. Raises what the publisher raises."""
        assert self.publisher is not None
        source = iter(records)
        while batch := list(islice(source, BATCH)):
            self.publisher.publish(batch)
