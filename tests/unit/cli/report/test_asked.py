"""A filter selects what was meant, or is refused: selecting nothing must not look like a proof."""

from pathlib import Path

import pytest

from cli.main import run_command
from cli.plan.change import ClosedPort
from cli.report.asked import Selection
from cli.report.tally import Tally
from enricher.catalogue import PASSIVE_DATA, Catalogue, PortEntry, Speaks, Transport
from schemas.records import AnyRecord, Endpoint, Verdict, changed
from tests.unit.cli.report.reported import MONDAY, dump, outbound, status, verdict

RECORDS: list[AnyRecord] = [
    status(MONDAY),
    verdict(1, MONDAY),
    verdict(2, MONDAY, port=4711, service="Orders"),
    verdict(3, MONDAY, port=4712, service=None),
]
ACTIVE = changed(outbound(4, MONDAY, "10.2.2.3", 50_000, "ftp-data"), source=Endpoint("10.1.1.5", 20))


@pytest.fixture(autouse=True)
def folder(empty: Path) -> Path:
    dump(empty / "records.ndjson", RECORDS)
    return empty


@pytest.mark.parametrize("asked", ["telnet", "Telnet", "TELNET", "23", "023", "orders", "4711", "4712"])
def test_a_service_is_found_in_capitals_or_not(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["report", "records.ndjson", "--service", asked]) == 0

    assert capsys.readouterr().out.startswith("1 connections of PROD1 with 1 addresses: 1 insecure")


@pytest.mark.parametrize("asked", ["ssh", "SSH", "ftp-data-passive", "22", "65535"])
def test_a_service_that_was_not_seen_can_be_asked_for(asked: str) -> None:
    assert run_command(["report", "records.ndjson", "--service", asked]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--service", "telnt"], "telnt is neither a port nor a service that is known here; the nearest is telnet"),
        (["--service", "telnet", "--service", "order"], "the nearest is orders"),
        (["--service", ""], "is neither a port nor a service"),
        (["--service", "0"], "0 is no port: they are 1 to 65535"),
        (["--service", "99999"], "99999 is no port: they are 1 to 65535"),
        (["--system", "PROD2"], "--system PROD2 is not in this source; the nearest is PROD1"),
    ],
)  # fmt: skip
def test_a_filter_that_nothing_can_pass_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["report", "records.ndjson", *arguments]) == 2

    said = capsys.readouterr()
    assert (words in said.err, said.out) == (True, "")


def test_a_plan_refuses_a_system_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plan", "records.ndjson", "--close-port", "23", "--system", "PROD2"]) == 2

    assert "--system PROD2 is not in this source" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["report"], ["plan", "--close-port", "23"]])
def test_a_system_is_found_in_capitals_or_not(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*command, "records.ndjson", "--system", "PROD1"]) == 0
    expected = capsys.readouterr().out

    assert run_command([*command, "records.ndjson", "--system", "prod1"]) == 0

    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    ("one", "port"),
    [
        pytest.param(ACTIVE, "20", id="active"),
        pytest.param(verdict(1, MONDAY, port=50_123, service=PASSIVE_DATA), "50123", id="passive"),
    ],
)
def test_data_connections_of_ftp_are_found_by_the_port_of_the_service(one: Verdict, port: str) -> None:
    tally = Tally(Selection(services=frozenset({port})))

    tally.add(one)

    assert [group.count for group in tally.groups] == [1]


@pytest.mark.parametrize(
    ("arguments", "headline"),
    [
        pytest.param(["--since", "2030-01-01"], "Nothing was watched: what breaks with port 23", id="no time"),
        pytest.param(["--until", "2026-11-01"], "Nothing was watched: what breaks with port 23", id="a time before"),
    ],
)
def test_where_nothing_was_watched_a_plan_does_not_say_that_nothing_breaks(
    arguments: list[str], headline: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["plan", "records.ndjson", "--close-port", "23", *arguments]) == 0

    said = capsys.readouterr().out
    assert said.startswith(headline)
    assert "breaks." not in said


def test_a_plan_names_the_ciphers_that_were_seen_where_none_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plan", "records.ndjson", "--cipher-off", "3DES"]) == 0

    assert "3DES names none of the ciphers that were seen: there was none." in capsys.readouterr().out


def test_a_closed_port_says_what_of_it_is_counted_elsewhere() -> None:
    udp = PortEntry(50_001, Transport.UDP, "snmp", Speaks.CLEARTEXT)
    catalogue = Catalogue({(Transport.UDP, 50_001): udp}, frozenset({50_002}))

    said = {port: ClosedPort.of(port, catalogue).cannot_show for port in (50_000, 50_001, 50_002)}

    assert said[50_000].endswith("are not in the journal.")
    assert "UDP to it" in said[50_001]
    assert "FTP in passive mode" in said[50_002]
