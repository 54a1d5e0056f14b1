"""Mode `evidence`: each connection is judged by what the journal shows of its TLS handshake."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial

from enricher.alert import alert_about
from enricher.catalogue import Catalogue, Match
from enricher.conclusion import conclude
from enricher.connection import Connection, Finding, connection_of, handshake_of
from enricher.decision import Decided, Decision, Unjoined
from enricher.events import event_of, match_of
from enricher.facts import IKE_PORTS, UDP, Facts, match_port
from enricher.join import Join
from enricher.levels import Levels
from enricher.naming import Published
from enricher.networks import Location
from enricher.policy import Policy
from enricher.verdict import VerdictTable
from runtime.record import Offset
from schemas.records import DetailType, Entry

CONNECTIONS = frozenset({DetailType.ACCEPT, DetailType.CONNECT})
HANDSHAKES = frozenset({DetailType.SECURE, DetailType.FAILED_SECURE})
VPN_PORTS = IKE_PORTS | {0}
REMEMBERED_PORTS = 65_536
TELNET = frozenset({"telnet", "telnet-ssl"})


Output = tuple[Offset | None, Callable[[], Sequence[Published]]]
"""What makes the records to be published, and the record whose outcome they are; None where that is never open.

Nobody makes them who only rebuilds a memory.
"""


class EvidenceMode:
    """What the verdict table finds about connections, and what is published of it."""

    def __init__(self, catalogue: Catalogue, policy: Policy) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._decide = VerdictTable(policy).decide
        self._locate = policy.networks.locate
        self._inbound = lru_cache(REMEMBERED_PORTS)(
            lambda port: match_port(DetailType.ACCEPT, port, None, catalogue=catalogue)
        )
        self._outbound = lru_cache(REMEMBERED_PORTS)(
            lambda local_port, port: match_port(DetailType.CONNECT, local_port, port, catalogue=catalogue)
        )
        self._outbound_local = catalogue.outbound_local

    def find(self, connection: Connection, present: Levels, is_over: bool) -> Finding | None:
        """See `enricher.decision.Find`."""
        match, location = self._look_up(connection)
        return self._decide(Facts(connection, match, location, self._policy, present, is_over))

    def published(self, entry: Entry, offset: Offset, join: Join) -> Iterable[Output]:
        """What an entry brings."""
        kind = entry.detail_type
        if kind in CONNECTIONS:
            return self.of_decisions(join.connection(entry, offset), entry)
        if kind in HANDSHAKES and entry.local_port not in VPN_PORTS and entry.remote_port not in VPN_PORTS:
            return self.of_decisions(join.handshake(entry, offset), entry)
        if kind in UDP or kind is DetailType.SECURE:
            return ((None, partial(self._alone, entry, join.levels.present)),)
        return ((None, partial(self._event, entry)),)

    def of_decisions(self, decisions: Iterator[Decision], entry: Entry | None = None) -> Iterator[Output]:
        """What decisions bring; `entry` is the one that they came with."""
        for decision in decisions:
            if isinstance(decision, Unjoined):
                yield decision.offset, partial(self._unjoined, decision)
            else:
                yield decision.connection.offset, partial(self._decided, decision, entry)

    def _event(self, entry: Entry) -> Sequence[Published]:
        return [event_of(entry, self._catalogue)]

    def _decided(self, decision: Decided, entry: Entry | None) -> Sequence[Published]:
        finding = decision.connection.finding
        assert finding is not None
        if finding.kind is None:
            assert entry is not None
            return [event_of(entry, self._catalogue, finding.reason)]
        return self._verdict(decision.connection, finding, decision.before)

    def _unjoined(self, handshake: Unjoined) -> Sequence[Published]:
        """A success without its connection is judged, unless that connection must have been seen before."""
        entry, levels = handshake.entry, handshake.levels
        is_success = entry.detail_type is DetailType.SECURE
        if is_success and handshake.alone and (handshake.is_cut or not self._opening_audited(entry, levels)):
            return self._alone(entry, levels)
        return self._event(entry)

    def _opening_audited(self, entry: Entry, levels: Levels) -> bool:
        match = match_of(entry, self._catalogue)
        is_telnet = match.is_local and match.entry is not None and match.entry.service in TELNET
        return levels is not None and ("*NETTELSVR" if is_telnet else "*NETSCK") in levels

    def _alone(self, entry: Entry, levels: Levels) -> Sequence[Published]:
        """A verdict on what one entry tells by itself."""
        connection = connection_of(entry, entry.time, Offset(0), Offset(0))
        connection.levels = levels
        if entry.detail_type is DetailType.SECURE:
            connection.handshakes = (handshake_of(entry, entry.time),)
        finding = self.find(connection, levels, True)
        assert finding is not None
        return (
            [event_of(entry, self._catalogue, finding.reason)]
            if finding.kind is None
            else self._verdict(connection, finding)
        )

    def _verdict(self, connection: Connection, finding: Finding, before: Finding | None = None) -> Sequence[Published]:
        match, location = self._look_up(connection)
        verdict = conclude(
            connection, finding, match, location=location, catalogue=self._catalogue, policy=self._policy
        )
        alert = alert_about(verdict, match, self._policy, before=before)
        return [verdict] if alert is None else [verdict, alert]

    def _look_up(self, connection: Connection) -> tuple[Match, Location]:
        if connection.detail_type is DetailType.ACCEPT:
            match = self._inbound(connection.local_port)
        elif connection.detail_type is DetailType.CONNECT:
            local_port = connection.local_port if connection.local_port in self._outbound_local else None
            match = self._outbound(local_port, connection.remote_port)
        else:
            ports = connection.local_port, connection.remote_port
            match = match_port(connection.detail_type, *ports, catalogue=self._catalogue)
        return match, self._locate(connection.remote_address)
