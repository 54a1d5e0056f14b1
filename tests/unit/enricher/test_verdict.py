"""The verdict table, row by row, and the same table in the documentation."""

import re
from dataclasses import replace
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from enricher.policy import Canary, Mode, Policy, PolicyException, Tunnel
from enricher.rules import RULES
from enricher.verdict import ROWS
from schemas.records import Basis, Direction, Entry, Network, Severity, Tls, Verdict, VerdictKind, changed
from tests.unit.enricher.samples import LEVELS, TIME
from tests.unit.enricher.scripts import POLICY, Scripted, a, audit, entry, gap, progress, s, said, verdicts, x

OUTSIDE = "198.51.100.9"
START, END = progress(-10), progress(100)
ACTIVE_FTP = changed(entry("C", 0, 50123), local_port=20)
NOT_AUDITED = progress(-10, ("*NETSCK", "*NETTELSVR"))
ACCEPTED = PolicyException(
    (ip_network("10.9.8.0/24"),),
    frozenset(),
    None,
    VerdictKind.SECURE,
    "in a cage",
    "it@example.com",
    date(2026, 12, 31),
)
YESTERDAY = TIME.date() - timedelta(days=1)


def excepting(**changes: object) -> Policy:
    return replace(POLICY, exceptions=(replace(ACCEPTED, **changes),))  # type: ignore[arg-type]


EXCEPTED, EXPIRED = excepting(), excepting(expires=YESTERDAY)
EXCEPTED_LOOPBACK = excepting(addresses=(ip_network("127.0.0.0/8"),))
EXCEPTED_AS_INSECURE = excepting(verdict=VerdictKind.INSECURE)
TUNNELLED = replace(POLICY, tunnels=(Tunnel(ip_network("10.1.0.0/16"), ip_network("198.51.100.0/24")),))
OWN = replace(POLICY, own_addresses=frozenset({"10.9.8.7"}))

CANARY = replace(POLICY, canary=Canary((ip_network("10.9.8.7/32"),), frozenset({50123, 23})))
CANARY_HERE = replace(POLICY, canary=Canary((ip_network("127.0.0.1/32"),), frozenset({50123})))

