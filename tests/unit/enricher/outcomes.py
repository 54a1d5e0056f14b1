"""What the enricher makes of entries, for tests: a verdict, an event, an alert."""

from datetime import timedelta

from schemas.ids import gap_id
from schemas.records import (
    Alert,
    AlertKind,
    Basis,
    DetailType,
    Direction,
    Endpoint,
    Event,
    Network,
    Severity,
    Verdict,
    VerdictKind,
    changed,
)
from tests.unit.enricher.samples import ACCEPT, TIME

BY_PORT = Verdict(
    id=ACCEPT.id,
    verdict=VerdictKind.INSECURE,
    reason="cleartext-port",
    basis=Basis.PORT,
    severity=Severity.MEDIUM,
    system="PROD1",
    time=TIME,
    journal_time="2026-11-22-03.15.00.123456",
    detail_type=DetailType.ACCEPT,
    direction=Direction.INBOUND,
    network=Network.INTERNAL,
    transport="tcp",
    service="telnet",
    source=Endpoint("10.9.8.7", 50123, "till7.example.com", "confirmed"),
    destination=Endpoint("10.1.1.5", 23),
    evidence=(ACCEPT.id,),
    tls=None,
    advice="Move this client to port 992 (telnet-ssl).",
    policy="0123456789ab",
    mode="ports",
    audit_levels=None,
    journal="QAUDJRN",
    receiver="AUDRCV0001",
    sequence="184467",
    reader="display-journal",
    backfill=False,
)
EVENT = Event(ACCEPT.id, "PROD1", TIME, "helper-port", "as-svrmap", changed(ACCEPT, local_port=449))
GAP = Alert(
    id=gap_id("PROD1", "AUDRCV0001", 7),
    kind=AlertKind.GAP,
    verdict=None,
    reason="journal-gap",
    severity=Severity.HIGH,
    title="Journal entries of PROD1 can no longer be read",
    description="9 entries of QAUDJRN on PROD1 after AUDRCV0001 7 and before AUDRCV0002 17 cannot be read.",
    advice="Keep journal receivers until they have been read.",
    system="PROD1",
    time=TIME + timedelta(seconds=1),
    connection=None,
)
