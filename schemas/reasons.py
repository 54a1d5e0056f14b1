"""The words that say why: of verdicts, and of entries that get none. A filter of a sink can be set by each of them."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a verdict is what it is; a policy can weigh each and raise an alert for it, but for HELPER_PORT, an event."""

    EXCEPTION = "exception"
    CANARY = "canary"
    LOCAL = "local"
    TUNNEL = "tunnel"
    WEAK_PROTOCOL = "weak-protocol"
    WEAK_CIPHER = "weak-cipher"
    TLS = "tls"
    CLEARTEXT_PORT = "cleartext-port"
    ENCRYPTED_PROTOCOL = "encrypted-protocol"
    HELPER_PORT = "helper-port"
    OWN_SCHEME = "own-scheme"
    HANDSHAKE_FAILED = "handshake-failed"
    GAP = "gap"
    SOURCE_ENDED = "source-ended"
    SECURE_PORT = "secure-port"
    TLS_NOT_AUDITED = "tls-not-audited"
    NO_UPGRADE = "no-upgrade"
    TLS_EXPECTED = "tls-expected"
    NO_TLS_EVIDENCE = "no-tls-evidence"
    NOT_IN_SECURE_LIST = "not-in-secure-list"


class EventReason(StrEnum):
    """Why an entry is an event; those of helper ports and failed handshakes have words of Reason."""

    OUTBOUND = "outbound"
    UDP = "udp"
    HANDSHAKE = "handshake"
    PORT_UNAVAILABLE = "port-unavailable"
    DHCP_ASSIGNED = "dhcp-assigned"
    DHCP_NOT_ASSIGNED = "dhcp-not-assigned"
    MAIL_FILTERED = "mail-filtered"
    MAIL_REJECTED = "mail-rejected"


REASONS: tuple[str, ...] = (*Reason, *EventReason)
"""Every one that a verdict or an event can have; alerts of the pipeline itself have others."""