CASES = [
    (1, "an exception", EXCEPTED, (START, a(0, 23)), "secure exception"),
    (1, "before loopback", EXCEPTED_LOOPBACK, (START, a(0, 23, "127.0.0.1")), "secure exception"),
    (1, "that says insecure", EXCEPTED_AS_INSECURE, (START, s(0, 992), a(0, 992)), "insecure exception"),
    (1, "the canary", CANARY, (START, a(0, 23)), "secure canary"),
    (1, "the canary, before loopback", CANARY_HERE, (START, a(0, 23, "127.0.0.1")), "secure canary"),
    (6, "the canary's machine, another port", CANARY, (START, a(0, 23, remote_port=50124)), "insecure cleartext-port"),
    (6, "the canary's port, another machine", CANARY, (START, a(0, 23, OUTSIDE)), "insecure cleartext-port"),
    (6, "the system connects to the canary's port", CANARY, (START, entry("C", 0, 23)), "insecure cleartext-port"),
    (6, "an exception that has expired", EXPIRED, (START, a(0, 23)), "insecure cleartext-port"),
    (2, "loopback", POLICY, (START, a(0, 23, "127.0.0.1")), "secure local"),
    (2, "the remote address is the local one", POLICY, (START, a(0, 23, "10.1.1.5")), "secure local"),
    (2, "an own address", OWN, (START, a(0, 23)), "secure local"),
    (2, "before a weak protocol", OWN, (START, s(0, 992, weak=True), a(0, 992)), "secure local"),
    (3, "a tunnel", TUNNELLED, (START, a(0, 23, OUTSIDE)), "secure tunnel"),
    (4, "a weak protocol", POLICY, (START, a(0, 992), s(1, 992, weak=True)), "insecure weak-protocol"),
    (4, "weak on an SSH port", POLICY, (START, s(0, 22, weak=True), a(0, 22)), "insecure weak-protocol"),
    (5, "TLS", POLICY, (START, a(0, 992), s(1, 992)), "secure tls"),
    (5, "TLS on a clear-text port", POLICY, (START, s(0, 23), a(0, 23)), "secure tls (catalogue-wrong)"),
    (5, "TLS on a port that is not listed", POLICY, (START, a(0, 5000), s(1, 5000)), "secure tls"),
    (5, "TLS where the levels are not known", POLICY, (progress(-9, None), a(0, 992), s(1, 992)), "secure tls"),
    (6, "a clear-text port", POLICY, (START, a(0, 23)), "insecure cleartext-port"),
    (6, "with a failed handshake", POLICY, (START, x(0, 23), a(0, 23)), "insecure cleartext-port"),
    (6, "not audited", POLICY, (NOT_AUDITED, a(0, 23)), "insecure cleartext-port"),
    (6, "outbound", POLICY, (START, entry("C", 0, 80)), "insecure cleartext-port"),
    (7, "SSH", POLICY, (START, a(0, 22)), "secure encrypted-protocol"),
    (7, "SSH, not audited", POLICY, (NOT_AUDITED, a(0, 22)), "secure encrypted-protocol"),
    (8, "the port mapper", POLICY, (START, a(0, 449)), "event helper-port"),
    (9, "SMB", POLICY, (START, a(0, 445)), "unknown own-scheme"),
    (9, "MQ, not audited", POLICY, (NOT_AUDITED, a(0, 1414)), "unknown own-scheme"),
    (10, "a failed handshake", POLICY, (START, a(0, 992), x(1, 992), END), "failed handshake-failed"),
    (10, "on a port that is not listed", POLICY, (START, a(0, 5000), x(1, 5000), END), "failed handshake-failed"),
    (10, "before a gap", POLICY, (START, a(0, 992), x(1, 992), gap(2)), "failed handshake-failed"),
    (11, "a gap", POLICY, (START, a(0, 21), gap(1)), "unknown gap"),
    (11, "before the end of auditing", POLICY, (START, a(0, 21), audit(1, ()), gap(2)), "unknown gap"),
    (11, "retired", POLICY, (START, a(0, 992), progress(1, final=True)), "unknown source-ended"),
    (12, "TLS of Java", POLICY, (START, a(0, 8076)), "secure secure-port"),
    (12, "TLS of Java, not audited", POLICY, (NOT_AUDITED, a(0, 8076)), "secure secure-port"),
    (13, "TLS is not audited", POLICY, (NOT_AUDITED, a(0, 992)), "unknown tls-not-audited"),
    (13, "on a port that can be upgraded", POLICY, (NOT_AUDITED, a(0, 21)), "unknown tls-not-audited"),
    (13, "for a moment", POLICY, (START, a(0, 21), audit(1, ()), audit(1.5, LEVELS), END), "unknown tls-not-audited"),
    (13, "not known", POLICY, (progress(-9, None), a(0, 21), progress(100, None)), "unknown tls-not-audited"),
    (14, "FTP without TLS", POLICY, (START, a(0, 21), END), "insecure no-upgrade"),
    (14, "SMTP, outbound", POLICY, (START, entry("C", 0, 25), END), "insecure no-upgrade"),
    (14, "active FTP data, outbound", POLICY, (START, ACTIVE_FTP, END), "insecure no-upgrade"),
    (15, "a TLS port, and silence", POLICY, (START, a(0, 992), END), "unknown tls-expected"),
    (16, "a port that is not listed", POLICY, (START, a(0, 5000), END), "unknown no-tls-evidence"),
    (16, "TLS of nobody knows whom", POLICY, (START, a(0, 443), END), "unknown no-tls-evidence"),
    (16, "an upgrade that leaves no trace", POLICY, (START, a(0, 3268), END), "unknown no-tls-evidence"),
    (16, "a datagram", POLICY, (START, entry("I", 0, 5000)), "unknown no-tls-evidence"),
    (
        3,
        "before a weak protocol",
        TUNNELLED,
        (START, s(0, 992, OUTSIDE, weak=True), a(0, 992, OUTSIDE)),
        "secure tunnel",
    ),
    (
        10,
        "before the end of auditing",
        POLICY,
        (START, a(0, 992), x(1, 992), audit(2, ()), END),
        "failed handshake-failed",
    ),
    (
        14,
        "after a failed handshake",
        POLICY,
        (START, a(0, 21), x(1, 21), END),
        "insecure no-upgrade (after-failed-handshake)",
    ),
]


def with_weak_cipher(handshake: Entry) -> Entry:
    return changed(handshake, secure_version="TLSV1.2", secure_properties="TLS_RSA_WITH_RC4_128_SHA")


@pytest.mark.parametrize(
    ("policy", "records", "outcome"), [pytest.param(*case[2:], id=f"row {case[0]}: {case[1]}") for case in CASES]
)
def test_the_first_row_that_applies_decides(policy: Policy, records: tuple[Scripted, ...], outcome: str) -> None:
    lines = [line for line in said(*records, policy=policy) if not line.startswith("alert")]

    assert re.sub(r"^\d+ | \[.*\]$", "", lines[0]) == outcome
    assert len(lines) == 1


def test_the_canary_raises_no_alert_and_its_handshake_corrects_nothing() -> None:
    lines = said(START, a(0, 23), s(1, 23), END, policy=CANARY)

    assert lines == ["2 secure canary [2]", "3 event handshake"]


