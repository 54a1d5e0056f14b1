"""A plan says who breaks, what each must change to, when first, and what it cannot show."""

import csv
import io
import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.main import run_command
from cli.plan.change import CipherOff, ClosedPort, ProtocolsOff
from cli.plan.outlook import Outlook, look_ahead
from cli.report.asked import Selection
from cli.report.findings import Findings, find
from enricher.catalogue import load_catalogue
from enricher.policy import Protocol
from schemas.records import AnyRecord, Tls, changed
from tests.unit.cli.report.reported import MONDAY, SECURE, dump, outbound, status, verdict

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
CATALOGUE = load_catalogue()
TELNET = ClosedPort.of(23, CATALOGUE)
OLD = ProtocolsOff(frozenset({Protocol.TLSV1_0, Protocol.TLSV1_1}))


def tls(protocol: str, cipher: str | None = None) -> dict[str, Any]:
    return {**SECURE, "tls": Tls(protocol, cipher)}


def findings(*records: AnyRecord) -> Findings:
    return find([status(MONDAY), *records, status(MONDAY + 7 * DAY)], Selection(), "a test")


def broken(outlook: Outlook) -> list[tuple[str, str, int]]:
    return [(one.line.remote.address, one.line.must, one.connections) for one in outlook.breaks]


def test_a_closed_port_breaks_who_connects_to_it_and_names_the_twin() -> None:
    seen = findings(
        verdict(1, MONDAY),
        verdict(2, MONDAY, "10.9.8.9", 992, service="telnet-ssl"),
        outbound(3, MONDAY, "10.2.2.2", 23, "telnet"),
    )

    outlook = look_ahead(seen, [TELNET])

    assert broken(outlook) == [("10.9.8.7", "Move this client to port 992 (telnet-ssl).", 1)]


@pytest.mark.parametrize(
    ("port", "words"),
    [
        pytest.param(515, "No other port of printer is known", id="no twin"),
        pytest.param(4711, "No catalogue lists port 4711", id="not listed"),
    ],
)
def test_where_no_other_port_is_known_that_is_said(port: int, words: str) -> None:
    outlook = look_ahead(findings(verdict(1, MONDAY, port=port)), [ClosedPort.of(port, CATALOGUE)])

    assert outlook.breaks[0].line.must.startswith(words)


def test_who_uses_the_twin_already_is_told_from_who_does_not() -> None:
    seen = findings(
        verdict(1, MONDAY),
        verdict(2, MONDAY, "10.9.8.9"),
        *(verdict(n, MONDAY, "10.9.8.9", 992, service="telnet-ssl") for n in (3, 4)),
    )

    outlook = look_ahead(seen, [TELNET])

    assert {one.line.remote.address: one.on_twin for one in outlook.breaks} == {"10.9.8.7": 0, "10.9.8.9": 2}


@pytest.mark.parametrize(
    ("protocol", "breaks"),
    [("TLSV1", True), ("TLSV1.0", True), ("TLSV1.1", True), ("TLSV1.2", False), ("SSLV3", False), ("unheard", False)],
)
def test_a_protocol_that_goes_breaks_who_agreed_on_it_in_any_spelling(protocol: str, breaks: bool) -> None:
    outlook = look_ahead(findings(verdict(1, MONDAY, port=992, **tls(protocol))), [OLD])

    assert broken(outlook) == ([("10.9.8.7", "Let this client use TLSV1.2 or newer.", 1)] if breaks else [])


def test_what_the_system_opens_itself_follows_the_same_list_of_protocols() -> None:
    opened = changed(outbound(1, MONDAY, "10.2.2.2", 636, "ldaps"), tls=Tls("TLSV1", None))

    assert broken(look_ahead(findings(opened), [OLD])) == [
        ("10.2.2.2", "Let the server there use TLSV1.2 or newer.", 1)
    ]


@pytest.mark.parametrize(
    "pattern", ["*RSA_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256", "*_CBC_*", "*CBC_SHA256"]
)
def test_a_cipher_is_known_in_both_spellings(pattern: str) -> None:
    used = verdict(1, MONDAY, port=992, **tls("TLSV1.2", "TLS_RSA_WITH_AES_128_CBC_SHA256"))
    other = verdict(2, MONDAY, "10.9.8.9", 992, **tls("TLSV1.3", "AES_128_GCM_SHA256"))

    outlook = look_ahead(findings(used, other), [CipherOff(pattern)])

    assert [one.line.remote.address for one in outlook.breaks] == ["10.9.8.7"]


