"""A policy says how connections are judged; its hash changes exactly when what it says changes."""

from pathlib import Path

import pytest

from enricher.catalogue import SECURE, Speaks, load_catalogue
from enricher.policy import Mode, Notice, Policy, Reason
from enricher.policy_file import ALERTS, OWN_NETWORKS, SEVERITIES, load_policy
from runtime.errors import ConfigError
from schemas.records import Network, Severity

CATALOGUE = load_catalogue()
SHIPPED = load_policy(None, CATALOGUE)


def policy_file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return file


def policy(tmp_path: Path, text: str) -> Policy:
    return load_policy(policy_file(tmp_path, text), CATALOGUE)


def test_the_lists_written_out_in_the_shipped_policy_are_those_of_the_catalogue() -> None:
    assert SHIPPED.secure_ports == CATALOGUE.tcp_ports(SECURE)
    assert SHIPPED.cleartext_ports == CATALOGUE.tcp_ports({Speaks.CLEARTEXT})


def test_the_shipped_policy_writes_out_what_an_empty_one_means(tmp_path: Path) -> None:
    assert policy(tmp_path, 'mode = "ports"\n').hash == SHIPPED.hash
    assert (SHIPPED.mode, SHIPPED.outbound, SHIPPED.alerts) == (Mode.PORTS, False, ALERTS[Mode.PORTS])
    assert SHIPPED.severities == SEVERITIES
    assert tuple(map(str, SHIPPED.networks.own)) == OWN_NETWORKS


def test_clear_text_is_worse_from_outside() -> None:
    weight = SHIPPED.severities[Reason.CLEARTEXT_PORT]

    assert [weight.of(network) for network in (Network.INTERNAL, Network.EXTERNAL, None)] == [
        Severity.MEDIUM,
        Severity.HIGH,
        Severity.HIGH,
    ]


def test_a_port_named_on_one_list_leaves_the_catalogues_other_list(tmp_path: Path) -> None:
    moved = policy(tmp_path, 'mode = "ports"\nsecure_ports = [23, "9470-9476"]\n')

    assert moved.secure_ports == {23, *range(9470, 9477)}
    assert moved.cleartext_ports == SHIPPED.cleartext_ports - {23}


def test_severities_are_given_for_both_or_by_network(tmp_path: Path) -> None:
    by_network = 'cleartext-port = { internal = "low", external = "critical" }'
    text = f'mode = "ports"\n[severities]\njournal-gap = "low"\n{by_network}\n'

    weights = policy(tmp_path, text).severities

    assert (weights[Notice.JOURNAL_GAP].internal, weights[Notice.JOURNAL_GAP].external) == (Severity.LOW, Severity.LOW)
    assert weights[Reason.CLEARTEXT_PORT].of(Network.EXTERNAL) is Severity.CRITICAL
    assert weights[Reason.NOT_IN_SECURE_LIST] == SEVERITIES[Reason.NOT_IN_SECURE_LIST]


def test_the_hash_has_twelve_hexadecimal_digits() -> None:
    assert len(SHIPPED.hash) == 12
    assert set(SHIPPED.hash) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("", "# a comment\n", id="comments"),
        pytest.param("secure_ports = [22, 992]", "secure_ports = [992, 22]", id="order"),
        pytest.param("secure_ports = [22, 23, 24]", 'secure_ports = ["22-24"]', id="ranges"),
        pytest.param("", "outbound = false", id="a default written out"),
    ],
)
def test_the_hash_is_of_what_is_said_not_how(tmp_path: Path, one: str, other: str) -> None:
    first = policy(tmp_path, f'mode = "ports"\n{one}\n').hash

    assert policy(tmp_path, f'mode = "ports"\n{other}\n').hash == first


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("outbound = true", id="outbound"),
        pytest.param("secure_ports = [22]", id="secure_ports"),
        pytest.param("cleartext_ports = [23]", id="cleartext_ports"),
        pytest.param('own_networks = ["10.0.0.0/8"]', id="own_networks"),
        pytest.param('alert = ["gap"]', id="alert"),
        pytest.param('[severities]\ngap = "low"', id="severities"),
    ],
)
def test_the_hash_changes_with_each_key(tmp_path: Path, change: str) -> None:
    assert policy(tmp_path, f'mode = "ports"\n{change}\n').hash != SHIPPED.hash


