"""Records of `sk.entries` judged once more, by the code that judges live, to bring back what is missing behind it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from enricher.alert import alert_about
from enricher.catalogue import Catalogue
from enricher.comparison import in_batches
from enricher.connection import Finding
from enricher.events import event_of
from enricher.facts import match_verdict
from enricher.judge import Judge
from enricher.names import ReverseResolver
from enricher.naming import Published, with_names
from enricher.policy import Policy
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import decode, encode
from schemas.ids import correction_id, first_id
from schemas.reasons import Reason
from schemas.records import Alert, Entry, Event, EventId, Verdict, changed
from schemas.topics import ALERTS, ENTRIES


class Late(NamedTuple):
    """An entry that was lost on its topic, and the record that brings it back."""

    entry: Entry
    record: Record


class Restoration:
    """Judges with the policy that is configured now; what another one said before is not touched."""

    def __init__(
        self, catalogue: Catalogue, policy: Policy, resolver: ReverseResolver | None = None, *, memory_limit: int
    ) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._resolver = resolver
        self._memory_limit = memory_limit

    @property
    def policy(self) -> str:
        """The hash of the policy."""
        return self._policy.hash

    def again(self, records: Iterable[StoredRecord]) -> Iterator[Record]:
        """Everything that these records of the topic bring, partition by partition. What is still open at their end
        brings nothing yet; what was restored comes from `in_place`."""
        judge = Judge(self._catalogue, self._policy, memory_limit=self._memory_limit)
        for batch in in_batches(iter(records)):
            yield from judge.process(batch).outputs

    def ready(self, outputs: Sequence[Record]) -> list[Record]:
        """The same, marked as late and with names, as they are published."""
        contents = [_late(_read(output)) for output in outputs]
        named = with_names(contents, self._resolver)
        return [output._replace(value=encode(one)) for output, one in zip(outputs, named, strict=True)]

    def corrected(self, output: Record, last: Verdict, late: Mapping[EventId, Late]) -> list[Record]:
        """What becomes of a connection that was judged without a late handshake: a correction of its last verdict
        where that changes it, else the handshake as an event; nothing where that verdict rests on it already."""
        new = _read(output)
        assert isinstance(new, Verdict)
        unknown = [late[one] for one in new.evidence if one in late and one not in last.evidence]
        if not unknown:
            return []
        if (new.verdict, new.reason, new.tls) == (last.verdict, last.reason, last.tls):
            events = (event_of(one.entry, self._catalogue) for one in unknown)
            return [output._replace(value=encode(event), type=Event.type) for event in events]
        number = int(last.id.rpartition(".c")[2]) if last.supersedes else 0
        verdict = changed(new, id=correction_id(first_id(last.id), number + 1), supersedes=last.id)
        before = Finding(last.verdict, Reason(last.reason), last.basis, last.detail)
        alert = alert_about(verdict, match_verdict(verdict, self._catalogue), self._policy, before=before)
        alerts = [output._replace(topic=ALERTS, value=encode(alert), type=Alert.type)] if alert else []
        return [output._replace(value=encode(verdict)), *alerts]


def in_place(records: Iterable[StoredRecord], late: Sequence[Late]) -> Iterator[StoredRecord]:
    """The records of a topic, partition by partition, with late ones put in by their time. Those that were restored
    before stand at the wrong place and are left out."""
    waiting: dict[int, list[Late]] = {}
    for one in sorted(late, key=lambda one: (one.entry.time, int(one.entry.sequence)), reverse=True):
        waiting.setdefault(one.record.partition, []).append(one)
    here: Partition | None = None
    offset = Offset(0)
    for record in records:
        if record.partition != here:
            yield from _rest(waiting, here, offset)
            here = record.partition
        if record.is_restored:
            continue
        offset = record.offset
        pending = waiting.get(here.number)
        if pending:
            time = _time_of(record)
            while time and pending and pending[-1].entry.time <= time:
                yield _stored(pending.pop().record, offset)
        yield record
    yield from _rest(waiting, here, offset)
    for number in list(waiting):
        yield from _rest(waiting, Partition(ENTRIES, number), Offset(0))


def _rest(waiting: dict[int, list[Late]], partition: Partition | None, offset: Offset) -> Iterator[StoredRecord]:
    pending = waiting.pop(partition.number, []) if partition else []
    yield from (_stored(one.record, offset) for one in reversed(pending))


def _stored(record: Record, offset: Offset) -> StoredRecord:
    return StoredRecord(Partition(record.topic, record.partition), offset, record.key, record.value, record.type)


def _time_of(record: StoredRecord) -> datetime | None:
    """None where it cannot be read."""
    try:
        return datetime.fromisoformat(orjson.loads(record.value)["time"])
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError):
        return None


def _read(output: Record) -> Published:
    content = decode(output.type, output.value)
    assert isinstance(content, Published)
    return content


def _late(content: Published) -> Published:
    match content:
        case Verdict():
            return changed(content, backfill=True)
        case Alert() if content.connection is not None:
            return changed(content, connection=changed(content.connection, backfill=True))
        case Event():
            return changed(content, entry=changed(content.entry, backfill=True))
        case _:
            return content
