"""Records for the tests of the sinks, one of each kind, to be changed where a test needs another."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import orjson

from runtime.flow import Outcome
from runtime.record import Offset, Partition, StoredRecord
from schemas.codec import encode
from schemas.records import (
    Alert,
    AlertKind,
    Basis,
    DetailType,
    Direction,
    Endpoint,
    Entry,
    Event,
    EventId,
    Network,
    Severity,
    Status,
    Tls,
    Verdict,
    VerdictKind,
    changed,
)
from schemas.topics import ALERTS, VERDICTS
from sinks.sink import Forwarded, Parcel

GOLDEN = Path(__file__).parent / "golden"
TIME = datetime(2026, 11, 22, 2, 15, 0, 123456, tzinfo=UTC)
ID = EventId("20261122T031500123456-PROD1-AUDRCV0001-00000000000000184467")

VERDICT = Verdict(
    id=ID,
    verdict=VerdictKind.INSECURE,
    reason="cleartext-port",
    basis=Basis.PORT,
    severity=Severity.MEDIUM,
    system="PROD1",
    time=TIME,
    journal_time="2026-11-22T03:15:00.123456",
    detail_type=DetailType.ACCEPT,
    direction=Direction.INBOUND,
    network=Network.INTERNAL,
    transport="tcp",
    service="telnet",
    source=Endpoint("10.9.8.7", 50123, "pc17.example.com", "confirmed"),
    destination=Endpoint("10.1.1.5", 23),
    evidence=(ID,),
    tls=None,
    advice="Move this client to port 992 (telnet-ssl).",
    policy="0f3a9c41d2be",
    mode="ports",
    audit_levels=None,
    journal="QSYS/QAUDJRN",
    receiver="AUDRCV0001",
    sequence="184467",
    reader="display-journal",
    backfill=False,
)
CORRECTION = changed(
    VERDICT,
    id=EventId(f"{ID}.c1"),
    verdict=VerdictKind.SECURE,
    reason="tls",
    basis=Basis.EVIDENCE,
    severity=Severity.INFORMATIONAL,
    detail_type=DetailType.CONNECT,
    direction=Direction.OUTBOUND,
    network=Network.EXTERNAL,
    service="https",
    source=Endpoint("2001:db8::5", 40001, "prod1.example.com", "unconfirmed"),
    destination=Endpoint("2001:db8:1::9", 443, None, "timeout"),
    tls=Tls("TLSV1.3", "AES_128_GCM_SHA256"),
    advice=None,
    mode="evidence",
    audit_levels=("*NETSCK", "*NETSECURE"),
    sequence="18446744073709551615",
    backfill=True,
    supersedes=ID,
)
FAILED = changed(
    VERDICT,
    verdict=VerdictKind.FAILED,
    reason="handshake-failed",
    severity=Severity.LOW,
    network=None,
    service="telnet-ssl",
    source=Endpoint("not an address", None),
    destination=Endpoint(None, 992),
)
ALERT = Alert(
    id=ID,
    kind=AlertKind.VERDICT,
    verdict=VerdictKind.INSECURE,
    reason="cleartext-port",
    severity=Severity.HIGH,
    title="Clear-text connection to PROD1: telnet (port 23)",
    description="10.9.8.7 connected to PROD1 on telnet (port 23), a port that is listed as clear text.",
    advice="Move this client to port 992 (telnet-ssl).",
    system="PROD1",
    time=TIME,
    connection=VERDICT,
)
GAP = changed(
    ALERT,
    id=EventId("20261122T100000000000-PROD1-AUDRCV0003-00000000000000000001.gap"),
    kind=AlertKind.GAP,
    verdict=None,
    reason="journal-gap",
    title="Journal entries of PROD1 can no longer be read",
    description="Receiver AUDRCV0002 was deleted before it was read.",
    advice=None,
    connection=None,
)
ENTRY = Entry(
    id=ID,
    system="PROD1",
    journal="QSYS/QAUDJRN",
    receiver_library="QGPL",
    receiver="AUDRCV0001",
    sequence="184467",
    time=TIME,
    journal_time="2026-11-22T03:15:00.123456",
    detail_type=DetailType.ACCEPT,
    local_address="10.1.1.5",
    local_port=449,
    remote_address="10.9.8.7",
    remote_port=50123,
    address_family="*IPV4",
    socket_descriptor=3,
    secure_version=None,
    secure_properties=None,
    mac_address=None,
    host_name=None,
    filter_description=None,
    filter_data=None,
    job="123400/QTCP/QTODDHCPS",
    program="QZSOSMAPD",
    user="QUSER",
    entry_data_length=1070,
    tail=None,
    reader="display-journal",
    backfill=False,
)
EVENT = Event(id=ID, system="PROD1", time=TIME, reason="helper-port", service="as-svrmap", entry=ENTRY)
DHCP = changed(
    EVENT,
    reason="dhcp-assigned",
    service=None,
    entry=changed(
        ENTRY,
        detail_type=DetailType.DHCP_ASSIGNED,
        local_address=None,
        local_port=None,
        remote_address="10.9.8.70",
        remote_port=None,
        mac_address="00005E005301",
        host_name="pc17.example.com",
        job=None,
        program="*NONE",
        user=None,
        backfill=True,
    ),
)
STATUS = Status(
    id=EventId("20261122T021500000000-PROD1.status"),
    system="PROD1",
    time=TIME,
    progress=TIME,
    at_end=True,
    audit_levels=("*NETSCK",),
    lag_entries=0,
    lag_seconds=0.75,
    final=False,
)

SAMPLES: dict[str, Forwarded] = {
    "verdict": VERDICT,
    "correction": CORRECTION,
    "failed-handshake": FAILED,
    "alert": ALERT,
    "gap-alert": GAP,
    "helper-port": EVENT,
    "dhcp": DHCP,
    "status": STATUS,
}

KINDS: dict[str, Forwarded] = {
    **{f"entry-{kind.name}": changed(EVENT, entry=changed(ENTRY, detail_type=kind)) for kind in DetailType},
    **{f"verdict-{kind.name}": changed(VERDICT, verdict=kind) for kind in VerdictKind},
    **{f"alert-{kind.name}": changed(ALERT, kind=kind) for kind in AlertKind},
    **{f"severity-{kind.name}": changed(ALERT, severity=kind) for kind in Severity},
}
"""Every detail type, verdict, kind of alert and severity."""
EVERY_KIND = {**SAMPLES, **KINDS}


def stored(content: Forwarded, offset: int = 0) -> StoredRecord:
    """The record as a broker gives it back."""
    topic = ALERTS if isinstance(content, Alert) else VERDICTS
    return StoredRecord(Partition(topic, 0), Offset(offset), b"PROD1|10.9.8.7", encode(content), content.type)


def parcel(content: Forwarded, offset: int = 0) -> Parcel:
    return Parcel(stored(content, offset), content)


def records(parcels: Iterable[Parcel]) -> list[StoredRecord]:
    return [one.record for one in parcels]


def left(parcels: Iterable[Parcel], outcome: Outcome[StoredRecord]) -> list[Parcel]:
    """Those whose records are deferred."""
    deferred = {id(record) for record in outcome.deferred}
    return [one for one in parcels if id(one.record) in deferred]


def verdict(number: int, *, service: str | None = None) -> Verdict:
    """One of many, with an id and a port of its own."""
    ident = EventId(f"20261122T031500123456-PROD1-AUDRCV0001-{number:020d}")
    source = Endpoint("10.9.8.7", 1024 + number % 60_000)
    return changed(VERDICT, id=ident, sequence=str(number), source=source, service=service)


@cache
def golden_of_kinds(dialect: str) -> dict[str, object]:
    """A line for each of KINDS: its name, and the document."""
    lines = (GOLDEN / f"{dialect}-kinds.ndjson").read_bytes().splitlines()
    return {one["kind"]: one["document"] for one in map(orjson.loads, lines)}
