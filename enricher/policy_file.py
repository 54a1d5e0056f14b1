"""Reading a policy from its TOML file, or one that ships; whatever is wrong is told with line and key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from enricher.catalogue import SECURE, Catalogue, Speaks
from enricher.networks import AddressNetwork, Networks
from enricher.policy import RAISED, Canary, Mode, Policy, PolicyException, Protocol, Raised, Tunnel, Weight
from enricher.policy_defaults import (
    ALERTS,
    CANARY_PORTS,
    OWN_NETWORKS,
    SEVERITIES,
    WEAK_CIPHERS,
    WEAKEST_PROTOCOL,
    WINDOW_SECONDS,
)
from enricher.policy_hash import policy_hash
from enricher.policy_schema import check_policy
from enricher.ranges import port_texts, read_address, read_addresses, read_network, read_ports
from enricher.tls import cipher_pattern
from enricher.toml_file import Mistakes, Table, problem_text, read_table
from runtime.errors import ConfigError
from schemas.records import Severity, VerdictKind

SHIPPED = ("default", "ports")
DEFAULT, PORTS = Path("default"), Path("ports")
BY_NAME: Mapping[str, Raised] = {str(raised): raised for raised in RAISED}

Values = Mapping[str, object]


def load_policy(file: Path, catalogue: Catalogue) -> Policy:
    """The policy in `file`, which may be the name of one that ships. Raises ConfigError naming file, line and key."""
    top = read_table(policy_source(file))
    check_policy(top)
    mode, ports = Mode(str(top.values["mode"])), _table(top.values, "ports")
    secure, cleartext = _port_lists(top, ports, catalogue)
    networks, tls = _table(top.values, "networks"), _table(top.values, "tls")
    policy = Policy(
        mode=mode,
        window_seconds=int(str(top.values.get("window", WINDOW_SECONDS))),
        outbound=ports.get("outbound") is True,
        secure_ports=secure,
        cleartext_ports=cleartext,
        networks=Networks(map(read_network, _texts(networks.get("own", OWN_NETWORKS)))),
        own_addresses=frozenset(str(read_address(text)) for text in _texts(networks.get("addresses"))),
        tunnels=tuple(_tunnels(top)),
        canary=_canary(_table(top.values, "canary")),
        exceptions=tuple(_exception(values) for values in _tables(top.values, "exception")),
        weakest_protocol=Protocol(str(tls.get("weakest_protocol", WEAKEST_PROTOCOL))),
        weak_ciphers=tuple(map(cipher_pattern, _texts(tls.get("weak_ciphers", WEAK_CIPHERS)))),
        needs_forward_secrecy=tls.get("forward_secrecy") is True,
        severities=_severities(_table(top.values, "severities")),
        alerts=_alerts(_table(top.values, "alerts"), mode),
        hash="",
    )
    return replace(policy, hash=policy_hash(policy, catalogue))


def policy_source(file: Path) -> Path | Traversable:
    """The file itself; where there is none and the name is one of SHIPPED, the policy of that name."""
    if str(file) in SHIPPED and not file.exists():
        return files("enricher").joinpath("policies", f"{file}.toml")
    return file


def _port_lists(top: Table, ports: Values, catalogue: Catalogue) -> tuple[frozenset[int], frozenset[int]]:
    """A list that is not in the file is the catalogue's, less what the other list names."""
    secure, cleartext = _ports(ports.get("secure")), _ports(ports.get("cleartext"))
    if both := secure & cleartext:
        problem = f"on ports.secure too: {', '.join(port_texts(both))}; a port can only be on one list"
        raise ConfigError(problem_text(top.file, top.text, ["ports", "cleartext"], problem))
    return (
        secure if "secure" in ports else catalogue.tcp_ports(SECURE) - cleartext,
        cleartext if "cleartext" in ports else catalogue.tcp_ports({Speaks.CLEARTEXT}) - secure,
    )


def _tunnels(top: Table) -> Iterator[Tunnel]:
    mistakes = Mistakes()
    for index, values in enumerate(_tables(top.values, "tunnel")):
        one, other = map(read_network, _texts(values["networks"]))
        with mistakes.noted():
            if one.version != other.version:
                problem = f"{one} and {other} are not of the same address family"
                raise ConfigError(problem_text(top.file, top.text, ["tunnel", index, "networks"], problem))
        yield Tunnel(one, other)
    mistakes.refuse()


def _canary(values: Values) -> Canary | None:
    if not values:
        return None
    return Canary(_addresses(values), _ports(values.get("ports", list(CANARY_PORTS))))


def _exception(values: Values) -> PolicyException:
    system = values.get("system")
    return PolicyException(
        addresses=_addresses(values),
        ports=_ports(values.get("ports")),
        system=None if system is None else str(system),
        verdict=VerdictKind(str(values["verdict"])),
        reason=str(values["reason"]),
        owner=str(values["owner"]),
        expires=date.fromisoformat(str(values["expires"])),
    )


def _severities(values: Values) -> dict[Raised, Weight]:
    said = {BY_NAME[name]: _weight(value) for name, value in values.items()}
    return {**SEVERITIES, **said}


def _weight(value: object) -> Weight:
    if isinstance(value, dict):
        return Weight(Severity(value["internal"]), Severity(value["external"]))
    return Weight(Severity(str(value)), Severity(str(value)))


def _alerts(values: Values, mode: Mode) -> frozenset[Raised]:
    if "reasons" not in values:
        return ALERTS[mode]
    return frozenset(BY_NAME[name] for name in _texts(values["reasons"]))


def _addresses(values: Values) -> tuple[AddressNetwork, ...]:
    return tuple(network for text in _texts(values["addresses"]) for network in read_addresses(text))


def _ports(value: object) -> frozenset[int]:
    items = value if isinstance(value, list) else []
    return frozenset(port for item in items for port in (read_ports(item) if isinstance(item, str) else (item,)))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, Sequence) else ()


def _table(values: Values, name: str) -> Values:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _tables(values: Values, name: str) -> list[Values]:
    found = values.get(name)
    return found if isinstance(found, list) else []