@pytest.mark.parametrize(
    ("override", "same"),
    [
        pytest.param("twin = 443", False, id="a twin"),
        pytest.param('note = "ours"', True, id="a note for people"),
    ],
)
def test_the_hash_changes_with_the_catalogue(tmp_path: Path, override: str, same: bool) -> None:
    site = tmp_path / "site.toml"
    site.write_text(f"[[port]]\nport = 23\n{override}\n", encoding="utf-8")

    changed = load_policy(None, load_catalogue(site))

    assert (changed.hash == SHIPPED.hash) is same


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        pytest.param("", "", "key mode: missing; one of evidence, ports", id="no mode"),
        pytest.param('mode = "guess"\n', ", line 1", "key mode: one of evidence, ports expected", id="unknown mode"),
        pytest.param(
            'mode = "ports"\nwindow = 15\n', ", line 2", "key window: unknown; known here: alert", id="unknown key"
        ),
        pytest.param(
            'mode = "ports"\noutbound = "yes"\n',
            ", line 2",
            "key outbound: true or false expected",
            id="outbound is text",
        ),
        pytest.param(
            'mode = "ports"\nsecure_ports = [\n  22,\n  "ssh",\n]\n',
            ", line 2",
            "key secure_ports: 'ssh' is neither",
            id="a name for a port",
        ),
        pytest.param(
            'mode = "ports"\nsecure_ports = [22, 23]\ncleartext_ports = [23]\n',
            ", line 3",
            "key cleartext_ports: port 23 is on secure_ports too",
            id="a port on both lists",
        ),
        pytest.param(
            'mode = "ports"\nown_networks = ["10.0.0.1/8"]\n',
            ", line 2",
            "key own_networks: 10.0.0.1/8 has host bits set",
            id="host bits",
        ),
        pytest.param(
            'mode = "ports"\nown_networks = ["head office"]\n',
            ", line 2",
            "key own_networks: 'head office' does not",
            id="not a network",
        ),
        pytest.param(
            'mode = "ports"\nown_networks = "10.0.0.0/8"\n',
            ", line 2",
            "key own_networks: a list of texts",
            id="not a list",
        ),
        pytest.param(
            'mode = "ports"\nalert = ["no-update"]\n',
            ", line 2",
            "key alert: 'no-update' is not a reason; known: exception, local",
            id="unknown reason",
        ),
        pytest.param(
            'mode = "ports"\n[severities]\ngap = "dire"\n',
            ", line 3",
            "key severities.gap: one of informational",
            id="unknown severity",
        ),
        pytest.param(
            'mode = "ports"\n[severities]\ngap = { internal = "low" }\n',
            ", line 3",
            "key severities.gap: one of",
            id="severity of one network only",
        ),
        pytest.param(
            'mode = "ports"\n[severities]\ngap = { internal = [], external = "low" }\n',
            ", line 3",
            "key severities.gap: one of",
            id="severity is a list",
        ),
        pytest.param(
            'mode = "ports"\n\n[severities]\nsecure-ports = "low"\n',
            ", line 4",
            "key severities.secure-ports: unknown",
            id="severity of an unknown reason",
        ),
        pytest.param('mode = "ports"\nseverities = 3\n', ", line 2", "key severities: a table expected", id="no table"),
    ],
)
def test_a_wrong_policy_is_refused_with_line_and_key(tmp_path: Path, text: str, place: str, problem: str) -> None:
    file = policy_file(tmp_path, text)

    with pytest.raises(ConfigError) as refused:
        load_policy(file, CATALOGUE)

    assert str(refused.value).startswith(f"{file}{place}, {problem}")
    assert "\n" not in str(refused.value)
