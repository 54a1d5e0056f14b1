"""Entries that get no verdict, published as they are: DHCP, mail, unavailable ports, handshakes that decide nothing."""

from enricher.catalogue import Catalogue, Match
from enricher.facts import match_port
from schemas.reasons import EventReason, Reason
from schemas.records import DetailType, Entry, Event

REASONS: dict[DetailType, EventReason | Reason] = {
    DetailType.CONNECT: EventReason.OUTBOUND,
    DetailType.DHCP_ASSIGNED: EventReason.DHCP_ASSIGNED,
    DetailType.FILTERED_MAIL: EventReason.MAIL_FILTERED,
    DetailType.INBOUND_UDP: EventReason.UDP,
    DetailType.OUTBOUND_UDP: EventReason.UDP,
    DetailType.PORT_UNAVAILABLE: EventReason.PORT_UNAVAILABLE,
    DetailType.REJECTED_MAIL: EventReason.MAIL_REJECTED,
    DetailType.SECURE: EventReason.HANDSHAKE,
    DetailType.DHCP_NOT_ASSIGNED: EventReason.DHCP_NOT_ASSIGNED,
    DetailType.FAILED_SECURE: Reason.HANDSHAKE_FAILED,
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