def test_a_name_of_the_system_value_is_that_cipher_alone() -> None:
    longer = verdict(1, MONDAY, port=992, **tls("TLSV1.2", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"))

    assert look_ahead(findings(longer), [CipherOff("*RSA_AES_128_CBC_SHA256")]).breaks == []


@pytest.mark.parametrize(
    ("days", "on", "first"),
    [
        pytest.param(range(7), date(2026, 12, 2), "2026-12-02 01:30", id="every day"),
        pytest.param((0, 1, 2, 3, 4, 7, 8, 9, 10, 11), date(2026, 12, 5), "2026-12-07 01:30", id="working days"),
    ],
)
def test_a_job_is_expected_to_fail_at_its_next_time(days: list[int], on: date, first: str) -> None:
    seen = find(
        [status(MONDAY), *(verdict(n, MONDAY + n * DAY + 30 * MINUTE) for n in days), status(MONDAY + 14 * DAY)]
        if len(days) > 7
        else [*(verdict(n, MONDAY + n * DAY + 30 * MINUTE) for n in days)],
        Selection(),
        "a test",
    )

    (one,) = look_ahead(seen, [TELNET]).breaks

    assert one.first_break(on) == first


def test_people_fail_when_they_connect() -> None:
    (one,) = look_ahead(findings(verdict(1, MONDAY)), [TELNET]).breaks

    assert one.first_break(date(2026, 12, 1)) is None


@pytest.mark.parametrize(
    ("start", "days", "never"),
    [
        pytest.param(0, 4, ["weekend", "end of a month", "end of a quarter", "end of a year"], id="four days"),
        pytest.param(0, 27, ["end of a month", "end of a quarter", "end of a year"], id="four weeks"),
        pytest.param(0, 30, ["end of a quarter", "end of a year"], id="a month's end"),
        pytest.param(30, 31, [], id="the end of a year"),
    ],
)
def test_rhythms_that_were_not_watched_are_named(start: int, days: int, never: list[str]) -> None:
    records = [verdict(1, MONDAY + start * DAY), verdict(2, MONDAY + (start + days - 1) * DAY)]

    outlook = look_ahead(find(records, Selection(), "a test"), [TELNET])

    assert (outlook.days, outlook.never_watched) == (days, never)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    records: list[AnyRecord] = [
        status(MONDAY),
        *(verdict(n, MONDAY + n * DAY + 30 * MINUTE) for n in range(7)),
        verdict(10, MONDAY, "10.9.8.9", 992, **tls("TLSV1", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")),
        status(MONDAY + DAY, ("*NETSCK",)),
        status(MONDAY + DAY + 60 * MINUTE),
        status(MONDAY + 7 * DAY),
    ]
    dump(tmp_path / "records.ndjson", records)
    return tmp_path


def test_a_ticket_is_written_for_each_who_has_to_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["plan", "records.ndjson", "--close-port", "23", "--tls-off", "TLSv1", "--on", "2026-12-01", "--csv", "-"]

    assert run_command(line) == 0

    job, old = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert job["title"] == "port 23 (telnet) closed: 10.9.8.7, telnet (23) before 2026-12-01"
    assert (job["days_seen"], job["recurs"]) == ("7", "daily 01:30 ± 1 min, 7 of 7 days")
    assert (job["first_break"], job["example"][:8]) == ("2026-12-01 01:30", "20261102")
    assert (old["change"], old["remote"]) == ("TLSV1.0 off (QSSLPCL)", "10.9.8.9")
    assert old["must_change_to"] == "Let this client use TLSV1.1 or newer."


def test_the_terminal_says_how_long_was_watched_and_what_that_cannot_show(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["plan", "records.ndjson", "--close-port", "23", "--on", "2026-12-01"]) == 0

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ("With port 23 (telnet) closed on 2026-12-01, 1 address breaks: 7 connections were seen of it.")
    assert lines[1] == "Watched: 8 days, 2026-11-02 to 2026-11-09. Source: the file records.ndjson."
    assert "Connections to port 23 that were open before the time watched are not in the journal." in lines
    assert "For 60 min *NETTELSVR was not in force on PROD1: what connected then is not in this plan." in lines
    assert any("Move this client to port 992" in line and "2026-12-01 01:30" in line for line in lines)


def test_machines_get_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plan", "records.ndjson", "--cipher-off", "*3DES*", "--json"]) == 0

    plan, one = map(json.loads, capsys.readouterr().out.splitlines())
    assert (plan["kind"], plan["remotes"], plan["connections"]) == ("plan", 1, 1)
    assert one["must_change_to"].endswith("it used TLS_RSA_WITH_3DES_EDE_CBC_SHA.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "say what goes: --close-port, --tls-off or --cipher-off", id="nothing"),
        pytest.param(["--tls-off", "TLS9"], "'TLS9' is none of SSLV2, SSLV3", id="no protocol"),
        pytest.param(["--close-port", "23", "--on", "soon"], "'soon' is not a day such as 2027-01-31", id="no day"),
    ],
)
def test_what_is_no_plan_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run_command(["plan", "records.ndjson", *arguments]) == 2

    assert words in capsys.readouterr().err
