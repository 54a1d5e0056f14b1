"""Entries that get no verdict, published as they are: DHCP, mail, unavailable ports, handshakes that decide nothing."""

from enricher.catalogue import Catalogue, Match
from enricher.facts import match_port
from schemas.records import DetailType, Entry, Event

REASONS = {
    DetailType.CONNECT: "outbound",
    DetailType.DHCP_ASSIGNED: "dhcp-assigned",
    DetailType.FILTERED_MAIL: "mail-filtered",
    DetailType.INBOUND_UDP: "udp",
    DetailType.OUTBOUND_UDP: "udp",
    DetailType.PORT_UNAVAILABLE: "port-unavailable",
    DetailType.REJECTED_MAIL: "mail-rejected",
    DetailType.SECURE: "handshake",
    DetailType.DHCP_NOT_ASSIGNED: "dhcp-not-assigned",
    DetailType.FAILED_SECURE: "handshake-failed",
}


def event_of(entry: Entry, catalogue: Catalogue, reason: str | None = None) -> Event:
    """The event of an entry; without a reason, the one that its type has."""
    service = match_of(entry, catalogue).entry
    return Event(
        id=entry.id,
        system=entry.system,
        time=entry.time,
        reason=reason or REASONS[entry.detail_type],
        service=service.service if service else None,
        entry=entry,
    )


def match_of(entry: Entry, catalogue: Catalogue) -> Match:
    """The port that tells the entry's service."""
    return match_port(entry.detail_type, entry.local_port, entry.remote_port, catalogue=catalogue)
