"""What is on the topics: ids, how far each service has come, what has expired, and which gaps were announced."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from cli.reconcile.case import Case
from cli.reconcile.ids import Ids
from enricher.restoration import Late
from producer.reader import Place
from runtime.broker import Standing
from runtime.errors import CheckFailed
from runtime.record import Record, StoredRecord
from schemas.codec import CodecError, decode_as
from schemas.records import DetailType, Entry, Gap, Progress, Verdict
from schemas.topics import ALERTS, ENTRIES, VERDICTS

LONG_AGO = datetime.min.replace(tzinfo=UTC)
RECENT = timedelta(minutes=1)
MOST_RESTORED = 200_000
"""So many entries that were brought back are remembered, about 300 MiB of them."""
COMMON = ("id", "system")
NEEDED = {
    Progress.type: ("system",),
    Entry.type: (*COMMON, "receiver_library", "receiver", "sequence"),
    Verdict.type: (*COMMON, "policy"),
}
HANDSHAKES = frozenset({DetailType.SECURE.value, DetailType.FAILED_SECURE.value})


@dataclass(slots=True)
class Entries:
    """What `sk.entries` holds. `oldest` is the oldest entry of each system, `horizon` where a partition begins of
    which older records have expired, `restored` the entries that were brought back and stand behind their place.
    `waiting` counts entries that the enricher has not come to, `standings` say how far it is, and `_reached` to what
    time of each system on each partition, and whether that is its end. `is_near` tells times that matter.
    """

    standings: Mapping[int, Standing]
    is_near: Callable[[datetime], bool] = lambda _time: True
    ids: Ids = field(default_factory=Ids)
    gaps: dict[str, Gap] = field(default_factory=dict)
    oldest: dict[str, tuple[datetime, Place]] = field(default_factory=dict)
    horizon: dict[int, datetime] = field(default_factory=dict)
    restored: list[Late] = field(default_factory=list)
    waiting: int = 0
    unreadable: int = 0
    _reached: dict[tuple[str, int], tuple[datetime, bool]] = field(default_factory=dict)

    def scan(self, records: Iterable[StoredRecord]) -> None:
        for record in records:
            document = document_of(record)
            if document is None:
                self.unreadable += 1
            else:
                self._note(record, document)

    def restore(self, late: Late) -> None:
        """Remember an entry that was brought back. Raises CheckFailed where there are too many."""
        if len(self.restored) == MOST_RESTORED:
            raise CheckFailed(
                f"more than {MOST_RESTORED:,} entries; look at parts of the time, with --since and --until"
            )
        self.restored.append(late)

    def judged(self, records: Iterable[StoredRecord]) -> Iterator[StoredRecord]:
        """Those that the enricher has worked on."""
        return (record for record in records if self._is_judged(record))

    def settled_until(self, system: str) -> datetime:
        """Up to which time its entries have been read and judged on every partition, and no connection is open any
        more; the last word of a journal that has ended is the last."""
        reached = [state for (name, _), state in self._reached.items() if name == system]
        if not reached:
            return LONG_AGO
        until = min(time for time, _ in reached)
        return until if all(is_end for _, is_end in reached) else until - RECENT

    def has_expired(self, partition: int, time: datetime) -> bool:
        begins = self.horizon.get(partition)
        return begins is not None and time < begins

    def _note(self, record: StoredRecord, document: Mapping[str, Any]) -> None:
        number = record.partition.number
        if record.is_restored:
            self._note_restored(record, document)
            return
        if number not in self.horizon and self.standings[number].expired:
            self.horizon[number] = time_of(document)
        if record.type == Entry.type:
            self.ids.add(document["id"])
            self.waiting += not self._is_judged(record)
            self._note_place(document)
        elif record.type == Progress.type and self._is_judged(record):
            self._note_progress(number, document)
        elif record.type == Gap.type:
            with suppress(CodecError):
                self.gaps[document["id"]] = decode_as(Gap, record.value)

    def _note_restored(self, record: StoredRecord, document: Mapping[str, Any]) -> None:
        self.ids.add(document["id"])
        if self.is_near(time_of(document)):
            entry, number = decode_as(Entry, record.value), record.partition.number
            self.restore(Late(entry, Record(ENTRIES, record.key, record.value, record.type, number)))

    def _note_progress(self, number: int, document: Mapping[str, Any]) -> None:
        system, time = document["system"], time_of(document)
        before, _ = self._reached.get((system, number), (time, False))
        self._reached[system, number] = max(time, before), bool(document.get("final"))

    def _note_place(self, document: Mapping[str, Any]) -> None:
        system = document["system"]
        before = self.oldest.get(system)
        if before is None or time_of(document) < before[0]:
            place = Place(document["receiver_library"], document["receiver"], int(document["sequence"]))
            self.oldest[system] = (time_of(document), place)

    def _is_judged(self, record: StoredRecord) -> bool:
        return record.offset < self.standings[record.partition.number].next_offset


@dataclass(slots=True)
class Verdicts:
    """What `sk.verdicts` and `sk.alerts` hold. `evidence` are the entries that verdicts rest on besides their own,
    `other_policy` is the newest time of each system that another policy than ours has judged, `horizon` where a
    partition begins of which older records have expired."""

    ids: Ids = field(default_factory=Ids)
    alerts: Ids = field(default_factory=Ids)
    evidence: Ids = field(default_factory=Ids)
    other_policy: dict[str, datetime] = field(default_factory=dict)
    horizon: dict[tuple[str, int], datetime] = field(default_factory=dict)

    def note(self, verdict: Mapping[str, Any], policy: str) -> None:
        for one in verdict.get("evidence", ())[1:]:
            self.evidence.add(one)
        if verdict["policy"] != policy:
            time, system = time_of(verdict), verdict["system"]
            self.other_policy[system] = max(time, self.other_policy.get(system, time))

    def has_expired(self, output: Record, document: Mapping[str, Any]) -> bool:
        begins = self.horizon.get((output.topic, output.partition))
        return begins is not None and time_of(document) < begins

    def is_of_other_policy(self, document: Mapping[str, Any]) -> bool:
        newest = self.other_policy.get(document["system"])
        return newest is not None and time_of(document) <= newest


def standings_of(case: Case) -> Mapping[int, Standing]:
    """To be asked before the topics are read: what a service has worked on by then is on them."""
    return {one.partition.number: one for one in case.broker.standings("enricher", [ENTRIES])}


def verdicts_of(case: Case, policy: str) -> Verdicts:
    found = Verdicts()
    standings = case.broker.standings("enricher", [VERDICTS, ALERTS])
    expired = {standing.partition for standing in standings if standing.expired}
    for topic, ids in ((VERDICTS, found.ids), (ALERTS, found.alerts)):
        for record in case.read(topic):
            document = document_of(record)
            if document is None:
                continue
            ids.add(document["id"])
            if record.partition in expired:
                found.horizon.setdefault(record.partition, time_of(document))
            if record.type == Verdict.type:
                found.note(document, policy)
    return found


def document_of(record: StoredRecord) -> dict[str, Any] | None:
    """The record as JSON; None where it is none of ours."""
    try:
        document = orjson.loads(record.value)
        datetime.fromisoformat(document["time"])
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError):
        return None
    needed = NEEDED.get(record.type, COMMON)
    return document if all(isinstance(document.get(name), str) for name in needed) else None


def time_of(document: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(document["time"])
