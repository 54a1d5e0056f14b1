"""What the SIEM dialects have in common: what each kind of entry is, on the words of ECS and of Splunk's CIM."""

from functools import lru_cache
from typing import NamedTuple

from schemas.records import DetailType, Direction, Endpoint, Entry, Severity, Verdict, VerdictKind


class Meaning(NamedTuple):
    """One row: ECS event.action, .category, .type and .outcome; CIM action (None: not network traffic)."""

    action: str
    category: tuple[str, ...]
    types: tuple[str, ...]
    outcome: str | None
    cim_action: str | None


NETWORK = ("network",)
EMAIL = ("email",)
OPENED = ("connection", "start", "allowed")

MEANINGS = {
    DetailType.ACCEPT: Meaning("connection-accepted", NETWORK, OPENED, "success", "allowed"),
    DetailType.CONNECT: Meaning("connection-initiated", NETWORK, OPENED, "success", "allowed"),
    DetailType.SECURE: Meaning(
        "secure-connection-established", NETWORK, ("connection", "protocol", "info"), "success", "allowed"
    ),
    DetailType.FAILED_SECURE: Meaning(
        "secure-connection-failed", NETWORK, ("connection", "protocol", "denied"), "failure", "blocked"
    ),
    DetailType.INBOUND_UDP: Meaning("udp-inbound", NETWORK, ("connection", "info"), None, "allowed"),
    DetailType.OUTBOUND_UDP: Meaning("udp-outbound", NETWORK, ("connection", "info"), None, "allowed"),
    DetailType.PORT_UNAVAILABLE: Meaning("port-unavailable", NETWORK, ("connection", "info"), "failure", None),
    DetailType.DHCP_ASSIGNED: Meaning("dhcp-assigned", NETWORK, ("info",), "success", None),
    DetailType.DHCP_NOT_ASSIGNED: Meaning("dhcp-refused", NETWORK, ("info",), "failure", None),
    DetailType.FILTERED_MAIL: Meaning("mail-filtered", EMAIL, ("info",), None, None),
    DetailType.REJECTED_MAIL: Meaning("mail-rejected", EMAIL, ("info",), None, None),
}

SEVERITIES = {
    Severity.INFORMATIONAL: 1,
    Severity.LOW: 21,
    Severity.MEDIUM: 47,
    Severity.HIGH: 73,
    Severity.CRITICAL: 99,
}

SNIFFABLE = frozenset({"cleartext-port", "no-upgrade"})  # what MITRE ATT&CK T1040 (Network Sniffing) truly fits

_OPENED_HERE = frozenset({DetailType.CONNECT, DetailType.OUTBOUND_UDP})
_DIRECTIONS = {
    DetailType.ACCEPT: Direction.INBOUND,
    DetailType.INBOUND_UDP: Direction.INBOUND,
    DetailType.CONNECT: Direction.OUTBOUND,
    DetailType.OUTBOUND_UDP: Direction.OUTBOUND,
}
_UDP = frozenset({DetailType.INBOUND_UDP, DetailType.OUTBOUND_UDP})


def meaning_of(verdict: Verdict) -> Meaning:
    """By the entry that opened the connection, but a failed handshake is one whatever opened it."""
    failed = verdict.verdict is VerdictKind.FAILED
    return MEANINGS[DetailType.FAILED_SECURE if failed else verdict.detail_type]


class Ends(NamedTuple):
    """Source (the side that opened the connection, as far as the entry tells), destination and direction."""

    source: Endpoint
    destination: Endpoint
    direction: Direction
    transport: str | None


def ends_of(entry: Entry) -> Ends:
    """The same for an entry that got no verdict."""
    local = Endpoint(entry.local_address, entry.local_port)
    remote = Endpoint(entry.remote_address, entry.remote_port)
    source, destination = (local, remote) if entry.detail_type in _OPENED_HERE else (remote, local)
    direction = _DIRECTIONS.get(entry.detail_type, Direction.UNKNOWN)
    has_ports = entry.local_port is not None or entry.remote_port is not None
    transport = ("udp" if entry.detail_type in _UDP else "tcp") if has_ports else None
    return Ends(source, destination, direction, transport)


class Job(NamedTuple):
    number: str | None
    user: str | None
    name: str | None


def job_of(entry: Entry) -> Job:
    """`123400/QTCP/QTODDHCPS`, as IBM i names a job, in its parts."""
    parts = (entry.job or "").split("/")
    return Job(*parts) if len(parts) == 3 else Job(None, None, entry.job)


def program_of(entry: Entry) -> str | None:
    """The program's name; IBM i writes `*NONE` and the like where there is none."""
    return None if not entry.program or entry.program.startswith("*") else entry.program


@lru_cache(maxsize=64)
def tls_version(protocol: str) -> tuple[str, str]:
    """`TLSV1.2`, as IBM i writes it, in ECS's form: protocol `tls`, version `1.2`. The unheard-of is left as it is."""
    name, _, number = protocol.upper().removeprefix("*").partition("V")
    if name not in ("TLS", "SSL") or not number:
        return "unknown", protocol
    return name.lower(), number if "." in number else f"{number}.0"
