"""`sk2siem report journal`: the journal of a partition read and judged for one report, and nothing left behind."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cli.main import run_command
from dev.ibmi import Control, Ibmi, JournalEntry
from producer.simulator.encoder import EntryData, encode_entry
from tests.integration.journal import FIRST, LIBRARY, START

MINUTE = timedelta(minutes=1)


def telnet(number: int) -> JournalEntry:
    """One a minute, from another address each."""
    data = encode_entry(EntryData("A", "10.1.1.5", 23, f"10.9.8.{number}", 50_000 + number, socket_descriptor=3))
    return JournalEntry(LIBRARY, FIRST, 100 + number, START + number * MINUTE, "SK", data)


@pytest.fixture(autouse=True)
def partition(ibmi: Ibmi, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Control:
    settings = {
        "SK2SIEM_PRODUCER__SYSTEM": "PROD1",
        "SK2SIEM_PRODUCER__TIME_ZONE": "UTC",
        "SK2SIEM_ENRICHER__DNS__ENABLED": "false",
        "SK2SIEM_BROKER__URL": f"sqlite:///{tmp_path}/broker.db",
    }
    for name, value in {**ibmi.exports(), **settings}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    control.append([telnet(number) for number in range(40)])
    return control


def connections(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert run_command(["report", "journal", "--json", *words]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [one for one in found if one["kind"] == "group"]


def test_the_whole_journal_is_judged_and_nothing_is_stored(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = connections(capsys)

    assert len(found) == 40
    assert {(one["service"], one["insecure"]) for one in found} == {("telnet", 1)}
    assert list(tmp_path.iterdir()) == []


def test_a_stretch_is_read_without_what_stands_before_it(
    partition: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    partition.forget_statements()

    found = connections(capsys, "--since", "2026-11-22T02:30", "--until", "2026-11-22T02:35")

    assert sorted(str(one["remote"]) for one in found) == [f"10.9.8.{number}" for number in range(30, 35)]
    assert any("STARTING_TIMESTAMP" in statement for statement in partition.statements())


def test_a_receiver_that_is_gone_is_a_gap_in_the_report(partition: Control, capsys: pytest.CaptureFixture[str]) -> None:
    partition.rotate()
    partition.damage_receiver(FIRST)

    assert run_command(["report", "journal"]) == 0

    assert "A gap on PROD1 behind" in capsys.readouterr().out


def test_an_entry_that_cannot_be_read_is_counted(partition: Control, capsys: pytest.CaptureFixture[str]) -> None:
    whole = telnet(50)
    partition.append([whole._replace(entry_data=b"\xe9" + whole.entry_data[1:])])

    assert run_command(["report", "journal"]) == 0

    assert "1 entry could not be read" in capsys.readouterr().out


def test_what_the_producer_does_about_a_lost_position_does_not_matter_here(
    partition: Control, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SK2SIEM_PRODUCER__RECOVERY", "halt")
    partition.rotate()
    partition.damage_receiver(FIRST)

    assert run_command(["report", "journal"]) == 0

    said = capsys.readouterr()
    assert "A gap on PROD1 behind" in said.out
    assert said.err == ""


def test_a_connection_that_breaks_while_it_is_read_is_made_anew(
    partition: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    partition.drop_after(10)

    assert len(connections(capsys)) == 40
