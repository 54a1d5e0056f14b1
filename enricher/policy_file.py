"""Reading a policy from its TOML file."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import orjson

from enricher.catalogue import SECURE, Catalogue, Speaks
from enricher.networks import Networks
from enricher.policy import Mode, Notice, Policy, Protocol, Raised, Reason, Weight
from enricher.toml_file import Table, read_table, table_of
from schemas.records import Severity

EVERYTHING: tuple[Raised, ...] = (*Reason, *Notice)
INFORMATIONAL = Weight(Severity.INFORMATIONAL, Severity.INFORMATIONAL)
MEDIUM = Weight(Severity.MEDIUM, Severity.MEDIUM)
HIGH = Weight(Severity.HIGH, Severity.HIGH)
SEVERITIES: Mapping[Raised, Weight] = {
    **dict.fromkeys(Reason, INFORMATIONAL),
    Reason.CLEARTEXT_PORT: Weight(Severity.MEDIUM, Severity.HIGH),
    Reason.NO_UPGRADE: MEDIUM,
    Reason.WEAK_PROTOCOL: MEDIUM,
    Reason.WEAK_CIPHER: MEDIUM,
    Reason.NOT_IN_SECURE_LIST: MEDIUM,
    Reason.HANDSHAKE_FAILED: Weight(Severity.LOW, Severity.LOW),
    Notice.JOURNAL_GAP: HIGH,
    Notice.AUDITING: HIGH,
    Notice.EXCEPTION_ENDS: MEDIUM,
}
ALERTS: Mapping[Mode, frozenset[Raised]] = {
    Mode.PORTS: frozenset({Reason.CLEARTEXT_PORT, Reason.NOT_IN_SECURE_LIST, *Notice}),
    Mode.EVIDENCE: frozenset(
        {Reason.CLEARTEXT_PORT, Reason.NO_UPGRADE, Reason.WEAK_PROTOCOL, Reason.WEAK_CIPHER, *Notice}
    ),
}
WEAK_CIPHERS = ("*NULL*", "*EXPORT*", "*RC4*", "*RC2*", "*_DES_*", "*3DES*", "*MD5*")
OWN_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
WINDOW_SECONDS = 15
KEYS = frozenset({"mode", "outbound", "secure_ports", "cleartext_ports", "own_networks", "alert", "severities"})


def load_policy(file: Path | None, catalogue: Catalogue) -> Policy:
    """The policy in `file` (None: the one that ships). Raises ConfigError naming file, line and key."""
    top = read_table(file or files("enricher").joinpath("policies", "ports.toml"))
    top.refuse_unknown(KEYS)
    mode = top.choice("mode", Mode)
    secure, cleartext = _port_lists(top, catalogue)
    policy = Policy(
        mode=mode,
        window_seconds=WINDOW_SECONDS,
        outbound=top.flag("outbound", default=False),
        secure_ports=secure,
        cleartext_ports=cleartext,
        networks=_networks(top),
        own_addresses=frozenset(),
        tunnels=(),
        exceptions=(),
        weakest_protocol=Protocol.TLSV1_2,
        weak_ciphers=WEAK_CIPHERS,
        needs_forward_secrecy=False,
        severities=_severities(table_of(top, "severities")),
        alerts=_alerts(top, mode),
        hash="",
    )
    return _with_hash(policy, catalogue)


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


def _alerts(top: Table, mode: Mode) -> frozenset[Raised]:
    names = top.texts("alert")
    known = {str(raised): raised for raised in EVERYTHING}
    for name in names or ():
        if name not in known:
            raise top.error("alert", f"{name!r} is not a reason; known: {', '.join(known)}")
    return ALERTS[mode] if names is None else frozenset(known[name] for name in names)


def _severities(table: Table) -> dict[Raised, Weight]:
    table.refuse_unknown(frozenset(EVERYTHING))
    return {raised: _weight(table, raised) for raised in EVERYTHING}


def _weight(table: Table, raised: Raised) -> Weight:
    value = table.values.get(raised)
    if value is None:
        return SEVERITIES[raised]
    parts = value if isinstance(value, dict) else {"internal": value, "external": value}
    if set(parts) == {"internal", "external"} and all(part in tuple(Severity) for part in parts.values()):
        return Weight(Severity(str(parts["internal"])), Severity(str(parts["external"])))
    known = ", ".join(Severity)
    raise table.error(raised, f"one of {known} expected, or {{ internal = …, external = … }} with one of them each")


def _with_hash(policy: Policy, catalogue: Catalogue) -> Policy:
    """Over what the policy says, not how it is written: comments and the order of lists do not change it."""
    content = {
        "mode": policy.mode,
        "window": policy.window_seconds,
        "outbound": policy.outbound,
        "secure_ports": sorted(policy.secure_ports),
        "cleartext_ports": sorted(policy.cleartext_ports),
        "own_networks": sorted(map(str, policy.networks.own)),
        "severities": {raised: [weight.internal, weight.external] for raised, weight in policy.severities.items()},
        "alert": sorted(policy.alerts),
        "catalogue": catalogue.content(),
    }
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return replace(policy, hash=hashlib.sha256(canonical).hexdigest()[:12])
