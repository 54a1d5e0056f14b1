"""An explanation says what was seen, on which entries it rests, which rule decided and what to do."""

from pathlib import Path

import pytest

from enricher.explain import KINDS, Explanation, explain, explain_alert, explain_event, lines_of
from enricher.policy import Mode
from enricher.rules import RULES, rule_of
from enricher.verdict import ROWS
from schemas.ids import correction_id
from schemas.reasons import Reason
from schemas.records import (
    Basis,
    DetailType,
    Direction,
    Endpoint,
    EventId,
    Network,
    Severity,
    Tls,
    Verdict,
    VerdictKind,
    changed,
)
from tests.unit.enricher.outcomes import BY_PORT, EVENT, GAP
from tests.unit.enricher.samples import ACCEPT

GOLDEN = Path(__file__).with_name("golden")
HANDSHAKE = changed(
    ACCEPT,
    id=EventId(f"{ACCEPT.id[:-1]}8"),
    sequence="184468",
    detail_type=DetailType.SECURE,
    job="220041/QTCP/QTVDEVICE",
)
BY_EVIDENCE = changed(
    BY_PORT, mode="evidence", audit_levels=("*NETSCK", "*NETSECURE", "*NETTELSVR"), policy="ba9876543210"
)
CORRECTION = changed(
    BY_EVIDENCE,
    id=correction_id(ACCEPT.id, 1),
    reason="weak-protocol",
    basis=Basis.EVIDENCE,
    tls=Tls("TLSV1.0", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    evidence=(ACCEPT.id, HANDSHAKE.id),
    advice="Let both ends use TLSV1.2 or newer instead of TLSV1.0 (QSSLPCL on the system).",
    supersedes=ACCEPT.id,
)
OUTBOUND = changed(
    BY_EVIDENCE,
    verdict=VerdictKind.UNKNOWN,
    reason="tls-not-audited",
    basis=Basis.EVIDENCE,
    severity=Severity.INFORMATIONAL,
    detail_type=DetailType.CONNECT,
    direction=Direction.OUTBOUND,
    network=Network.EXTERNAL,
    service=None,
    source=Endpoint("10.1.1.5", 40001),
    destination=Endpoint("198.51.100.9", 4711),
    audit_levels=(),
    advice=None,
    backfill=True,
)
SECURE = changed(
    CORRECTION,
    id=ACCEPT.id,
    verdict=VerdictKind.SECURE,
    reason="tls",
    severity=Severity.INFORMATIONAL,
    tls=Tls("TLSV1.3", None),
    advice=None,
    supersedes=None,
)
ENTRIES = {entry.id: entry for entry in (ACCEPT, HANDSHAKE)}


@pytest.mark.parametrize(
    ("explanation", "name"),
    [
        pytest.param(explain([BY_PORT], ENTRIES, policy_here="0123456789ab"), "by-port", id="by port"),
        pytest.param(
            explain([BY_EVIDENCE, CORRECTION], ENTRIES, policy_here="0123456789ab"), "correction", id="a correction"
        ),
        pytest.param(explain([OUTBOUND], {}, policy_here=None), "outbound-unknown", id="outbound, entries are gone"),
        pytest.param(explain([SECURE], ENTRIES, policy_here=None), "secure", id="secure"),
        pytest.param(explain_event(EVENT), "event", id="an event"),
        pytest.param(explain_alert(GAP), "gap", id="an alert about a gap"),
    ],
)
def test_an_explanation_reads_as_written_down(explanation: Explanation, name: str) -> None:
    assert "\n".join(lines_of(explanation)) + "\n" == (GOLDEN / f"explain-{name}.txt").read_text(encoding="utf-8")


def test_every_sentence_is_one() -> None:
    histories = ([BY_PORT], [BY_EVIDENCE, CORRECTION], [OUTBOUND], [SECURE])

    sentences = [
        sentence
        for history in histories
        for _, sentences in explain(history, ENTRIES, policy_here="x").parts
        for sentence in sentences
    ]

    assert [sentence for sentence in sentences if not sentence.endswith(".")] == []


def test_what_another_release_said_is_not_guessed() -> None:
    other = changed(BY_PORT, reason="looks-odd", mode="oracle")

    lines = "\n".join(lines_of(explain([other], {}, policy_here=None)))

    assert "This release does not know the reason looks-odd of mode oracle." in lines


@pytest.mark.parametrize(
    ("detail", "sentence"),
    [
        pytest.param("after-failed-handshake", "A TLS handshake was tried on it and failed.", id="failed"),
        pytest.param("catalogue-wrong", "The port catalogue lists the port as clear text only, and", id="moved"),
        pytest.param("of-tomorrow", "More on it: of-tomorrow.", id="of another release"),
    ],
)
def test_what_adds_to_the_reason_is_told(detail: str, sentence: str) -> None:
    lines = lines_of(explain([changed(BY_EVIDENCE, detail=detail)], {}, policy_here=None))

    assert any(line.strip().startswith(sentence) for line in lines)


FTP_DATA = changed(OUTBOUND, service="ftp-data", source=Endpoint("10.1.1.5", 20))
FAILED = changed(BY_EVIDENCE, evidence=(ACCEPT.id, HANDSHAKE.id), reason="handshake-failed")
ALONE = changed(
    BY_EVIDENCE,
    detail_type=DetailType.SECURE,
    direction=Direction.UNKNOWN,
    service=None,
    destination=Endpoint("10.1.1.5", 40001),
)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        pytest.param(
            FTP_DATA,
            "PROD1 (10.1.1.5) port 20 connected over TCP to 198.51.100.9 port 4711; the service is ftp-data.",
            id="active FTP data",
        ),
        pytest.param(
            ALONE,
            "10.9.8.7 port 50123 and PROD1 (10.1.1.5) port 40001 had a connection over TCP, and it is not known who "
            "opened it.",
            id="a handshake alone",
        ),
        pytest.param(ALONE, "A TLS entry that names no protocol belongs to it.", id="which names no protocol"),
        pytest.param(FAILED, "A TLS handshake was tried on it and failed.", id="a handshake that failed"),
        pytest.param(BY_EVIDENCE, "No TLS facts were joined to it.", id="no handshake"),
    ],
)
def test_what_was_seen_is_told_as_it_was(verdict: Verdict, sentence: str) -> None:
    seen = dict(explain([verdict], {}, policy_here=None).parts)["What was seen"]

    assert [told for told in seen if told.endswith(sentence)] != []


def test_the_rows_are_those_of_the_verdict_table() -> None:
    table = {(row, reason) for row, one in enumerate(ROWS, 1) for reason in Reason if f"`{reason}`" in one.outcome}

    told = {(rule.row, reason) for (mode, reason), rule in RULES.items() if mode is Mode.EVIDENCE}

    assert told == {(row, reason) for row, reason in table if reason is not Reason.HELPER_PORT}


def test_each_kind_of_entry_has_its_words() -> None:
    assert set(KINDS) == set(DetailType)


def test_each_reason_belongs_to_a_mode() -> None:
    assert {reason for _, reason in RULES} == set(Reason) - {Reason.HELPER_PORT}
    assert rule_of("evidence", "not-in-secure-list") is None
