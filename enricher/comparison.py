"""Two policies over the same records: which connections get another verdict. The code that judges live judges here."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from enricher.catalogue import Catalogue
from enricher.ended import Ended, Span
from enricher.facts import match_verdict
from enricher.judge import Judge
from enricher.policy import Policy
from runtime.record import Record, StoredRecord
from schemas.codec import decode_as
from schemas.ids import first_id
from schemas.records import Alert, AlertKind, Direction, Event, EventId, Verdict

BATCH = 500
ABOUT_CONNECTIONS = frozenset({AlertKind.VERDICT, AlertKind.CORRECTION})


class Conclusion(NamedTuple):
    """What one policy says of a connection; `verdict` is `event` where it gets none."""

    verdict: str
    reason: str


class Who(NamedTuple):
    """Whose connections these are: the system, the service and the address at the other end."""

    system: str
    direction: Direction
    service: str | None
    port: int | None
    address: str | None


class Flip(NamedTuple):
    """Connections of one sort that get another verdict: how many, and one of them to look at."""

    who: Who
    old: Conclusion
    new: Conclusion
    connections: int
    example: EventId


@dataclass(frozen=True, slots=True)
class Difference:
    """`flips` have another verdict, most first; `other_reason` is of connections with the same verdict."""

    connections: int
    other_reason: int
    flips: tuple[Flip, ...]
    old_alerts: int
    new_alerts: int
    unreadable: int
    levels_known: bool

    @property
    def flipped(self) -> int:
        return sum(flip.connections for flip in self.flips)


def compare(
    records: Iterable[StoredRecord],
    catalogue: Catalogue,
    old: Policy,
    new: Policy,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Difference:
    """Judge records of `sk.entries` under both policies; count connections of `since` to before `until`.

    Records of each partition must come in their order. Connections that are open at the end are closed there.
    """
    span = Span(since, until)
    sides = _Side(catalogue, old, span), _Side(catalogue, new, span)
    source = Ended(records, span, timedelta(seconds=2 * max(old.window_seconds, new.window_seconds) + 1))
    for batch in in_batches(source):
        for side in sides:
            side.judge(batch)
    return _difference(*sides, source)


def _difference(old: "_Side", new: "_Side", source: Ended) -> Difference:
    pairs = Counter[tuple[Who, Conclusion, Conclusion]]()
    examples: dict[tuple[Who, Conclusion, Conclusion], EventId] = {}
    connections = other_reason = 0
    for one in dict.fromkeys((*old.who, *new.who)):
        connections += 1
        before, after = old.concluded.get(one, NOTHING), new.concluded.get(one, NOTHING)
        other_reason += before.verdict == after.verdict and before.reason != after.reason
        if before.verdict != after.verdict:
            sort = (new.who.get(one) or old.who[one], before, after)
            pairs[sort] += 1
            examples.setdefault(sort, one)
    flips = tuple(Flip(*sort, count, examples[sort]) for sort, count in pairs.most_common())
    return Difference(
        connections,
        other_reason,
        flips,
        old_alerts=len(old.alerts),
        new_alerts=len(new.alerts),
        unreadable=old.rejected + source.unreadable,
        levels_known=source.levels_known,
    )


NOTHING = Conclusion("event", "none")


class _Side:
    """What one policy says of each connection, the last word after corrections."""

    def __init__(self, catalogue: Catalogue, policy: Policy, span: Span) -> None:
        self.concluded: dict[EventId, Conclusion] = {}
        self.who: dict[EventId, Who] = {}
        self.alerts: set[EventId] = set()
        self.rejected = 0
        self._judge = Judge(catalogue, policy)
        self._catalogue = catalogue
        self._span = span
        self._whos: dict[Who, Who] = {}
        self._conclusions: dict[Conclusion, Conclusion] = {}

    def judge(self, batch: Sequence[StoredRecord]) -> None:
        outcome = self._judge.process(batch)
        self.rejected += len(outcome.rejected)
        for output in outcome.outputs:
            self._take(output)

    def _take(self, output: Record) -> None:
        if output.type == Verdict.type:
            self._conclude(decode_as(Verdict, output.value))
        elif output.type == Event.type:
            event = decode_as(Event, output.value)
            if self._span.has(event.time):
                self._note(event.id, Conclusion("event", event.reason))
        elif output.type == Alert.type:
            alert = decode_as(Alert, output.value)
            if alert.kind in ABOUT_CONNECTIONS and self._span.has(alert.time):
                self.alerts.add(alert.id)

    def _conclude(self, verdict: Verdict) -> None:
        if not self._span.has(verdict.time):
            return
        one = first_id(verdict.id)
        remote = verdict.destination if verdict.direction is Direction.OUTBOUND else verdict.source
        port = match_verdict(verdict, self._catalogue).port
        who = Who(verdict.system, verdict.direction, verdict.service, port, remote.address)
        self.who[one] = self._whos.setdefault(who, who)
        self._note(one, Conclusion(verdict.verdict, verdict.reason))

    def _note(self, one: EventId, conclusion: Conclusion) -> None:
        """Equal ones are kept once: a day of a busy system has millions of connections."""
        self.concluded[one] = self._conclusions.setdefault(conclusion, conclusion)


def in_batches(records: Iterable[StoredRecord]) -> Iterator[list[StoredRecord]]:
    source = iter(records)
    while batch := list(islice(source, BATCH)):
        yield batch
