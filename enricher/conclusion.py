"""From what was found about a connection to the verdict record, with all that it rests on."""

from enricher.advice import advise
from enricher.catalogue import Catalogue, Match, Transport
from enricher.connection import Connection, Finding
from enricher.facts import DIRECTIONS, UDP, deciding_tls
from enricher.networks import Location
from enricher.policy import Policy
from schemas.ids import correction_id
from schemas.records import DetailType, Direction, Endpoint, EventId, Verdict


def conclude(
    connection: Connection, finding: Finding, match: Match, *, location: Location, catalogue: Catalogue, policy: Policy
) -> Verdict:
    """The verdict; a correction where the connection has been corrected. `finding` has to be one with a verdict."""
    assert finding.kind is not None
    local = Endpoint(connection.local_address, connection.local_port)
    remote = Endpoint(connection.remote_address, connection.remote_port)
    direction = _direction(connection.detail_type, match)
    outbound = direction is Direction.OUTBOUND
    tls = deciding_tls(connection, policy)
    journal_time, sequence = connection.place
    return Verdict(
        id=_id(connection, connection.corrections),
        verdict=finding.kind,
        reason=finding.reason,
        basis=finding.basis,
        severity=policy.severities[finding.reason].of(location.network),
        system=connection.system,
        time=connection.time,
        journal_time=journal_time,
        detail_type=connection.detail_type,
        direction=direction,
        network=location.network,
        transport=Transport.UDP if connection.detail_type in UDP else Transport.TCP,
        service=match.entry.service if match.entry else None,
        source=local if outbound else remote,
        destination=remote if outbound else local,
        evidence=(connection.id, *[one.id for one in connection.handshakes if one.id != connection.id]),
        tls=tls,
        advice=advise(connection, finding, match, catalogue=catalogue, policy=policy),
        policy=policy.hash,
        mode=policy.mode,
        audit_levels=connection.levels,
        journal=connection.journal,
        receiver=connection.receiver,
        sequence=sequence,
        reader=connection.reader,
        backfill=connection.backfill,
        supersedes=_id(connection, connection.corrections - 1) if connection.corrections else None,
        detail=finding.detail,
        audit_levels_asserted=connection.levels_asserted,
    )


def _id(connection: Connection, correction: int) -> EventId:
    return correction_id(connection.id, correction) if correction else connection.id


def _direction(detail_type: DetailType, match: Match) -> Direction:
    """A handshake alone does not tell who opened the connection; a listed port does: it is the server's."""
    known = DIRECTIONS.get(detail_type)
    if known is not None:
        return known
    if match.entry is None:
        return Direction.UNKNOWN
    return Direction.INBOUND if match.is_local else Direction.OUTBOUND
