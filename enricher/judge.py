"""The stage of the enricher: records of `sk.entries` in, verdicts, events, status and alerts out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import cast

from enricher.alert import gap_alert
from enricher.auditing import auditing_alert, missing_levels, unaudited_alert
from enricher.catalogue import Catalogue
from enricher.evidence_mode import CONNECTIONS, HANDSHAKES, EvidenceMode, Output
from enricher.expiry import expiry_alerts
from enricher.join import Join
from enricher.loss import expired_alert, loss_alert
from enricher.names import ReverseResolver
from enricher.naming import Published, as_names_come
from enricher.placing import at_home, is_home, output, remote_addresses
from enricher.policy import Mode, Policy
from enricher.ports_mode import publish_by_port
from enricher.status import StatusClock
from enricher.systems import System, Systems
from runtime.errors import Halt
from runtime.flow import Expired, Outcome, Reason, Rejection
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import CodecError, decode
from schemas.records import Alert, AnyRecord, Audit, Entry, Gap, Progress, Verdict

READS = frozenset({Entry.type, Progress.type, Audit.type, Gap.type})
UNKNOWN_TYPE = Reason("unknown-type", "the header `type` names no record that this topic carries")
MEMORY_LIMIT = 500_000
NO_WINDOW = timedelta(0)
KIND_AND_REASON = attrgetter("verdict", "reason")
Owed = tuple[Published, StoredRecord]
"""A record to be published, and the one that brought it."""


class Judge:
    """Implements `Stage` and `Memory`. Progress, audit and gap records come to every partition; only the copy on the
    partition of the system's own hash raises a status or an alert.

    Past `memory_limit` connections in memory it halts.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        policy: Policy,
        *,
        metrics: Metrics | None = None,
        resolver: ReverseResolver | None = None,
        memory_limit: int = MEMORY_LIMIT,
    ) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._metrics = metrics
        self._resolver = resolver
        self._memory_limit = memory_limit
        self._evidence = EvidenceMode(catalogue, policy)
        self._is_by_port = policy.mode is Mode.PORTS
        self._status = StatusClock()
        self._systems = Systems(self._new_join)
        self._owed: dict[Partition, list[Owed]] = {}
        self._expired: dict[Partition, Expired] = {}

    def process(self, items: Sequence[StoredRecord]) -> Outcome[StoredRecord]:
        """Settle each record: judged, or rejected because it cannot be read. Nothing is ever deferred."""
        if self._resolver is not None:
            self._resolver.expect(remote_addresses(items))
        owed = self._pay(items)
        found, sources = [record for record, _ in owed], [item for _, item in owed]
        rejected: list[Rejection[StoredRecord]] = []
        for item in items:
            if item.headers and item.is_restored:  # whoever restored it has judged it, among those that it belongs to
                continue
            if item.type not in READS:
                rejected.append(Rejection(item, UNKNOWN_TYPE))
                continue
            try:
                for _, make in self._settle(item):
                    brought = make()
                    found += brought
                    sources += [item] * len(brought)
            except CodecError as error:
                rejected.append(Rejection(item, Reason("corrupt-record", f"{item.type}: {error}")))
        self._measure(found)
        outputs: list[Record | None] = [None] * len(found)
        for place, record in as_names_come(found, self._resolver):
            outputs[place] = output(record, sources[place])
        return Outcome(cast(list[Record], outputs), rejected)

    def rebuild(
        self, partition: Partition, records: Iterable[StoredRecord], undecided_from: Offset | None = None
    ) -> None:
        """See `Memory`. A record that cannot be read was rejected in its time."""
        self.forget(partition)
        owed: list[Owed] = []
        for record in records:
            try:
                for about, make in self._settle(record) if _is_read(record) else ():
                    if undecided_from is not None and about is not None and about >= undecided_from:
                        owed += [(one, record) for one in make()]
            except CodecError:
                continue
        if owed:
            self._owed[partition] = owed

    def expired(self, expired: Expired) -> None:
        """See `Memory`. The alert goes out with the next record of the partition, so with the offset behind them."""
        self._expired[expired.partition] = expired

    def forget(self, partition: Partition) -> None:
        """See `Memory`."""
        self._expired.pop(partition, None)
        self._status.forget(partition)
        self._systems.forget(partition)
        self._owed.pop(partition, None)

    def needed_from(self, partition: Partition) -> Offset | None:
        """See `Memory`."""
        needs = (self._status.needed_from(partition), self._systems.needed_from(partition))
        return min((need for need in needs if need is not None), default=None)

    def undecided_from(self, partition: Partition) -> Offset | None:
        """See `Memory`."""
        return self._systems.undecided_from(partition)

    def _new_join(self, first: Offset) -> Join:
        window = NO_WINDOW if self._is_by_port else timedelta(seconds=self._policy.window_seconds)
        return Join(window, self._evidence.find, first)

    def _pay(self, items: Sequence[StoredRecord]) -> list[Owed]:
        """What is owed on the partitions of these. All of it where there are none: a checkpoint without records would
        else say of a partition that nothing is owed any more."""
        if not self._owed:
            return []
        partitions = {item.partition for item in items} if items else set(self._owed)
        return [one for partition in sorted(partitions) for one in self._owed.pop(partition, ())]

    def _settle(self, item: StoredRecord) -> Iterable[Output]:
        """What the item brings, made step by step: each is to be taken before the next. Raises CodecError at once."""
        record = decode(item.type, item.value)
        if self._expired and (expired := self._expired.pop(item.partition, None)) is not None:
            return chain(self._cut(expired, record, item), self._brings(record, item))
        return self._brings(record, item)

    def _brings(self, record: AnyRecord, item: StoredRecord) -> Iterable[Output]:
        if isinstance(record, Entry):
            return self._entry(record, item)
        if isinstance(record, Progress):
            return self._progress(record, item)
        if isinstance(record, Audit):
            return self._audit(record, item)
        assert isinstance(record, Gap)
        return self._gap(record, item)

    def _cut(self, expired: Expired, record: AnyRecord, item: StoredRecord) -> Iterator[Output]:
        """Records are missing right before this one, of every system that is read: what is open cannot be known."""
        for system in self._systems.on(item.partition):
            yield from self._evidence.of_decisions(system.join.gap())
        yield from at_home([expired_alert(expired, self._policy, system=record.system, time=record.time)])

    def _entry(self, entry: Entry, item: StoredRecord) -> Iterable[Output]:
        if self._is_by_port:
            could_be_open = entry.detail_type in CONNECTIONS or entry.detail_type in HANDSHAKES
            about = item.offset if could_be_open else None
            return ((about, partial(publish_by_port, entry, self._catalogue, self._policy)),)
        system = self._systems.of(item.partition, entry.system, item.offset)
        return self._evidence.published(entry, item.offset, system.join)

    def _progress(self, progress: Progress, item: StoredRecord) -> Iterator[Output]:
        system = self._systems.of(item.partition, progress.system, item.offset)
        yield from self._evidence.of_decisions(system.join.progress(progress, item.offset))
        for silent in self._systems.drop_silent(item.partition, item.offset):
            yield from self._evidence.of_decisions(silent.join.end())
        self._status.pass_by(item)
        alerts = [
            self._auditing(system, progress),
            unaudited_alert(self._policy, progress),
            *self._expiring(system, progress),
            loss_alert(progress),
        ]
        if is_home(progress, item):
            yield from at_home([self._status.status(progress, item), *alerts])
        if progress.final:
            self._systems.drop(item.partition, progress.system)

    def _audit(self, audit: Audit, item: StoredRecord) -> Iterator[Output]:
        system = self._systems.of(item.partition, audit.system, item.offset)
        system.join.audit(audit)
        alert = self._auditing(system, audit)
        if is_home(audit, item):
            yield from at_home([alert])

    def _gap(self, gap: Gap, item: StoredRecord) -> Iterator[Output]:
        system = self._systems.of(item.partition, gap.system, item.offset)
        yield from self._evidence.of_decisions(system.join.gap(gap.resumed))
        if is_home(gap, item):
            yield from at_home([gap_alert(gap, self._policy)])

    def _auditing(self, system: System, record: Progress | Audit) -> Alert | None:
        """The alert about levels that this record shows to be missing; it is remembered what was."""
        before, missing = system.missing, missing_levels(record.audit_levels, self._policy.mode)
        system.missing = before if missing is None else missing
        return auditing_alert(self._policy, record, before=before, missing=missing)

    def _expiring(self, system: System, progress: Progress) -> list[Alert]:
        before, system.read_until = system.read_until, progress.time
        return expiry_alerts(self._policy, progress.system, before, progress.time)

    def _measure(self, found: Sequence[Published]) -> None:
        """Raises Halt past the memory limit: a bigger memory can hold more, a restart cannot."""
        if (size := self._systems.size) > self._memory_limit:
            raise Halt(
                f"{size} connections are remembered, and SK2SIEM_ENRICHER__MEMORY_LIMIT allows {self._memory_limit}:"
                " raise it, or shorten the policy's window; nothing is lost"
            )
        if self._metrics is None:
            return
        self._metrics.open_windows.set(self._systems.open_windows)
        verdicts = [one for one in found if isinstance(one, Verdict)]
        for (verdict, reason), count in Counter(map(KIND_AND_REASON, verdicts)).items():
            self._metrics.verdicts(verdict, reason, count)
        self._metrics.corrections.inc(sum(one.supersedes is not None for one in verdicts))


def _is_read(record: StoredRecord) -> bool:
    return record.type in READS and not record.is_restored
