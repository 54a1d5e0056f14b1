"""What to do about a connection, in words that fit who opened it and where the service is."""

from enricher.catalogue import Match, PortEntry, Speaks
from schemas.records import Direction


def advise(match: Match, twin: PortEntry | None) -> str:
    """One sentence about an insecure connection; `twin` is the secure port of its service."""
    if match.entry is None or match.entry.speaks in (Speaks.TLS, Speaks.ENCRYPTED):
        return f"If {port_text(match)} is encrypted here, add it to the policy's secure ports."
    move = _move(match, twin) if twin else None
    if match.entry.speaks is Speaks.UPGRADABLE:
        return f"Require TLS on {port_text(match)}{', or ' + move if move else ''}."
    if match.entry.speaks is Speaks.OWN_SCHEME:
        return f"Check that {port_text(match)} is set up to encrypt{', or ' + move if move else ''}."
    if move is None:
        return f"No encrypted port is known for {match.entry.service}: replace it, or lead it through a tunnel."
    return f"{move[0].upper()}{move[1:]}."


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
    return f"{other} connected to {system} on {port_text(match)}"


def _move(match: Match, twin: PortEntry) -> str:
    """Where the service is the system's own, its client has to move; else the system is the client."""
    port = f"port {twin.port} ({twin.service})"
    return f"move this client to {port}" if match.is_local else f"let this system connect to {port} of that server"
