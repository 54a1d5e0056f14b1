"""Which fact goes into which key of CEF (25.1) and of LEEF (2.0): the one mapping table of both."""

from typing import NamedTuple

from schemas.records import Severity


class Column(NamedTuple):
    """`limit` is CEF's in characters; `label` names a custom string of CEF. None: that dialect has no place for it."""

    fact: str
    cef: str | None
    leef: str | None
    limit: int = 1023
    label: str | None = None


COLUMNS = (
    Column("time", "rt", "devTime"),
    Column("short_id", "externalId", None, 40),
    Column("category", "cat", "cat"),
    Column("source_ip4", "src", "src"),
    Column("source_ip6", "c6a2", "src", label="Source IPv6 Address"),
    Column("source_port", "spt", "srcPort"),
    Column("source_host", "shost", "srcHost"),
    Column("source_user", "suser", "usrName"),
    Column("source_process", "sproc", "process"),
    Column("destination_ip4", "dst", "dst"),
    Column("destination_ip6", "c6a3", "dst", label="Destination IPv6 Address"),
    Column("destination_port", "dpt", "dstPort"),
    Column("destination_host", "dhost", "dstHost"),
    Column("destination_user", "duser", "usrName"),
    Column("destination_process", "dproc", "process"),
    Column("mac", "smac", "srcMAC"),
    Column("transport", "proto", "proto", 31),
    Column("service", "app", "app", 31),
    Column("direction", "deviceDirection", "direction"),
    Column("action", "act", "action", 63),
    Column("outcome", "outcome", "outcome", 63),
    Column("reason", "reason", "reason"),
    Column("system", "dvchost", "identHostName", 100),
    Column("message", "msg", "msg"),
    Column("verdict", "cs1", "verdict", 4000, "Verdict"),
    Column("basis", "cs2", "basis", 4000, "Basis"),
    Column("network", "cs3", "network", 4000, "Network"),
    Column("advice", "cs4", "advice", 4000, "Advice"),
    Column("policy", "cs5", "policy", 4000, "Policy"),
    Column("id", "cs6", "eventId", 4000, "Event Id"),
    Column("tls_version", "flexString1", "tlsVersion", 1023, "TLS Version"),
    Column("tls_cipher", "flexString2", "tlsCipher", 1023, "TLS Cipher"),
    Column("kind", "sk2siemAlertKind", "alertKind"),
    Column("receiver", "sk2siemReceiver", "receiver"),
    Column("sequence", "sk2siemSequence", "sequence"),
    Column("backfill", "sk2siemBackfill", "backfill"),
    Column("detail", "sk2siemDetail", "detail"),
    Column("evidence", "sk2siemEvidence", "evidence"),
    Column("supersedes", "sk2siemSupersedes", "supersedes"),
)
"""Facts of one record never share a key: an end has one address, and a user and a process on one side at most."""

SEVERITIES = {
    Severity.INFORMATIONAL: 1,
    Severity.LOW: 3,
    Severity.MEDIUM: 5,
    Severity.HIGH: 8,
    Severity.CRITICAL: 10,
}
"""On the scale from 0 to 10 of both."""
