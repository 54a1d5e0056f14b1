"""What the canary does: to which port, with or without a handshake, from which ports, and whether it may."""

from collections.abc import Collection
from dataclasses import dataclass

from cli.settings import Settings
from enricher.catalogue import Catalogue, PortEntry, Speaks, TlsBy, Transport
from enricher.policy import Policy
from enricher.present import of_service
from runtime.errors import ConfigError

DEFAULT_SERVICE = "as-signon-s"
RAISES_NOTHING = frozenset({Speaks.TLS, Speaks.ENCRYPTED, Speaks.HELPER, Speaks.OWN_SCHEME})


@dataclass(frozen=True, slots=True)
class Plan:
    """`tells_tls`: a handshake must leave an entry; `sources` are the ports to connect from, empty for any."""

    host: str
    port: int
    service: str | None
    tls: bool
    tells_tls: bool
    sources: Collection[int]


def plan(
    settings: Settings, catalogue: Catalogue, policy: Policy, *, port: int | None, host: str | None, tls: bool | None
) -> Plan:
    """Raises ConfigError where something is missing, or the connection would raise an alert."""
    where = host or settings.ibmi.system
    if not where:
        raise ConfigError("SK2SIEM_IBMI__SYSTEM is missing: name the IBM i, or say --host")
    if not settings.producer.system:
        raise ConfigError("SK2SIEM_PRODUCER__SYSTEM: must be set: it is how the entries of this system are known")
    entry = _entry(catalogue, port)
    number = entry.port if entry else port or 0
    speaks = entry.speaks if entry else None
    if policy.canary is None and speaks not in RAISES_NOTHING:
        raise ConfigError(
            f"a connection to port {number} would raise an alert: name this machine in the policy first, with "
            '[canary] and addresses = ["its address"], where the enricher runs and here (SK2SIEM_ENRICHER__POLICY)'
        )
    with_tls = speaks is Speaks.TLS if tls is None else tls
    by_system = entry is not None and entry.speaks is Speaks.TLS and entry.tls_by is TlsBy.SYSTEM
    sources = policy.canary.ports if policy.canary else ()
    return Plan(where, number, entry.service if entry else None, with_tls, with_tls and by_system, sources)


def _entry(catalogue: Catalogue, port: int | None) -> PortEntry | None:
    return of_service(DEFAULT_SERVICE, catalogue) if port is None else catalogue.get(Transport.TCP, port)
