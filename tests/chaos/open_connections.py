"""A journal in which windows are open at any moment: handshakes early, in time, late, too late and never."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from enricher.policy import Policy
from runtime.record import Record, StoredRecord
from schemas.codec import decode
from schemas.ids import first_id, gap_id
from schemas.records import Alert, Entry, Event, Verdict, changed
from tests.properties.journals import judge_all, lay_out
from tests.properties.naive_join import OPENS, JournalRecord
from tests.unit.enricher.samples import LEVELS
from tests.unit.enricher.scripts import CATALOGUE, Scripted, a, audit, entry, gap, numbered, progress, s, x

CONNECTIONS_A_SECOND = 12
SERVICES = (21, 21, 21, 992, 992, 5000, 446, 23, 22, 449)
ADDRESSES = [f"10.9.8.{number}" for number in range(1, 31)]
DELAYS = (-1.5, -0.001, 0.01, 0.3, 3.0, 14.9, 15.1, 31.0, 44.0, 50.0)
LEAD_SECONDS = 2
LAPSED = LEVELS[:1]
LAPSE_EVERY, LAPSE_SECONDS, GAP_EVERY = 60, 12, 45
END_SECONDS = 120
AROUND_THE_CHANGE = timedelta(seconds=50)
STAMP = re.compile(r"\d{8}T\d{12}-")


class Line(NamedTuple):
    """A record that was published. `connection` is the first id of what it is about; `policy` the hash that it was
    judged under, empty for what no policy judges."""

    kind: str
    connection: str
    policy: str
    value: bytes

    @property
    def is_of_entry(self) -> bool:
        """Whether it is about one entry, and not about a gap or the audit levels."""
        return STAMP.match(self.connection) is not None and not self.connection.endswith(".auditing")


class OpenConnections:
    """One second of the journal after the other; it remembers all that it wrote."""

    def __init__(self, seed: int, partitions: int) -> None:
        self.written: list[JournalRecord] = []
        self._partitions = partitions
        self._dice = random.Random(seed)
        self.seconds = 0
        self._ties = count()
        self._ahead: list[tuple[float, int, Scripted]] = []
        self._levels: tuple[str, ...] = LEVELS

    def second(self) -> Sequence[Record]:
        """The records of the next second, as a producer publishes them: progress is the last."""
        now = self.seconds
        due: list[Scripted] = []
        for _ in range(CONNECTIONS_A_SECOND):
            self._connect(now + LEAD_SECONDS + self._dice.random())
        if now and now % LAPSE_EVERY in (0, LAPSE_SECONDS):
            self._levels = LAPSED if now % LAPSE_EVERY == 0 else LEVELS
            due.append(audit(now, self._levels))
        if now % GAP_EVERY == GAP_EVERY - 1:
            due.append(changed(gap(now), id=gap_id("PROD1", "AUDRCV0001", now)))
        self.seconds += 1
        while self._ahead and self._ahead[0][0] < self.seconds:
            due.append(heappop(self._ahead)[2])
        return self._write([*due, progress(self.seconds - 0.000001, self._levels)])

    def end(self) -> Sequence[Record]:
        """Nothing is open behind this."""
        rest = [heappop(self._ahead)[2] for _ in range(len(self._ahead))]
        return self._write([*rest, progress(self.seconds + END_SECONDS, self._levels)])

    def _connect(self, at: float) -> None:
        dice = self._dice
        service, where = dice.choice(SERVICES), (dice.choice(ADDRESSES), dice.randrange(50_000, 50_004))
        opened = entry("C", at, service, *where) if dice.random() < 0.1 else a(at, service, *where)
        self._later(at, opened)
        if opened.detail_type == "A" and dice.random() < 0.6:
            done = at + dice.choice(DELAYS)
            failed = dice.random() < 0.2
            self._later(
                done, x(done, service, *where) if failed else s(done, service, *where, weak=dice.random() < 0.3)
            )

    def _later(self, at: float, record: Scripted) -> None:
        heappush(self._ahead, (at, next(self._ties), record))

    def _write(self, records: Sequence[Scripted]) -> Sequence[Record]:
        new = numbered(*records, first=len(self.written) + 1)
        self.written += new
        return [
            Record(stored.partition.topic, stored.key, stored.value, stored.type, stored.partition.number)
            for stored in lay_out(new, self._partitions)
        ]

    @property
    def opened(self) -> set[str]:
        """The ids of all connections."""
        return {one.id for one in self.written if isinstance(one, Entry) and one.detail_type in OPENS}

    def undisturbed(self, policy: Policy) -> Sequence[Line]:
        """What one judge says of the whole of it."""
        return list(lines(judge_all(lay_out(self.written, self._partitions), CATALOGUE, policy)))


def lines(records: Iterable[Record | StoredRecord]) -> Iterator[Line]:
    """Of verdicts, events and alerts. A status tells the broker's time as well, so it is left out."""
    for record in records:
        found = decode(record.type, record.value)
        if isinstance(found, Verdict | Event | Alert):
            about = found.connection if isinstance(found, Alert) else found
            policy = about.policy if isinstance(about, Verdict) else ""
            yield Line(found.type, first_id(found.id), policy, record.value)


def moment(line: Line) -> datetime:
    """When the entry was written that it is about."""
    return datetime.strptime(line.connection[:21], "%Y%m%dT%H%M%S%f")


def prove(journal: OpenConnections, found: Sequence[Line], first: Policy, later: Policy) -> None:
    """Each connection has its first verdict. Those that were judged under one policy only have it once, and far from
    the change everything is as one judge says of the whole."""
    assert journal.opened <= {line.connection for line in found}
    judged = [{line.connection for line in found if line.policy == policy.hash} for policy in (first, later)]
    twice = {line for line, times in Counter(found).items() if times > 1}
    start = min(moment(line) for line in found if line.policy == later.hash) - AROUND_THE_CHANGE
    end = max(moment(line) for line in found if line.policy == first.hash) + AROUND_THE_CHANGE
    assert {line.connection for line in twice if line.policy} <= judged[0] & judged[1]
    assert all(line.is_of_entry and start < moment(line) < end for line in twice)
    for policy, span in ((first, (datetime.min, start)), (later, (end, datetime.max))):
        expected = _far_from_the_change(journal.undisturbed(policy), span)
        assert _far_from_the_change(found, span) == expected
        assert sum(line.is_of_entry for line in expected) > 100
    assert judged[0] & judged[1], "nothing was open when the policy changed"


def _far_from_the_change(found: Sequence[Line], span: tuple[datetime, datetime]) -> Counter[Line]:
    """What is about entries of that time, and what no policy judges."""
    return Counter(line for line in found if not line.is_of_entry or span[0] < moment(line) < span[1])
