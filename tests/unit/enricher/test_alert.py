"""An alert says who, what, why and what to do, in words that fit who opened the connection."""

from dataclasses import replace

import pytest

from enricher.alert import gap_alert
from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy import Policy
from enricher.policy_file import DEFAULT, PORTS, load_policy
from enricher.ports_mode import publish_by_port
from schemas.codec import decode_as
from schemas.reasons import Reason
from schemas.records import (
    Alert,
    AlertKind,
    DetailType,
    Entry,
    EventId,
    Gap,
    JournalPlace,
    Severity,
    Verdict,
    VerdictKind,
    changed,
)
from tests.unit.enricher.samples import ACCEPT, TIME, accept, connect, progress, stored

CATALOGUE = load_catalogue()
POLICY = replace(load_policy(PORTS, CATALOGUE), outbound=True)
GAP = Gap(
    id=EventId("gap-PROD1-AUDRCV0001-00000000000000190000"),
    system="PROD1",
    journal="QAUDJRN",
    after=JournalPlace("QGPL", "AUDRCV0001", "190000"),
    until=JournalPlace("QGPL", "AUDRCV0003", "1"),
    why="receiver AUDRCV0002 was deleted",
    count=None,
    time=TIME,
    partitions=6,
)


def raised(entry: Entry, policy: Policy = POLICY) -> Alert | None:
    verdict, *alerts = publish_by_port(entry, CATALOGUE, policy)
    assert isinstance(verdict, Verdict)
    alert = next(iter(alerts), None)
    assert alert is None or isinstance(alert, Alert)
    return alert


@pytest.mark.parametrize(
    ("entry", "title", "description", "advice"),
    [
        pytest.param(
            accept(23),
            "Clear-text connection to PROD1: telnet (port 23)",
            "10.9.8.7 connected to PROD1 on telnet (port 23), a port that is listed as clear text.",
            "Move this client to port 992 (telnet-ssl).",
            id="inbound",
        ),
        pytest.param(
            connect(80),
            "Clear-text connection from PROD1: http (port 80)",
            "PROD1 connected to 198.51.100.9 on http (port 80), a port that is listed as clear text.",
            "Let this system connect to port 443 (https) of that server.",
            id="outbound",
        ),
        pytest.param(
            accept(512),
            "Clear-text connection to PROD1: exec (port 512)",
            "10.9.8.7 connected to PROD1 on exec (port 512), a port that is listed as clear text.",
            "No encrypted port is known for exec: replace it, or lead it through a tunnel.",
            id="no twin",
        ),
        pytest.param(
            accept(21),
            "Connection to PROD1 on a port that is not on the secure list: ftp (port 21)",
            "10.9.8.7 connected to PROD1 on ftp (port 21), a port that is not on the policy's list of secure ports.",
            "Require TLS on ftp (port 21), or move this client to port 990 (ftps).",
            id="upgradable",
        ),
        pytest.param(
            connect(50123, local_port=20),
            "Connection from PROD1 on a port that is not on the secure list: ftp-data (port 20)",
            "PROD1 connected to 198.51.100.9 from ftp-data (port 20), a port that is not on the policy's list of secure"
            " ports.",
            "Require TLS for the data of this FTP session, too (PROT P): its control connection decides that.",
            id="active FTP data: the system is the server",
        ),
        pytest.param(
            connect(1433),
            "Connection from PROD1 on a port that is not on the secure list: ms-sql-s (port 1433)",
            "PROD1 connected to 198.51.100.9 on ms-sql-s (port 1433), a port that is not on the policy's list of secure"
            " ports.",
            "Check that ms-sql-s (port 1433) is set up to encrypt.",
            id="own scheme",
        ),
        pytest.param(
            accept(5000, None),
            "Connection to PROD1 on a port that is not on the secure list: port 5000",
            "an unknown address connected to PROD1 on port 5000, a port that is not on the policy's list of secure"
            " ports.",
            "If port 5000 is encrypted here, add it to the policy's secure ports.",
            id="nothing known",
        ),
    ],
)
def test_an_insecure_connection_raises_an_alert_in_plain_words(
    entry: Entry, title: str, description: str, advice: str
) -> None:
    alert = raised(entry)

    assert alert is not None
    assert (alert.title, alert.description, alert.advice) == (title, description, advice)
    assert alert.connection is not None
    assert alert.connection.advice == advice


def test_a_handshake_alone_does_not_tell_who_opened_the_connection() -> None:
    alone = changed(ACCEPT, detail_type=DetailType.SECURE, local_port=40001, secure_version="TLSV1.0")
    clock = [changed(progress(seconds=seconds), audit_levels=("*NETSECURE",)) for seconds in (-60, 60)]
    seen = [stored(clock[0], 0), stored(alone, 1), stored(clock[1], 2)]

    outputs = Judge(CATALOGUE, load_policy(DEFAULT, CATALOGUE)).process(seen).outputs

    (alert,) = [decode_as(Alert, output.value) for output in outputs if output.type == Alert.type]
    assert alert.title == "Connection with PROD1 with a weak TLS protocol: port 40001"
    assert alert.description.startswith("10.9.8.7 and PROD1 had a connection on port 40001, with TLSV1.0, a protocol")


def test_an_alert_has_the_id_time_and_severity_of_its_verdict() -> None:
    alert = raised(accept(23, "198.51.100.9"))

    assert alert is not None
    assert alert.connection is not None
    assert (alert.id, alert.time, alert.system) == (alert.connection.id, TIME, "PROD1")
    assert (alert.kind, alert.verdict, alert.reason) == (AlertKind.VERDICT, VerdictKind.INSECURE, "cleartext-port")
    assert alert.severity is alert.connection.severity is Severity.HIGH


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(accept(992), id="secure port"),
        pytest.param(accept(8471, "127.0.0.1"), id="local"),
        pytest.param(connect(443), id="secure port, outbound"),
    ],
)
def test_a_secure_connection_raises_none(entry: Entry) -> None:
    assert raised(entry) is None


def test_only_the_reasons_that_the_policy_lists_raise_an_alert() -> None:
    policy = replace(POLICY, alerts=frozenset({Reason.CLEARTEXT_PORT}))

    assert raised(accept(23), policy) is not None
    assert raised(accept(5000), policy) is None
    assert gap_alert(GAP, policy) is None


@pytest.mark.parametrize(
    ("gap", "description"),
    [
        pytest.param(
            GAP,
            "An unknown number of entries of QAUDJRN on PROD1 after AUDRCV0001 190000 and before AUDRCV0003 1 cannot be"
            " read: receiver AUDRCV0002 was deleted.",
            id="between two places",
        ),
        pytest.param(
            changed(GAP, after=None, until=None, count=12),
            "12 entries of QAUDJRN on PROD1 after the beginning and before the next readable one cannot be read:"
            " receiver AUDRCV0002 was deleted.",
            id="no place known",
        ),
    ],
)
def test_a_gap_raises_an_alert_that_says_what_is_missing(gap: Gap, description: str) -> None:
    alert = gap_alert(gap, POLICY)

    assert alert is not None
    assert (alert.id, alert.kind, alert.reason, alert.severity) == (gap.id, AlertKind.GAP, "journal-gap", Severity.HIGH)
    assert (alert.title, alert.description) == ("Journal entries of PROD1 can no longer be read", description)
    assert (alert.verdict, alert.connection) == (None, None)