def test_every_row_has_its_cases() -> None:
    assert {case[0] for case in CASES} == set(range(1, len(ROWS) + 1))


@pytest.mark.parametrize(
    ("row", "reason"), [pytest.param(case[0], case[4].split()[1], id=f"{case[0]} {case[4]}") for case in CASES]
)
def test_the_row_names_the_reason_and_the_explanation_names_the_row(row: int, reason: str) -> None:
    known = {one.value: rule.row for (mode, one), rule in RULES.items() if mode is Mode.EVIDENCE}

    assert f"`{reason}`" in ROWS[row - 1].outcome
    assert known.get(reason, row) == row


def test_the_table_in_the_documentation_is_the_table_of_the_code() -> None:
    page = Path(__file__).parents[3] / "docs" / "verdicts.md"
    rows = [f"| {number} | {row.when} | {row.outcome} |" for number, row in enumerate(ROWS, 1)]

    assert "\n".join(["| # | when | verdict |", "|---|---|---|", *rows]) in page.read_text()


def one(*records: Scripted) -> Verdict:
    return verdicts(*records)[-1]


def test_a_verdict_by_evidence_says_what_it_rests_on() -> None:
    verdict = one(START, a(0, 992), s(1, 992))

    assert verdict.basis is Basis.EVIDENCE
    assert verdict.evidence == (verdict.id, f"20261122T021501123456-PROD1-AUDRCV0001-{3:020d}")
    assert verdict.tls == Tls("TLSV1.3", "AES_128_GCM_SHA256")
    assert (verdict.mode, verdict.policy, verdict.audit_levels) == ("evidence", POLICY.hash, LEVELS)
    assert (verdict.advice, verdict.supersedes, verdict.detail) == (None, None, None)


def test_a_correction_has_an_id_of_its_own_and_names_what_it_supersedes() -> None:
    first, second, third = verdicts(START, a(0, 992), progress(15), s(16, 992), s(17, 992, weak=True))

    assert (second.id, second.supersedes) == (f"{first.id}.c1", first.id)
    assert (third.id, third.supersedes) == (f"{first.id}.c2", second.id)
    assert first.time == second.time == third.time


@pytest.mark.parametrize(
    ("records", "severity"),
    [
        pytest.param((START, a(0, 23)), Severity.MEDIUM, id="clear text, inside"),
        pytest.param((START, a(0, 23, OUTSIDE)), Severity.HIGH, id="clear text, outside"),
        pytest.param((START, a(0, 21, OUTSIDE), END), Severity.MEDIUM, id="no upgrade"),
        pytest.param((START, a(0, 992), s(1, 992, weak=True)), Severity.MEDIUM, id="weak protocol"),
        pytest.param((START, a(0, 992), x(1, 992), END), Severity.LOW, id="failed handshake"),
        pytest.param((START, a(0, 992), END), Severity.INFORMATIONAL, id="unknown"),
        pytest.param((START, a(0, 992), s(1, 992)), Severity.INFORMATIONAL, id="secure"),
    ],
)
def test_the_severity_is_that_of_the_reason(records: tuple[Scripted, ...], severity: Severity) -> None:
    assert one(*records).severity is severity


@pytest.mark.parametrize(
    ("records", "advice"),
    [
        pytest.param((START, a(0, 23)), "Move this client to port 992 (telnet-ssl).", id="clear text"),
        pytest.param(
            (START, a(0, 21), END),
            "Require TLS on ftp (port 21), or move this client to port 990 (ftps).",
            id="no upgrade",
        ),
        pytest.param(
            (START, a(0, 992), s(1, 992, weak=True)),
            "Let both ends use TLSV1.2 or newer instead of TLSV1 (QSSLPCL on the system).",
            id="weak protocol",
        ),
        pytest.param(
            (START, a(0, 992), with_weak_cipher(s(1, 992))),
            "Take the cipher TLS_RSA_WITH_RC4_128_SHA off the list of one of the ends (QSSLCSL on the system).",
            id="weak cipher",
        ),
        pytest.param(
            (START, with_weak_cipher(s(0, 500, remote_port=500))),
            "Take the cipher TLS_RSA_WITH_RC4_128_SHA off the key policies of one of the ends.",
            id="weak cipher of a VPN",
        ),
        pytest.param(
            (START, s(0, 23), a(0, 23)),
            "Telnet (port 23) is listed as clear text but spoke TLS: say so in a port catalogue of yours.",
            id="moved service",
        ),
        pytest.param(
            (START, a(0, 5000), END), "Find out what port 5000 is, and list it in a port catalogue of yours.", id="?"
        ),
        pytest.param(
            (START, a(0, 443), END),
            'Say in a port catalogue of yours who does the TLS of https (port 443): tls_by = "system" for System TLS, '
            '"other" for Java or OpenSSL.',
            id="TLS of nobody knows whom",
        ),
        pytest.param(
            (START, a(0, 3268), END),
            "Require TLS on msft-gc (port 3268), or move this client to port 3269 (msft-gc-ssl).",
            id="an upgrade that leaves no trace",
        ),
        pytest.param(
            (START, entry("O", 0, 40123, remote_port=5999)),
            "Find out what port 5999 is, and list it in a port catalogue of yours.",
            id="a datagram to a port that is not listed",
        ),
        pytest.param(
            (NOT_AUDITED, a(0, 992)),
            "Add *NETSECURE to the audit levels (QAUDLVL), so that the journal tells who uses TLS.",
            id="not audited",
        ),
        pytest.param(
            (START, a(0, 21), x(1, 21), END),
            "Look for the protocols, ciphers and certificates that client and server have in common. "
            "Require TLS on ftp (port 21), or move this client to port 990 (ftps).",
            id="clear text after a handshake that failed",
        ),
    ],
)
def test_the_advice_says_what_to_do(records: tuple[Scripted, ...], advice: str) -> None:
    assert one(*records).advice == advice


