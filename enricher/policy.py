"""The policy: how connections are judged, read from a TOML file; its hash stands in every verdict."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import orjson

from enricher.catalogue import SECURE, Catalogue, Speaks
from enricher.networks import Networks
from enricher.toml_file import Table, read_table, table_of
from schemas.records import Network, Severity


class Mode(StrEnum):
    """How connections are judged."""

    PORTS = "ports"


class Reason(StrEnum):
    """The reasons that a policy can weigh, and raise an alert for."""

    CLEARTEXT_PORT = "cleartext-port"
    NOT_IN_SECURE_LIST = "not-in-secure-list"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Weight:
    """How bad a reason is when the other end is in one's own networks, and when it is not."""

    internal: Severity
    external: Severity

    def of(self, network: Network | None) -> Severity:
        """An unknown network counts as outside."""
        return self.internal if network is Network.INTERNAL else self.external


WEIGHTS: Mapping[Reason, Weight] = {
    Reason.CLEARTEXT_PORT: Weight(Severity.MEDIUM, Severity.HIGH),
    Reason.NOT_IN_SECURE_LIST: Weight(Severity.MEDIUM, Severity.MEDIUM),
    Reason.GAP: Weight(Severity.HIGH, Severity.HIGH),
}
OWN_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
KEYS = frozenset({"mode", "outbound", "secure_ports", "cleartext_ports", "own_networks", "alert", "severities"})


@dataclass(frozen=True, slots=True)
class Policy:
    """`secure_ports` and `cleartext_ports` are TCP ports, of whichever end the service is on."""

    mode: Mode
    outbound: bool
    secure_ports: frozenset[int]
    cleartext_ports: frozenset[int]
    networks: Networks
    weights: Mapping[Reason, Weight]
    alerts: frozenset[Reason]
    hash: str


def load_policy(file: Path | None, catalogue: Catalogue) -> Policy:
    """The policy in `file` (None: the one that ships). Raises ConfigError naming file, line and key."""
    top = read_table(file or files("enricher").joinpath("policies", "ports.toml"))
    top.refuse_unknown(KEYS)
    mode = _mode(top)
    secure, cleartext = _port_lists(top, catalogue)
    policy = Policy(
        mode=mode,
        outbound=top.flag("outbound", default=False),
        secure_ports=secure,
        cleartext_ports=cleartext,
        networks=_networks(top),
        weights=_weights(table_of(top, "severities")),
        alerts=_alerts(top),
        hash="",
    )
    return _with_hash(policy, catalogue)


def _mode(top: Table) -> Mode:
    if top.values.get("mode") == "evidence":
        raise top.error("mode", '"evidence" is not in this release; use mode = "ports"')
    return top.choice("mode", Mode)


def _port_lists(top: Table, catalogue: Catalogue) -> tuple[frozenset[int], frozenset[int]]:
    """A list that is not in the file is the catalogue's, less what the other list names."""
    secure, cleartext = top.port_numbers("secure_ports"), top.port_numbers("cleartext_ports")
    both = sorted(set(secure or ()) & set(cleartext or ()))
    if both:
        raise top.error("cleartext_ports", f"port {both[0]} is on secure_ports too: it can only be on one list")
    return (
        catalogue.tcp_ports(SECURE) - set(cleartext or ()) if secure is None else frozenset(secure),
        catalogue.tcp_ports({Speaks.CLEARTEXT}) - set(secure or ()) if cleartext is None else frozenset(cleartext),
    )


def _networks(top: Table) -> Networks:
    networks = top.texts("own_networks")
    for network in networks or ():
        try:
            Networks([network])
        except ValueError as error:
            raise top.error("own_networks", f'{error}; a network such as "10.0.0.0/8" expected') from error
    return Networks(OWN_NETWORKS if networks is None else networks)


def _alerts(top: Table) -> frozenset[Reason]:
    names = top.texts("alert")
    for name in names or ():
        if name not in tuple(Reason):
            raise top.error("alert", f"{name!r} is not a reason of this mode; known: {', '.join(Reason)}")
    return frozenset(Reason if names is None else map(Reason, names))


def _weights(table: Table) -> dict[Reason, Weight]:
    table.refuse_unknown(frozenset(Reason))
    return {reason: _weight(table, reason) for reason in Reason}


def _weight(table: Table, reason: Reason) -> Weight:
    value = table.values.get(reason)
    if value is None:
        return WEIGHTS[reason]
    parts = value if isinstance(value, dict) else {"internal": value, "external": value}
    if set(parts) == {"internal", "external"} and all(part in tuple(Severity) for part in parts.values()):
        return Weight(Severity(str(parts["internal"])), Severity(str(parts["external"])))
    known = ", ".join(Severity)
    raise table.error(reason, f"one of {known} expected, or {{ internal = …, external = … }} with one of them each")


def _with_hash(policy: Policy, catalogue: Catalogue) -> Policy:
    """Over what the policy says, not how it is written: comments and the order of lists do not change it."""
    content = {
        "mode": policy.mode,
        "outbound": policy.outbound,
        "secure_ports": sorted(policy.secure_ports),
        "cleartext_ports": sorted(policy.cleartext_ports),
        "own_networks": sorted(map(str, policy.networks.own)),
        "severities": {reason: [weight.internal, weight.external] for reason, weight in policy.weights.items()},
        "alert": sorted(policy.alerts),
        "catalogue": catalogue.content(),
    }
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return replace(policy, hash=hashlib.sha256(canonical).hexdigest()[:12])
