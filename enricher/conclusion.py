"""From what was found about a connection to the verdict record, with all that it rests on."""

from enricher.advice import advise
from enricher.catalogue import Catalogue, Match
from enricher.connection import Connection, Finding
from enricher.facts import DIRECTIONS, UDP, deciding_tls, transport_of
from enricher.networks import Location
from enricher.policy import Policy
from schemas.ids import correction_id
from schemas.records import Direction, Endpoint, EventId, Verdict


def conclude(
    connection: Connection, finding: Finding, match: Match, *, location: Location, catalogue: Catalogue, policy: Policy
) -> Verdict:
    """The verdict; a correction where the connection has been corrected. `finding` has to be one with a verdict."""
    assert finding.kind is not None
    local = Endpoint(connection.local_address, connection.local_port)
    remote = Endpoint(connection.remote_address, connection.remote_port)
    direction = _direction(connection, match)
    outbound = direction is Direction.OUTBOUND
    tls = deciding_tls(connection, policy)
    origin, (journal_time, sequence) = connection.origin, connection.place
    return Verdict(  # by position: thirty names take four times as long, for every connection
        _id(connection, connection.corrections),
        finding.kind,
        finding.reason,
        finding.basis,
        policy.severities[finding.reason].of(location.network),
        origin.system,
        connection.time,
        journal_time,
        connection.detail_type,
        direction,
        location.network,
        transport_of(connection.detail_type, connection.local_port, connection.remote_port),
        match.entry.service if match.entry else None,
        local if outbound else remote,
        remote if outbound else local,
        (connection.id, *[one.id for one in connection.handshakes if one.id != connection.id]),
        tls,
        advise(connection, finding, match, catalogue=catalogue, policy=policy),
        policy.hash,
        policy.mode,
        connection.levels,
        origin.journal,
        origin.receiver,
        sequence,
        origin.reader,
        connection.backfill,
        supersedes=_id(connection, connection.corrections - 1) if connection.corrections else None,
        detail=finding.detail,
        audit_levels_asserted=connection.levels_asserted,
    )


def _id(connection: Connection, correction: int) -> EventId:
    return correction_id(connection.id, correction) if correction else connection.id


def _direction(connection: Connection, match: Match) -> Direction:
    """Neither a handshake alone nor a packet of UDP, which may be an answer, tells who opened the connection. A port
    that is listed, and of one end only, does: it is the server's, and that opens what carries the data of active FTP.
    """
    kind = connection.detail_type
    known = DIRECTIONS.get(kind, Direction.UNKNOWN)
    if (known is not Direction.UNKNOWN and kind not in UDP) or match.entry is None:
        return known
    if connection.local_port == connection.remote_port:
        return known
    return Direction.INBOUND if match.is_local and not match.entry.outbound_local else Direction.OUTBOUND