def test_an_exception_is_advised_by_name() -> None:
    verdict = verdicts(START, a(0, 23), policy=EXCEPTED)[0]

    assert verdict.advice == "An exception of the policy until 2026-12-31: in a cage (it@example.com)."


@pytest.mark.parametrize(
    ("port", "remote_port", "direction", "source"),
    [
        pytest.param(992, 50123, Direction.INBOUND, 50123, id="a listed local port"),
        pytest.param(50123, 636, Direction.OUTBOUND, 50123, id="a listed remote port"),
        pytest.param(50123, 50124, Direction.UNKNOWN, 50124, id="neither"),
        pytest.param(992, 992, Direction.UNKNOWN, 992, id="the same port at both ends"),
        pytest.param(20, 50123, Direction.OUTBOUND, 20, id="active FTP data"),
    ],
)
def test_the_direction_of_a_handshake_alone_is_told_by_its_ports(
    port: int, remote_port: int, direction: Direction, source: int
) -> None:
    verdict = one(progress(-10, ("*NETSECURE",)), s(0, port, remote_port=remote_port), END)

    assert (verdict.direction, verdict.source.port, verdict.network) == (direction, source, Network.INTERNAL)


@pytest.mark.parametrize(
    ("kind", "local", "remote", "direction"),
    [
        pytest.param("I", 161, 50123, Direction.INBOUND, id="a question to us"),
        pytest.param("O", 161, 50123, Direction.INBOUND, id="our answer"),
        pytest.param("O", 50123, 161, Direction.OUTBOUND, id="a question of ours"),
        pytest.param("I", 50123, 161, Direction.OUTBOUND, id="the answer to us"),
        pytest.param("I", 123, 123, Direction.INBOUND, id="the same port at both ends"),
        pytest.param("O", 123, 123, Direction.OUTBOUND, id="the same port at both ends, outbound"),
        pytest.param("I", 50123, 50124, Direction.INBOUND, id="neither is listed"),
    ],
)
def test_an_answer_over_udp_is_of_whoever_asked(kind: str, local: int, remote: int, direction: Direction) -> None:
    verdict = one(START, changed(entry(kind, 0, local), local_port=local, remote_port=remote), END)

    source = local if direction is Direction.OUTBOUND else remote
    assert (verdict.direction, verdict.source.port) == (direction, source)


def test_a_cipher_counts_where_the_entry_names_no_protocol() -> None:
    untold = changed(s(1, 9471), secure_version=None, secure_properties="TLS_RSA_WITH_NULL_SHA")

    verdict = one(START, a(0, 9471), untold, END)

    assert (verdict.reason, verdict.tls) == ("weak-cipher", Tls("unknown", "TLS_RSA_WITH_NULL_SHA"))
    assert (
        verdict.advice
        == "Take the cipher TLS_RSA_WITH_NULL_SHA off the list of one of the ends (QSSLCSL on the system)."
    )


@pytest.mark.parametrize(
    ("port", "service"), [pytest.param(500, "isakmp", id="IKE"), pytest.param(4500, "ipsec-nat-t", id="through NAT")]
)
def test_a_handshake_of_vpn_is_over_udp(port: int, service: str) -> None:
    verdict = one(START, s(0, port, remote_port=port))

    assert (verdict.transport, verdict.service, verdict.reason) == ("udp", service, "tls")
