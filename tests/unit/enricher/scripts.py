"""Little journals as a line of calls, and what a judge says of them as a line of text."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy import Policy
from enricher.policy_file import load_policy
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import decode, encode
from schemas.ids import entry_id, first_id
from schemas.records import Alert, Audit, DetailType, Entry, Event, EventId, Gap, Progress, Verdict, changed
from schemas.topics import ENTRIES, partition_of
from tests.unit.enricher.samples import ACCEPT, LEVELS, TIME

CATALOGUE = load_catalogue()
POLICY = load_policy(Path("default"), CATALOGUE)
WINDOW = POLICY.window_seconds
HOME = partition_of(b"PROD1", 6)
Scripted = Entry | Progress | Audit | Gap


def entry(kind: str, seconds: float, port: int, remote: str = "10.9.8.7", remote_port: int = 50123) -> Entry:
    """`port` is the service's: of the system for what it accepts, of the other end for what it opens (C)."""
    ends = (remote_port, port) if kind == "C" else (port, remote_port)
    made = changed(
        ACCEPT,
        detail_type=DetailType(kind),
        time=TIME + timedelta(seconds=seconds),
        local_port=ends[0],
        remote_address=remote,
        remote_port=ends[1],
    )
    if kind == "S":
        return changed(made, secure_version="TLSV1.3", secure_properties="AES_128_GCM_SHA256 RSA_PSS_SHA256")
    return made


def a(seconds: float, port: int, remote: str = "10.9.8.7", remote_port: int = 50123) -> Entry:
    return entry("A", seconds, port, remote, remote_port)


def s(seconds: float, port: int, remote: str = "10.9.8.7", remote_port: int = 50123, *, weak: bool = False) -> Entry:
    made = entry("S", seconds, port, remote, remote_port)
    return changed(made, secure_version="TLSV1", secure_properties="TLS_RSA_WITH_AES_128_CBC_SHA") if weak else made


def x(seconds: float, port: int, remote: str = "10.9.8.7", remote_port: int = 50123) -> Entry:
    return entry("X", seconds, port, remote, remote_port)


def progress(seconds: float, levels: tuple[str, ...] | None = LEVELS, *, final: bool = False) -> Progress:
    return Progress("PROD1", "QAUDJRN", TIME + timedelta(seconds=seconds), True, levels, 0, 6, final)


def audit(seconds: float, levels: tuple[str, ...] | None) -> Audit:
    when = TIME + timedelta(seconds=seconds)
    return Audit(ACCEPT.id, "PROD1", "QAUDJRN", "QGPL", "AUDRCV0001", "1", when, "QAUDLVL", "*NONE", "*NONE", levels, 6)


def gap(seconds: float, resumed: float | None = None) -> Gap:
    """What is missing is older than `resumed`."""
    when, until = TIME + timedelta(seconds=seconds), None if resumed is None else TIME + timedelta(seconds=resumed)
    name = EventId("gap-PROD1-AUDRCV0001-1")
    return Gap(name, "PROD1", "QAUDJRN", None, None, "deleted", None, when, 6, resumed=until)


def numbered(*records: Scripted, first: int = 1) -> list[Scripted]:
    """An entry has its number, from `first`, as sequence and in its id."""
    return [_numbered(record, number) for number, record in enumerate(records, first)]


def store(*records: Scripted, first: int = 1) -> list[StoredRecord]:
    """On the home partition, with the number as offset."""
    return [_stored(record, number) for number, record in enumerate(numbered(*records, first=first), first)]


def said(*records: Scripted, policy: Policy = POLICY) -> list[str]:
    """For example `3 secure tls [3 4] corrects`, `5 event handshake`, `alert 3 correction tls`. No status."""
    return words(Judge(CATALOGUE, policy).process(store(*records)).outputs)


def words(outputs: Sequence[Record]) -> list[str]:
    found = [decode(output.type, output.value) for output in outputs]
    return [_words(one) for one in found if isinstance(one, Verdict | Event | Alert)]


def verdicts(*records: Scripted, policy: Policy = POLICY) -> list[Verdict]:
    outputs = Judge(CATALOGUE, policy).process(store(*records)).outputs
    return [one for output in outputs if isinstance(one := decode(output.type, output.value), Verdict)]


def _numbered(record: Scripted, number: int) -> Scripted:
    if not isinstance(record, Entry):
        return record
    name = entry_id(record.time.replace(tzinfo=None), record.system, record.receiver, number)
    return changed(record, id=name, sequence=str(number))


def _stored(record: Scripted, number: int) -> StoredRecord:
    return StoredRecord(Partition(ENTRIES, HOME), Offset(number), b"", encode(record), record.type)


def _words(one: Verdict | Event | Alert) -> str:
    if isinstance(one, Event):
        return f"{_number(one.id)} event {one.reason}"
    if isinstance(one, Alert):
        return f"alert {_number(one.id) if one.connection else '-'} {one.kind} {one.reason}"
    detail = f" ({one.detail})" if one.detail else ""
    evidence = " ".join(map(_number, one.evidence))
    corrects = " corrects" if one.supersedes else ""
    return f"{_number(one.id)} {one.verdict} {one.reason}{detail} [{evidence}]{corrects}"


def _number(name: EventId) -> str:
    return str(int(first_id(name).rpartition("-")[2]))
