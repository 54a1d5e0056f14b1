"""The classic method: each port gets the verdict that its list says, and what is no connection gets none."""

from dataclasses import replace

import pytest

from enricher.catalogue import load_catalogue
from enricher.policy import Policy
from enricher.policy_file import PORTS, load_policy
from enricher.ports_mode import publish_by_port
from schemas.records import (
    Basis,
    DetailType,
    Direction,
    Endpoint,
    Entry,
    Event,
    Network,
    Severity,
    Verdict,
    VerdictKind,
    changed,
)
from tests.unit.enricher.samples import ACCEPT, accept, connect

CATALOGUE = load_catalogue()
POLICY = load_policy(PORTS, CATALOGUE)
OUTBOUND = replace(POLICY, outbound=True)
SECURE, INSECURE = VerdictKind.SECURE, VerdictKind.INSECURE
OUTSIDE = "198.51.100.9"


def judged(entry: Entry, policy: Policy = POLICY) -> Verdict | Event:
    found = publish_by_port(entry, CATALOGUE, policy)[0]
    assert isinstance(found, Verdict | Event)
    return found


@pytest.mark.parametrize(
    ("entry", "kind", "reason", "severity"),
    [
        pytest.param(accept(992), SECURE, "secure-port", "informational", id="telnet over TLS"),
        pytest.param(accept(22), SECURE, "secure-port", "informational", id="ssh"),
        pytest.param(accept(9471, OUTSIDE), SECURE, "secure-port", "informational", id="database over TLS, outside"),
        pytest.param(accept(23), INSECURE, "cleartext-port", "medium", id="telnet, inside"),
        pytest.param(accept(23, OUTSIDE), INSECURE, "cleartext-port", "high", id="telnet, outside"),
        pytest.param(accept(8471, "2001:db8::7"), INSECURE, "cleartext-port", "high", id="database, outside, IPv6"),
        pytest.param(accept(8471, "fd00::7"), INSECURE, "cleartext-port", "medium", id="database, inside, IPv6"),
        pytest.param(accept(23, None), INSECURE, "cleartext-port", "high", id="telnet from an unknown address"),
        pytest.param(accept(21), INSECURE, "not-in-secure-list", "medium", id="ftp: only S could tell"),
        pytest.param(accept(445), INSECURE, "not-in-secure-list", "medium", id="SMB: own scheme"),
        pytest.param(accept(5000, OUTSIDE), INSECURE, "not-in-secure-list", "medium", id="a port nobody knows"),
        pytest.param(accept(None), INSECURE, "not-in-secure-list", "medium", id="no port"),
        pytest.param(accept(8471, "127.0.0.1", "127.0.0.1"), SECURE, "local", "informational", id="loopback"),
        pytest.param(accept(8471, "127.8.7.6", "127.0.0.1"), SECURE, "local", "informational", id="all of 127/8"),
        pytest.param(accept(8471, "::1", "::1"), SECURE, "local", "informational", id="loopback, IPv6"),
        pytest.param(accept(23, "10.1.1.5"), SECURE, "local", "informational", id="remote is local"),
        pytest.param(accept(449, "127.0.0.1"), SECURE, "local", "informational", id="helper port over loopback"),
        pytest.param(
            accept(23, "0.0.0.0", "0.0.0.0"), INSECURE, "cleartext-port", "high", id="no address is not local"
        ),
    ],
)
def test_an_accepted_connection_is_judged_by_its_local_port(
    entry: Entry, kind: VerdictKind, reason: str, severity: str
) -> None:
    verdict = judged(entry)

    assert isinstance(verdict, Verdict)
    assert (verdict.verdict, verdict.reason, verdict.severity) == (kind, reason, Severity(severity))
    assert verdict.basis is (Basis.POLICY if reason == "local" else Basis.PORT)


@pytest.mark.parametrize(
    ("entry", "kind", "reason"),
    [
        pytest.param(connect(443), SECURE, "secure-port", id="https"),
        pytest.param(connect(80), INSECURE, "cleartext-port", id="http"),
        pytest.param(connect(1433), INSECURE, "not-in-secure-list", id="SQL Server"),
        pytest.param(connect(50123, local_port=20), INSECURE, "not-in-secure-list", id="active FTP data"),
        pytest.param(connect(50123, local_port=989), SECURE, "secure-port", id="active FTP data over TLS"),
        pytest.param(connect(50123, local_port=992), INSECURE, "not-in-secure-list", id="local port says nothing"),
        pytest.param(connect(23, "127.0.0.1"), SECURE, "local", id="loopback"),
    ],
)
def test_an_opened_connection_is_judged_by_its_remote_port_where_the_policy_says_so(
    entry: Entry, kind: VerdictKind, reason: str
) -> None:
    verdict = judged(entry, OUTBOUND)

    assert isinstance(verdict, Verdict)
    assert (verdict.verdict, verdict.reason, verdict.direction) == (kind, reason, Direction.OUTBOUND)


