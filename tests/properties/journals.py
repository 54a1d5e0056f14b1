"""Journals made of steps that Hypothesis chooses, laid out on partitions, and read by judges that restart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st

from enricher.catalogue import Catalogue
from enricher.judge import Judge
from enricher.policy import Policy
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import encode
from schemas.ids import entry_id, gap_id
from schemas.records import Audit, DetailType, Entry, Gap, Progress, changed
from schemas.topics import ENTRIES, entry_key, partition_of
from tests.properties.naive_join import JournalRecord
from tests.unit.enricher.samples import ACCEPT, TIME

SYSTEMS = ("PROD1", "PROD1", "PROD1", "PROD2")
REMOTES = ("10.9.8.7", "10.9.8.7", "198.51.100.9", "127.0.0.1")
SERVICES = (21, 21, 21, 21, 23, 22, 449, 445, 992, 992, 8076, 5000, 5000)
FULL = ("*NETSCK", "*NETSECURE", "*NETTELSVR")
LEVELS = (FULL, ("*NETSCK",), ("*NETSECURE",), (), None)
PROTOCOLS = ("TLSV1.3", "TLSV1.2", "TLSV1")
PAUSES = (0.0, 0.0, 0.0, 0.003, -0.003, 0.4, 1.0, 2.0, 7.0, 14.6, 15.0, 31.0)
STEPS = (*"AAAASSSSXXC", "progress", "progress", "progress", "progress", "audit", "gap", "final")


class Step(NamedTuple):
    """What comes next in one system's journal, so many seconds after what came before."""

    kind: str
    system: str
    remote: str
    service: int
    port: int
    protocol: str
    levels: tuple[str, ...] | None
    pause: float


@st.composite
def steps(draw: st.DrawFn, kinds: Sequence[str] = STEPS, pauses: Sequence[float] = PAUSES) -> list[Step]:
    """Few ends, so that the same come again and again; mostly of one system."""
    end = st.tuples(st.sampled_from(REMOTES), st.sampled_from(SERVICES), st.sampled_from([50_001, 50_002]))
    ends = draw(st.lists(end, min_size=1, max_size=3))
    step = st.builds(
        lambda end, **others: Step(remote=end[0], service=end[1], port=end[2], **others),
        st.sampled_from(ends),
        kind=st.sampled_from(kinds),
        system=st.sampled_from(SYSTEMS),
        protocol=st.sampled_from(PROTOCOLS),
        levels=st.sampled_from((FULL, FULL, FULL, *LEVELS)),
        pause=st.sampled_from(pauses),
    )
    return draw(st.lists(step, min_size=draw(st.sampled_from([0, 15, 30])), max_size=40))


@dataclass
class Clock:
    """One system's journal while it is written."""

    time: datetime = TIME
    levels: tuple[str, ...] | None = FULL
    read: datetime = TIME - timedelta(days=1)
    highest: datetime = TIME


def write(chosen: Iterable[Step], partitions: int) -> list[JournalRecord]:
    """The records in the order in which they are published; each journal ends well behind its last window."""
    clocks = {system: Clock() for system in dict.fromkeys(SYSTEMS)}
    records = [_record(step, number, clocks[step.system], partitions) for number, step in enumerate(chosen, 1)]
    for system, clock in clocks.items():
        clock.time = clock.highest + timedelta(minutes=5)
        records.append(_progress(system, clock, partitions))
    return records


def _record(step: Step, number: int, clock: Clock, partitions: int) -> JournalRecord:
    clock.time += timedelta(seconds=step.pause)
    clock.highest = max(clock.highest, clock.time)
    place = entry_id(clock.time.replace(tzinfo=None), step.system, "AUDRCV0001", number)
    if step.kind == "progress":
        return _progress(step.system, clock, partitions)
    if step.kind == "final":
        return changed(_progress(step.system, clock, partitions), final=True)
    if step.kind == "gap":
        name = gap_id(step.system, "AUDRCV0001", number)
        resumed = clock.time + timedelta(seconds=1) if number % 2 else None
        return Gap(name, step.system, "QAUDJRN", None, None, "deleted", None, clock.time, partitions, resumed=resumed)
    if step.kind == "audit":
        clock.levels = step.levels
        where = ("QAUDJRN", "QGPL", "AUDRCV0001", str(number), clock.time)
        return Audit(place, step.system, *where, "QAUDLVL", "*NONE", "*NONE", clock.levels, partitions)
    return changed(_entry(step), id=place, time=clock.time, sequence=str(number))


def _progress(system: str, clock: Clock, partitions: int) -> Progress:
    clock.read = max(clock.read, clock.time)
    return Progress(system, "QAUDJRN", clock.read, True, clock.levels, 0, partitions)


def _entry(step: Step) -> Entry:
    outbound = step.kind == "C"
    local, remote = (step.port, step.service) if outbound else (step.service, step.port)
    entry = changed(
        ACCEPT,
        detail_type=DetailType(step.kind),
        system=step.system,
        local_port=local,
        remote_address=step.remote,
        remote_port=remote,
    )
    if step.kind == "S":
        return changed(entry, secure_version=step.protocol, secure_properties="TLS_RSA_WITH_AES_128_CBC_SHA256")
    return entry


def lay_out(records: Sequence[JournalRecord], partitions: int) -> list[StoredRecord]:
    """As the producer does: an entry on the partition of its remote address, everything else on all of them."""
    stored: list[StoredRecord] = []
    for record in records:
        if isinstance(record, Entry):
            key = entry_key(record.system, record.remote_address)
            numbers = [partition_of(key, partitions)]
        else:
            key, numbers = record.system.encode(), list(range(partitions))
        for number in numbers:
            offset = Offset(3 * len(stored))
            stored.append(StoredRecord(Partition(ENTRIES, number), offset, key, encode(record), record.type))
    return stored


def judge_all(stored: Sequence[StoredRecord], catalogue: Catalogue, policy: Policy) -> list[Record]:
    """Everything in one batch."""
    return list(Judge(catalogue, policy).process(stored).outputs)


def judge_in_pieces(
    stored: Sequence[StoredRecord], catalogue: Catalogue, policy: Policy, *, cuts: Sequence[tuple[int, bool]]
) -> list[Record]:
    """In batches that end at the cuts; where a cut says so, another worker goes on with a memory that it rebuilds."""
    published: list[Record] = []
    judge, start = Judge(catalogue, policy), 0
    for cut, restart in [*sorted(cuts), (len(stored), False)]:
        end = max(start, min(cut, len(stored)))
        published += judge.process(stored[start:end]).outputs
        start = end
        if restart:
            judge = rebuilt(judge, Judge(catalogue, policy), stored[:end])
    return published


def rebuilt(before: Judge, after: Judge, seen: Sequence[StoredRecord]) -> Judge:
    """`after` with the memory of `before`, from what it needed of the records seen."""
    for partition in {record.partition for record in seen}:
        low = before.needed_from(partition)
        records = [one for one in seen if one.partition == partition and low is not None and one.offset >= low]
        after.rebuild(partition, records)
    return after
