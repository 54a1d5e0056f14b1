"""What to do about a connection, in words that fit who opened it and where the service is."""

from enricher.catalogue import Catalogue, Match, PortEntry, Speaks, Transport
from enricher.connection import Connection, Finding
from enricher.facts import deciding_tls, transport_of
from enricher.policy import Policy
from enricher.verdict import AFTER_FAILED_HANDSHAKE, CATALOGUE_WRONG
from schemas.reasons import Reason
from schemas.records import Direction

FIXED = {
    Reason.HANDSHAKE_FAILED: "Look for the protocols, ciphers and certificates that client and server have in common.",
    Reason.TLS_NOT_AUDITED: "Add *NETSECURE to the audit levels (QAUDLVL), so that the journal tells who uses TLS.",
    Reason.TLS_EXPECTED: "Nothing was sent, or the client gave up: look whether it is a health check or a scan.",
    Reason.GAP: "Journal entries around it are missing: look for this connection in other sources.",
    Reason.SOURCE_ENDED: "Nothing more was read of this system: look for this connection in other sources.",
}
BY_PORT = frozenset({Reason.CLEARTEXT_PORT, Reason.NO_UPGRADE, Reason.OWN_SCHEME, Reason.NOT_IN_SECURE_LIST})


def advise(
    connection: Connection, finding: Finding, match: Match, *, catalogue: Catalogue, policy: Policy
) -> str | None:
    """A sentence or two; None where there is nothing to do."""
    if finding.detail == AFTER_FAILED_HANDSHAKE:
        return f"{FIXED[Reason.HANDSHAKE_FAILED]} {advise_by_port(match, catalogue.twin(match.entry))}"
    if finding.detail == CATALOGUE_WRONG:
        return f"{_upper(port_text(match))} is listed as clear text but spoke TLS: say so in a port catalogue of yours."
    if finding.reason in BY_PORT:
        return advise_by_port(match, catalogue.twin(match.entry))
    if finding.reason is Reason.NO_TLS_EVIDENCE:
        return _tell(match, catalogue)
    if finding.reason is Reason.EXCEPTION:
        return _exception(connection, match, policy)
    if finding.reason in (Reason.WEAK_PROTOCOL, Reason.WEAK_CIPHER):
        return _weak(connection, finding, policy)
    return FIXED.get(finding.reason)


def _tell(match: Match, catalogue: Catalogue) -> str:
    """What to tell, or to do, so that the next one is known."""
    if match.entry is None:
        return f"Find out what {port_text(match)} is, and list it in a port catalogue of yours."
    if match.entry.speaks is not Speaks.TLS:
        return advise_by_port(match, catalogue.twin(match.entry))
    return (
        f"Say in a port catalogue of yours who does the TLS of {port_text(match)}: "
        'tls_by = "system" for System TLS, "other" for Java or OpenSSL.'
    )


def advise_by_port(match: Match, twin: PortEntry | None) -> str:
    """What to do about a port that is not, or may not be, encrypted."""
    if match.entry is None or match.entry.speaks in (Speaks.TLS, Speaks.ENCRYPTED):
        return f"If {port_text(match)} is encrypted here, add it to the policy's secure ports."
    move = _move(match, twin) if twin else None
    if match.entry.is_ftp_data:
        return "Require TLS for the data of this FTP session, too (PROT P): its control connection decides that."
    if match.entry.speaks is Speaks.UPGRADABLE:
        return f"Require TLS on {port_text(match)}{', or ' + move if move else ''}."
    if match.entry.speaks is Speaks.OWN_SCHEME:
        return f"Check that {port_text(match)} is set up to encrypt{', or ' + move if move else ''}."
    if move is None:
        return f"No encrypted port is known for {match.entry.service}: replace it, or lead it through a tunnel."
    return f"{_upper(move)}."


def port_text(match: Match) -> str:
    """For example `telnet (port 23)`."""
    if match.port is None:
        return "an unknown port"
    return f"{match.entry.service} (port {match.port})" if match.entry else f"port {match.port}"


def direction_text(direction: Direction, match: Match, *, system: str, other: str | None) -> str:
    """Who connected to whom on what, for example `10.9.8.7 connected to PROD1 on telnet (port 23)`."""
    other = other or "an unknown address"
    if direction is Direction.OUTBOUND:
        return f"{system} connected to {other} {'from' if match.is_local else 'on'} {port_text(match)}"
    if direction is Direction.UNKNOWN:
        return f"{other} and {system} had a connection on {port_text(match)}"
    return f"{other} connected to {system} on {port_text(match)}"


def _exception(connection: Connection, match: Match, policy: Policy) -> str | None:
    found = policy.exception_for(connection.origin.system, connection.remote_address, match.port, connection.time)
    if found is None:
        return None
    return f"An exception of the policy until {found.expires}: {found.reason} ({found.owner})."


def _weak(connection: Connection, finding: Finding, policy: Policy) -> str | None:
    tls = deciding_tls(connection, policy)
    if tls is None:
        return None
    if finding.reason is Reason.WEAK_PROTOCOL:
        return (
            f"Let both ends use {policy.weakest_protocol} or newer instead of {tls.protocol} (QSSLPCL on the system)."
        )
    where = (
        "the key policies of one of the ends"
        if _is_vpn(connection)
        else "the list of one of the ends (QSSLCSL on the system)"
    )
    return f"Take the cipher {tls.cipher} off {where}."


def _is_vpn(connection: Connection) -> bool:
    """The handshake of a VPN (IKE), whose ciphers no system value names."""
    return transport_of(connection.detail_type, connection.local_port, connection.remote_port) is Transport.UDP


def _move(match: Match, twin: PortEntry) -> str:
    """Where the service is the system's own, its client has to move; else the system is the client."""
    port = f"port {twin.port} ({twin.service})"
    return f"move this client to {port}" if match.is_local else f"let this system connect to {port} of that server"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
