"""A policy says how connections are judged; its hash changes exactly when what it says changes."""

import re
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from enricher.catalogue import SECURE, Speaks, load_catalogue
from enricher.policy import Mode, Notice, Policy, PolicyException, Protocol, Tunnel
from enricher.policy_defaults import ALERTS, OWN_NETWORKS, SEVERITIES, WEAK_CIPHERS
from enricher.policy_file import load_policy, policy_source
from enricher.ranges import read_addresses
from schemas.reasons import Reason
from schemas.records import Network, Severity, VerdictKind

CATALOGUE = load_catalogue()
PORTS = load_policy(Path("ports"), CATALOGUE)
DEFAULT = load_policy(Path("default"), CATALOGUE)
EXCEPTION = """
[[exception]]
addresses = ["10.9.8.0/24", "10.1.1.7", "10.1.1.10-10.1.1.11"]
ports = [23, "8470-8471"]
system = "PROD1"
verdict = "secure"
reason = "a network of their own"
owner = "warehouse"
expires = 2027-03-31
"""
TUNNEL = '[[tunnel]]\nnetworks = ["10.1.0.0/16", "10.2.0.0/16"]\nnote = "branch"\n'


def policy(tmp_path: Path, text: str) -> Policy:
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return load_policy(file, CATALOGUE)


def test_the_lists_shown_in_the_ports_policy_are_those_of_the_catalogue(tmp_path: Path) -> None:
    text = policy_source(Path("ports")).read_text(encoding="utf-8")
    lists = re.findall(r"^# (?:secure|cleartext) = \[\n(?:#   .*\n)+# \]\n", text, re.MULTILINE)

    shown = policy(tmp_path, 'mode = "ports"\n[ports]\n' + "".join(lists).replace("\n# ", "\n").removeprefix("# "))

    assert len(lists) == 2
    assert shown.secure_ports == PORTS.secure_ports == CATALOGUE.tcp_ports(SECURE)
    assert shown.cleartext_ports == PORTS.cleartext_ports == CATALOGUE.tcp_ports({Speaks.CLEARTEXT})


def test_the_ports_policy_goes_by_the_catalogue_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[[port]]\nport = 8480\nservice = "orders"\nspeaks = "tls"\n')

    read = load_policy(Path("ports"), load_catalogue(tmp_path / "site.toml"))

    assert 8480 in read.secure_ports
    assert 8480 not in read.cleartext_ports


@pytest.mark.parametrize(
    ("shipped", "mode"),
    [pytest.param(PORTS, Mode.PORTS, id="ports"), pytest.param(DEFAULT, Mode.EVIDENCE, id="default")],
)
def test_a_policy_that_ships_writes_out_what_an_empty_one_means(tmp_path: Path, shipped: Policy, mode: Mode) -> None:
    assert policy(tmp_path, f'mode = "{mode}"\n').hash == shipped.hash
    assert (shipped.mode, shipped.outbound, shipped.window_seconds) == (mode, False, 15)
    assert (shipped.alerts, shipped.severities) == (ALERTS[mode], SEVERITIES)
    assert tuple(map(str, shipped.networks.own)) == OWN_NETWORKS
    assert (shipped.own_addresses, shipped.tunnels, shipped.exceptions) == (frozenset(), (), ())
    assert (shipped.weakest_protocol, shipped.weak_ciphers) == (Protocol.TLSV1_2, WEAK_CIPHERS)
    assert not shipped.needs_forward_secrecy


def test_a_file_of_ones_own_wins_over_the_name_of_a_policy_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ports").write_text('mode = "evidence"\n')

    assert load_policy(Path("ports"), CATALOGUE).mode is Mode.EVIDENCE


def test_the_severities_and_alerts_by_default() -> None:
    raised = {Mode.EVIDENCE: Reason.NO_UPGRADE, Mode.PORTS: Reason.NOT_IN_SECURE_LIST}

    assert {mode for mode, reason in raised.items() if reason in ALERTS[mode]} == set(Mode)
    assert all(set(Notice) <= ALERTS[mode] for mode in Mode)
    assert Reason.HANDSHAKE_FAILED not in ALERTS[Mode.EVIDENCE]
    assert SEVERITIES[Reason.HANDSHAKE_FAILED].external is Severity.LOW
    assert SEVERITIES[Reason.TLS_EXPECTED].external is Severity.INFORMATIONAL
    assert SEVERITIES[Reason.GAP].external is Severity.INFORMATIONAL
    assert SEVERITIES[Notice.JOURNAL_GAP].external is Severity.HIGH


