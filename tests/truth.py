"""What the verdicts on a simulated journal are worth: each beside what really happened on the wire.

The simulator knows both the truth and what the system audited; here the whole way from raw rows to the last correction
is gone, and the two are compared.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from enricher.catalogue import Catalogue, Speaks, TlsBy, load_catalogue
from enricher.events import match_of
from enricher.judge import Judge
from enricher.policy import Policy
from enricher.policy_file import load_policy
from producer.audit_levels import decode_sv, levels_after
from producer.decode import EntryFacts, decode
from producer.journal_clock import JournalClock
from producer.simulator.partition import Partition, Written
from producer.simulator.scene import Truth
from producer.simulator.settings import SimulatorSettings
from runtime.record import Offset, Record, StoredRecord
from runtime.record import Partition as TopicPartition
from schemas.codec import decode_as, encode
from schemas.ids import first_id
from schemas.reasons import Reason
from schemas.records import Audit, DetailType, Entry, Event, EventId, Progress, Verdict, VerdictKind, changed
from schemas.topics import ENTRIES

SYSTEM, JOURNAL = "TRUTH", "QSYS/QAUDJRN"
PLACE = TopicPartition(ENTRIES, 0)
PAGE = 500
OPENS = frozenset({DetailType.ACCEPT, DetailType.CONNECT})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEAD = timedelta(seconds=2)
WEAK = frozenset({Reason.WEAK_PROTOCOL, Reason.WEAK_CIPHER})
BUSY_HOURS = SimulatorSettings(start=datetime(2026, 11, 2, 11), days=0.11, scale=4, audit_lapse_days=1)
"""Eleven to half past one of a working day, with ten minutes in which TLS is not audited."""

Row = tuple[Written, Entry | Audit]


class Connection(NamedTuple):
    """One connection as it was, as it was written down, and the last verdict on it (None: it got none)."""

    entry: Entry
    truth: Truth
    handshakes: tuple[Entry, ...]
    audited: bool
    cut: bool
    verdict: Verdict | None


@dataclass(slots=True)
class Confusion:
    """How often each truth got each verdict, and every connection of which that is a lie, in so many entries."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    lies: list[str] = field(default_factory=list)
    entries: int = 0

    @property
    def connections(self) -> int:
        return self.counts.total()

    def add(self, connection: Connection, catalogue: Catalogue) -> None:
        verdict = connection.verdict
        self.counts[truth_of(connection), f"{verdict.verdict} {verdict.reason}" if verdict else "no verdict"] += 1
        if (lie := lie_of(connection, catalogue)) is not None:
            self.lies.append(f"{connection.entry.id}: {lie} ({connection.truth})")

    def merge(self, other: "Confusion") -> None:
        self.counts += other.counts
        self.lies += other.lies
        self.entries += other.entries

    def table(self) -> str:
        """One line per truth and verdict, the truths together."""
        lines = [f"{'on the wire':<18} {'verdict':<34} {'connections':>11}"]
        lines += [f"{truth:<18} {verdict:<34} {count:>11,}" for (truth, verdict), count in sorted(self.counts.items())]
        return "\n".join([*lines, f"{self.connections:,} connections, {len(self.lies):,} wrong verdicts"])


def confusion(seeds: Iterable[int], settings: SimulatorSettings = BUSY_HOURS) -> Confusion:
    """The journals of all seeds, judged by the default policy."""
    catalogue = load_catalogue()
    policy = load_policy(Path("default"), catalogue)
    found = Confusion()
    for seed in seeds:
        rows = rows_of(settings.model_copy(update={"seed": seed}))
        found.entries += len(rows)
        for connection in judged(rows, catalogue, policy):
            found.add(connection, catalogue)
    return found


def judged(rows: list[Row], catalogue: Catalogue, policy: Policy) -> Iterator[Connection]:
    """Every connection of one journal, after all corrections."""
    return beside(rows, last_verdicts(_verdicts(_judge(rows, Judge(catalogue, policy)))), policy)


def beside(rows: list[Row], verdicts: Mapping[EventId, Verdict], policy: Policy) -> Iterator[Connection]:
    """Every connection of one journal with its last verdict."""
    handshakes: dict[int, list[Entry]] = {}
    for written, record in rows:
        if isinstance(record, Entry) and written.truth and record.detail_type in "SX":
            handshakes.setdefault(written.truth.connection, []).append(record)
    window = timedelta(seconds=policy.window_seconds)
    levels = [(record.time, record.audit_levels) for _, record in rows if isinstance(record, Audit)]
    end = rows[-1][1].time
    for written, record in rows:
        if isinstance(record, Entry) and written.truth and record.detail_type in OPENS:
            at = record.time
            yield Connection(
                record,
                written.truth,
                tuple(handshakes.get(written.truth.connection, ())),
                audited=_audited(levels, at - LEAD, at + window),
                cut=at + window > end,
                verdict=verdicts.get(record.id),
            )


def truth_of(connection: Connection) -> str:
    """In words: what somebody on the wire would have seen."""
    truth = connection.truth
    if truth.kind == "loopback":
        return "never left"
    if truth.encrypted is None:
        return "no data"
    if not truth.encrypted:
        return "clear text"
    return "weakly encrypted" if truth.by == "TLSV1" else "encrypted"


