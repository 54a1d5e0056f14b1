"""What recurs and who breaks, found in simulated journals, beside what the simulator did."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.plan.change import Change, ClosedPort, ProtocolsOff
from cli.plan.outlook import look_ahead
from cli.report.asked import Selection
from cli.report.findings import Findings, find
from enricher.catalogue import load_catalogue
from enricher.policy import Protocol
from enricher.policy_file import load_policy
from producer.simulator.cast import make_cast
from producer.simulator.settings import SimulatorSettings
from schemas.records import DetailType
from tests.truth import Connection, judged, rows_of

OLD_TLS = "TLSV1"
PORT = 23


@dataclass(frozen=True, slots=True)
class Score:
    """Addresses that were found, and those that should have been."""

    what: str
    found: frozenset[str]
    true: frozenset[str]

    @property
    def precision(self) -> float:
        return len(self.found & self.true) / len(self.found) if self.found else 1.0

    @property
    def recall(self) -> float:
        return len(self.found & self.true) / len(self.true) if self.true else 1.0

    @property
    def text(self) -> str:
        return (
            f"{self.what:<22} {len(self.true):>4} there, {len(self.found):>4} found: "
            f"precision {self.precision:.3f}, recall {self.recall:.3f}"
        )


def scores(settings: SimulatorSettings) -> Iterator[Score]:
    """Of one journal: the nightly jobs, who breaks without port 23, and who breaks without TLS 1.0."""
    catalogue = load_catalogue()
    connections = list(judged(rows_of(settings), catalogue, load_policy(Path("default"), catalogue)))
    findings = find((one.verdict for one in connections if one.verdict), Selection(), "the simulator")
    jobs = frozenset(host.address for host in make_cast(settings.seed).nightly)
    yield Score("nightly jobs", frozenset(one.remote.address for one in findings.recurring), jobs)
    closed = ClosedPort.of(PORT, catalogue)
    old = ProtocolsOff(frozenset({Protocol.TLSV1_0, Protocol.TLSV1_1}))
    yield Score("without port 23", _broken(closed, findings), _addresses(connections, _is_on_port))
    yield Score("without TLS 1.0", _broken(old, findings), _addresses(connections, _spoke_old_tls))


def _broken(change: Change, findings: Findings) -> frozenset[str]:
    return frozenset(one.line.remote.address for one in look_ahead(findings, [change]).breaks)


def _addresses(connections: Iterable[Connection], is_one: Callable[[Connection], bool]) -> frozenset[str]:
    return frozenset(one.entry.remote_address for one in connections if one.entry.remote_address and is_one(one))


def _is_on_port(one: Connection) -> bool:
    return one.entry.detail_type is DetailType.ACCEPT and one.entry.local_port == PORT


def _spoke_old_tls(one: Connection) -> bool:
    return one.truth.by == OLD_TLS