def test_clear_text_is_worse_from_outside() -> None:
    weight = PORTS.severities[Reason.CLEARTEXT_PORT]

    assert [weight.of(network) for network in (Network.INTERNAL, Network.EXTERNAL, None)] == [
        Severity.MEDIUM,
        Severity.HIGH,
        Severity.HIGH,
    ]


def test_a_port_named_on_one_list_leaves_the_catalogues_other_list(tmp_path: Path) -> None:
    moved = policy(tmp_path, 'mode = "ports"\n[ports]\nsecure = [23, "9470-9476"]\n')

    assert moved.secure_ports == {23, *range(9470, 9477)}
    assert moved.cleartext_ports == PORTS.cleartext_ports - {23}


def test_severities_are_given_for_both_or_by_network(tmp_path: Path) -> None:
    by_network = 'cleartext-port = { internal = "low", external = "critical" }'
    text = f'mode = "ports"\n[severities]\njournal-gap = "low"\n{by_network}\n'

    severities = policy(tmp_path, text).severities

    assert (severities[Notice.JOURNAL_GAP].internal, severities[Notice.JOURNAL_GAP].external) == (
        Severity.LOW,
        Severity.LOW,
    )
    assert severities[Reason.CLEARTEXT_PORT].of(Network.EXTERNAL) is Severity.CRITICAL
    assert severities[Reason.NOT_IN_SECURE_LIST] == SEVERITIES[Reason.NOT_IN_SECURE_LIST]


def test_an_exception_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    (exception,) = policy(tmp_path, f'mode = "evidence"\n{EXCEPTION}').exceptions

    assert exception == PolicyException(
        addresses=(*read_addresses("10.9.8.0/24"), *read_addresses("10.1.1.7"), ip_network("10.1.1.10/31")),
        ports=frozenset({23, 8470, 8471}),
        system="PROD1",
        verdict=VerdictKind.SECURE,
        reason="a network of their own",
        owner="warehouse",
        expires=date(2027, 3, 31),
    )


def test_an_exception_without_ports_and_system_is_for_all_of_them(tmp_path: Path) -> None:
    lines = [line for line in EXCEPTION.splitlines() if not line.startswith(("ports", "system"))]

    (exception,) = policy(tmp_path, 'mode = "evidence"\n' + "\n".join(lines)).exceptions

    assert exception.covers("ANY", "10.9.8.7", 4711)


def test_the_canary_is_told_by_an_address_of_its_machine_and_a_port_of_its_own(tmp_path: Path) -> None:
    canary = policy(tmp_path, 'mode = "evidence"\n[canary]\naddresses = ["10.1.1.9"]\n').canary

    assert canary is not None
    assert canary.ports == frozenset(range(61900, 62000))
    assert canary.opened("10.1.1.9", 61950)
    assert not canary.opened("10.1.1.9", 50123)
    assert not canary.opened("10.1.1.8", 61950)
    assert not canary.opened(None, None)


def test_a_tunnel_joins_its_two_networks_in_both_directions(tmp_path: Path) -> None:
    read = policy(tmp_path, f'mode = "evidence"\n{TUNNEL}')

    assert read.tunnels == (Tunnel(ip_network("10.1.0.0/16"), ip_network("10.2.0.0/16")),)
    assert read.joined_by_tunnel("10.1.1.5", "10.2.0.9")
    assert read.joined_by_tunnel("10.2.0.9", "10.1.1.5")
    assert not read.joined_by_tunnel("10.1.1.5", "10.1.1.6")
    assert not read.joined_by_tunnel("10.1.1.5", None)


def test_addresses_and_tls_are_read(tmp_path: Path) -> None:
    tls = '[tls]\nweakest_protocol = "TLSV1.3"\nweak_ciphers = ["tls_rsa_with_*"]\nforward_secrecy = true\n'

    read = policy(tmp_path, f'mode = "evidence"\nwindow = 30\n[networks]\naddresses = ["2001:DB8::0:5"]\n{tls}')

    assert read.window_seconds == 30
    assert read.own_addresses == {"2001:db8::5"}
    assert (read.weakest_protocol, read.weak_ciphers, read.needs_forward_secrecy) == ("TLSV1.3", ("RSA_*",), True)