def lie_of(connection: Connection, catalogue: Catalogue) -> str | None:
    """What is wrong with a verdict; None when it is right, or rightly unknown."""
    verdict, truth = connection.verdict, truth_of(connection)
    if verdict is None:
        return None if _is_helper(connection, catalogue) else "no verdict"
    if truth == "never left":
        return None if verdict.reason == Reason.LOCAL else "a connection that never left the system"
    if truth == "encrypted" and verdict.verdict is VerdictKind.INSECURE:
        return "encrypted, but called insecure"
    if truth == "weakly encrypted" and verdict.verdict is not VerdictKind.UNKNOWN and verdict.reason not in WEAK:
        return "a weak protocol that was not called weak"
    if truth == "clear text" and verdict.verdict is VerdictKind.SECURE:
        return "in clear text, but called secure"
    if truth == "clear text" and verdict.reason in WEAK:
        return "in clear text, but called weakly encrypted"
    if can_tell(connection, catalogue):
        return "unknown, but the journal tells" if verdict.verdict is VerdictKind.UNKNOWN else None
    return None if verdict.verdict is VerdictKind.UNKNOWN else f"{verdict.verdict}, but the journal does not tell"


def can_tell(connection: Connection, catalogue: Catalogue) -> bool:
    """Whether what was written down tells if this connection was encrypted."""
    port = match_of(connection.entry, catalogue).entry
    speaks = port.speaks if port else None
    types = {handshake.detail_type for handshake in connection.handshakes}
    if DetailType.SECURE in types or speaks in (Speaks.CLEARTEXT, Speaks.ENCRYPTED):
        return True
    if speaks is Speaks.OWN_SCHEME:
        return False
    if DetailType.FAILED_SECURE in types and speaks in (None, Speaks.TLS):
        return True
    if speaks is Speaks.TLS and port and port.tls_by is TlsBy.OTHER:
        return True
    return connection.audited and not connection.cut and speaks is Speaks.UPGRADABLE


def _is_helper(connection: Connection, catalogue: Catalogue) -> bool:
    port = match_of(connection.entry, catalogue).entry
    return port is not None and port.speaks is Speaks.HELPER


def _audited(levels: list[tuple[datetime, tuple[str, ...] | None]], start: datetime, end: datetime) -> bool:
    """Whether *NETSECURE was in force all the time from `start` to `end`."""
    before = [named for since, named in levels if since <= start]
    during = [named for since, named in levels if start < since <= end]
    return bool(before) and all(named is not None and "*NETSECURE" in named for named in [before[-1], *during])


def rows_of(settings: SimulatorSettings) -> list[Row]:
    """Decoded by the producer's own decoder, in journal order."""
    return list(_rows(Partition(settings)))


def _rows(partition: Partition) -> Iterator[Row]:
    clock = JournalClock(str(partition.timeline.zone))
    facts = EntryFacts(SYSTEM, JOURNAL, "simulator", clock.to_utc, EPOCH)
    levels: frozenset[str] | None = None
    for written in partition.written():
        if written.row.entry_type == "SK":
            found = decode(written.row, facts)
            assert isinstance(found, Entry)
            yield written, found
        elif isinstance(change := decode_sv(written.row, facts), Audit):
            levels = levels_after(levels, [change])
            yield written, changed(change, audit_levels=None if levels is None else tuple(sorted(levels)))


def _judge(rows: list[Row], judge: Judge) -> Iterator[Record]:
    """Page by page, with the progress that the producer publishes behind each; the last one is final."""
    offset = 0
    levels: tuple[str, ...] | None = None
    for start in range(0, len(rows), PAGE):
        page = [record for _, record in rows[start : start + PAGE]]
        levels = next((record.audit_levels for record in reversed(page) if isinstance(record, Audit)), levels)
        read = page[-1].time - timedelta(microseconds=1)
        progress = Progress(SYSTEM, JOURNAL, read, False, levels, 0, 1, final=start + PAGE >= len(rows))
        batch = [_stored(record, offset + number) for number, record in enumerate([*page, progress])]
        offset += len(batch)
        yield from judge.process(batch).outputs


def _stored(record: Entry | Audit | Progress, offset: int) -> StoredRecord:
    return StoredRecord(PLACE, Offset(offset), b"", encode(record), record.type)


def last_verdicts(verdicts: Iterable[Verdict]) -> Mapping[EventId, Verdict]:
    """By the id of the connection; what is published later corrects what was before."""
    found: dict[EventId, Verdict] = {}
    for verdict in verdicts:
        assert (first_id(verdict.id) in found) == (verdict.supersedes is not None), verdict.id
        found[first_id(verdict.id)] = verdict
    return found


def _verdicts(outputs: Iterable[Record]) -> Iterator[Verdict]:
    """No event comes twice."""
    events: set[EventId] = set()
    for output in outputs:
        if output.type == Verdict.type:
            yield decode_as(Verdict, output.value)
        elif output.type == Event.type:
            event = decode_as(Event, output.value)
            assert event.id not in events, event.id
            events.add(event.id)