@pytest.mark.parametrize(
    ("entry", "policy", "reason", "service"),
    [
        pytest.param(connect(23), POLICY, "outbound", "telnet", id="C without outbound"),
        pytest.param(accept(449), POLICY, "helper-port", "as-svrmap", id="helper port"),
        pytest.param(connect(449), OUTBOUND, "helper-port", "as-svrmap", id="helper port of another system"),
        *(
            pytest.param(
                changed(ACCEPT, detail_type=DetailType(kind), local_port=port), OUTBOUND, reason, service, id=kind
            )
            for kind, port, reason, service in [
                ("D", None, "dhcp-assigned", None),
                ("F", None, "mail-filtered", None),
                ("P", 23, "port-unavailable", "telnet"),
                ("R", None, "mail-rejected", None),
                ("U", None, "dhcp-not-assigned", None),
                ("S", 992, "handshake", "telnet-ssl"),
                ("X", 992, "handshake-failed", "telnet-ssl"),
                ("I", 161, "udp", "snmp"),
                ("O", 161, "udp", "snmp"),
            ]
        ),
    ],
)
def test_what_gets_no_verdict_is_an_event(entry: Entry, policy: Policy, reason: str, service: str | None) -> None:
    event = judged(entry, policy)

    assert event == Event(entry.id, entry.system, entry.time, reason, service, entry)


def test_every_detail_type_is_settled() -> None:
    settled = [judged(changed(ACCEPT, detail_type=kind)) for kind in DetailType]

    assert [kind for kind, found in zip(DetailType, settled, strict=True) if isinstance(found, Verdict)] == [
        DetailType.ACCEPT
    ]


@pytest.mark.parametrize(
    ("port", "kind", "reason"),
    [
        pytest.param(23, SECURE, "secure-port", id="a clear-text port that was restricted to TLS"),
        pytest.param(449, SECURE, "secure-port", id="the secure list goes before the helper"),
        pytest.param(992, INSECURE, "cleartext-port", id="a TLS port that is not one here"),
        pytest.param(22, INSECURE, "not-in-secure-list", id="a secure port that is not on the list"),
    ],
)
def test_the_policys_lists_go_before_the_catalogue(port: int, kind: VerdictKind, reason: str) -> None:
    policy = replace(POLICY, secure_ports=frozenset({23, 449}), cleartext_ports=frozenset({992}))

    verdict = judged(accept(port), policy)

    assert isinstance(verdict, Verdict)
    assert (verdict.verdict, verdict.reason) == (kind, reason)


def test_the_source_is_the_side_that_opened_the_connection() -> None:
    inbound, outbound = judged(accept(23)), judged(connect(443), OUTBOUND)

    assert isinstance(inbound, Verdict)
    assert isinstance(outbound, Verdict)
    assert (inbound.source, inbound.destination) == (Endpoint("10.9.8.7", 50123), Endpoint("10.1.1.5", 23))
    assert (outbound.source, outbound.destination) == (Endpoint("10.1.1.5", 40001), Endpoint("198.51.100.9", 443))


def test_a_verdict_says_what_it_rests_on() -> None:
    verdict = judged(changed(accept(23), backfill=True))

    assert isinstance(verdict, Verdict)
    assert (verdict.id, verdict.evidence) == (ACCEPT.id, (ACCEPT.id,))
    assert (verdict.policy, verdict.mode, verdict.service, verdict.transport) == (POLICY.hash, "ports", "telnet", "tcp")
    assert (verdict.journal, verdict.receiver, verdict.sequence) == ("QAUDJRN", "AUDRCV0001", "184467")
    assert (verdict.time, verdict.journal_time, verdict.backfill) == (ACCEPT.time, ACCEPT.journal_time, True)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        pytest.param("10.9.8.7", Network.INTERNAL, id="private"),
        pytest.param("172.31.255.255", Network.INTERNAL, id="end of a private network"),
        pytest.param("172.32.0.0", Network.EXTERNAL, id="behind the end"),
        pytest.param("fe80::1", Network.INTERNAL, id="link-local"),
        pytest.param("fe80::1%2", Network.INTERNAL, id="link-local with its zone"),
        pytest.param("2001:db8::7", Network.EXTERNAL, id="public IPv6"),
        pytest.param("127.0.0.1", Network.INTERNAL, id="loopback"),
        pytest.param("10.9.8", None, id="not an address"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="unknown"),
    ],
)
def test_the_network_is_that_of_the_other_end(address: str | None, network: Network | None) -> None:
    verdict = judged(accept(23, address))

    assert isinstance(verdict, Verdict)
    assert verdict.network == network