def test_ipv4_written_as_ipv6_is_ipv4_as_in_the_entries(tmp_path: Path) -> None:
    networks = '[networks]\nown = ["::ffff:10.1.0.0/112"]\naddresses = ["::ffff:10.1.1.5"]\n'
    tunnel = TUNNEL.replace("10.2.0.0/16", "::ffff:10.2.0.0/112")

    read = policy(tmp_path, f'mode = "evidence"\n{networks}{tunnel}{EXCEPTION.replace("10.1.1.7", "::ffff:10.1.1.7")}')

    assert read.networks.locate("10.1.9.9").network is Network.INTERNAL
    assert read.own_addresses == {"10.1.1.5"}
    assert read.joined_by_tunnel("10.1.1.5", "10.2.0.9")
    assert read.exceptions[0].covers("PROD1", "10.1.1.7", 23)


def test_the_hash_has_twelve_hexadecimal_digits() -> None:
    assert len(PORTS.hash) == 12
    assert set(PORTS.hash) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("", "# a comment\n", id="comments"),
        pytest.param("[ports]\nsecure = [22, 992]", "[ports]\nsecure = [992, 22]", id="order"),
        pytest.param("[ports]\nsecure = [22, 23, 24]", '[ports]\nsecure = ["22-24"]', id="ranges"),
        pytest.param("", "[ports]\noutbound = false", id="a default written out"),
        pytest.param(TUNNEL, '[[tunnel]]\nnetworks = ["10.2.0.0/16", "10.1.0.0/16"]', id="ends of a tunnel"),
        pytest.param(EXCEPTION, EXCEPTION.replace("2027-03-31", '"2027-03-31"'), id="a day as text"),
    ],
)
def test_the_hash_is_of_what_is_said_not_how(tmp_path: Path, one: str, other: str) -> None:
    first = policy(tmp_path, f'mode = "ports"\n{one}\n').hash

    assert policy(tmp_path, f'mode = "ports"\n{other}\n').hash == first


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("window = 16", id="window"),
        pytest.param("[ports]\noutbound = true", id="outbound"),
        pytest.param("[ports]\nsecure = [22]", id="secure"),
        pytest.param("[ports]\ncleartext = [23]", id="cleartext"),
        pytest.param('[networks]\nown = ["10.0.0.0/8"]', id="own networks"),
        pytest.param('[networks]\naddresses = ["10.1.1.5"]', id="own addresses"),
        pytest.param('[tls]\nweakest_protocol = "TLSV1.1"', id="protocol"),
        pytest.param('[tls]\nweak_ciphers = ["*RC4*"]', id="ciphers"),
        pytest.param("[tls]\nforward_secrecy = true", id="forward secrecy"),
        pytest.param(TUNNEL, id="tunnel"),
        pytest.param(EXCEPTION, id="exception"),
        pytest.param('[alerts]\nreasons = ["journal-gap"]', id="alerts"),
        pytest.param('[severities]\njournal-gap = "low"', id="severities"),
    ],
)
def test_the_hash_changes_with_each_key(tmp_path: Path, change: str) -> None:
    assert policy(tmp_path, f'mode = "ports"\n{change}\n').hash != PORTS.hash


@pytest.mark.parametrize(
    ("word", "other"),
    [
        pytest.param("10.9.8.0/24", "10.9.9.0/24", id="addresses"),
        pytest.param("[23,", "[21,", id="ports"),
        pytest.param("PROD1", "PROD2", id="system"),
        pytest.param('"secure"', '"unknown"', id="verdict"),
        pytest.param("a network of", "the networks of", id="reason"),
        pytest.param("warehouse", "storage", id="owner"),
        pytest.param("2027", "2028", id="expires"),
    ],
)
def test_the_hash_changes_with_each_word_of_an_exception(tmp_path: Path, word: str, other: str) -> None:
    before = policy(tmp_path, f'mode = "evidence"\n{EXCEPTION}').hash

    assert policy(tmp_path, f'mode = "evidence"\n{EXCEPTION.replace(word, other)}').hash != before


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

    changed = load_policy(Path("ports"), load_catalogue(site))

    assert (changed.hash == PORTS.hash) is same
