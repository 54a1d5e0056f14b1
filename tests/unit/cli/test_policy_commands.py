"""An operator checks, prints and compares policies before any of them judges."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from cli.policy_difference import MOST_FLIPS
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.shutdown import Shutdown
from schemas.codec import encode
from schemas.records import AnyRecord, EventId, changed
from schemas.topics import ENTRIES
from tests.unit.enricher.samples import ACCEPT, accept, progress

NEW = 'mode = "ports"\n[ports]\nsecure = [22, 443, 992, 4711]\n'
OTHER = EventId(f"{ACCEPT.id[:-1]}8")
SECOND = timedelta(seconds=1)
SEEN = (
    accept(23),
    changed(accept(4711), id=OTHER, time=ACCEPT.time + SECOND),
    progress(seconds=60),
)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of whoever runs the tests; files go to the test's own folder."""
    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.toml").write_text(NEW)
    return tmp_path


def exception(expires: datetime) -> str:
    return (
        '[[exception]]\naddresses = ["10.9.8.0/24"]\nports = [23]\nverdict = "secure"\n'
        f'reason = "tills"\nowner = "retail"\nexpires = {expires.date()}\n'
    )


def publish(file: Path, records: Iterable[AnyRecord]) -> None:
    broker = EmbeddedBroker(file, metrics=Metrics("test"), shutdown=Shutdown())
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish([Record(ENTRIES, b"PROD1", encode(record), record.type) for record in records])
    publisher.close()


def dump(file: Path, records: Iterable[AnyRecord]) -> None:
    """As a dump of a topic: one record a line."""
    file.write_bytes(b"".join(encode(record) + b"\n" for record in records))


def test_check_names_the_hash_and_what_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["policy", "check", "new.toml"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("ok  new.toml: policy ")
    assert out.endswith(" in mode ports, 0 exceptions, 0 tunnels\n")


@pytest.mark.parametrize(
    ("days", "word"),
    [
        pytest.param(-1, "ended on", id="ended"),
        pytest.param(13, "ends on", id="ends soon"),
        pytest.param(30, None, id="far away"),
    ],
)
def test_check_tells_which_exceptions_end(
    folder: Path, capsys: pytest.CaptureFixture[str], days: int, word: str | None
) -> None:
    expires = datetime.now(UTC) + timedelta(days=days)
    (folder / "new.toml").write_text(NEW + exception(expires))

    assert run_command(["policy", "check", "new.toml"]) == 0

    line = f"    {word} {expires.date()}: the exception for port 23 with 10.9.8.0/24 (retail)"
    assert capsys.readouterr().out.splitlines()[1:] == ([line] if word else [])


def test_check_tells_what_has_no_effect(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new.toml").write_text(NEW.replace('"ports"', '"evidence"'))

    assert run_command(["policy", "check", "new.toml"]) == 0

    (_, line) = capsys.readouterr().out.splitlines()
    assert line.startswith("    [ports] is of mode ports: in mode evidence it has no effect. Say what a port speaks in")


def test_check_shows_what_people_wrote_inert(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = exception(datetime.now(UTC)).replace("retail", "re\\u202etail\\n")
    (folder / "new.toml").write_text(NEW + said)

    run_command(["policy", "check", "new.toml"])

    (_, line) = capsys.readouterr().out.splitlines()
    assert line.endswith("(re\ufffdtail\ufffd)")


def test_check_refuses_with_one_line_per_problem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new.toml").write_text('mode = "guess"\nwindow = 0\n')

    assert run_command(["policy", "check", "new.toml"]) == 78

    assert [line.partition(":")[2].partition(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        " new.toml, line 1, key mode",
        " new.toml, line 2, key window",
    ]


def test_show_prints_a_policy_that_can_be_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["policy", "show", "new.toml"])
    shown = capsys.readouterr().out
    (folder / "again.toml").write_text(shown)

    run_command(["policy", "check", "again.toml"])

    assert f"policy {shown.split()[2]} in" in capsys.readouterr().out


def test_show_prints_what_people_wrote_inert_and_it_reads_as_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = exception(datetime.now(UTC)).replace("retail", "re\\u202etail\\U000E0041\\u009b")
    (folder / "new.toml").write_bytes(b"\xef\xbb\xbf" + (NEW + said).encode())  # with the mark that some editors write
    run_command(["policy", "show", "new.toml"])
    shown = capsys.readouterr().out
    (folder / "again.toml").write_text(shown)

    run_command(["policy", "check", "again.toml"])

    assert all(one.isprintable() or one == "\n" for one in shown)
    assert f"policy {shown.split()[2]} in" in capsys.readouterr().out


def test_show_prints_the_policy_that_is_configured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(["policy", "show", "new.toml"])
    named = capsys.readouterr().out

    monkeypatch.setenv("SK2SIEM_ENRICHER__POLICY", "new.toml")
    run_command(["policy", "show"])

    assert capsys.readouterr().out == named


def test_diff_lists_who_flips_from_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump(folder / "entries.ndjson", SEEN)

    assert run_command(["policy", "diff", "ports", "new.toml", "--from", "entries.ndjson"]) == 0

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "1 of 2 connections get another verdict, 0 the same one for another reason." in lines
    assert "insecure (not-in-secure-list) secure (secure-port) 1" in lines
    assert "PROD1 not listed (4711) from 10.9.8.7 insecure (not-in-secure-list) secure (secure-port) 1" in lines


def test_diff_reads_the_entries_of_the_broker_unless_it_is_told_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SK2SIEM_BROKER__URL", "sqlite:///own.db")
    publish(folder / "own.db", SEEN)

    assert run_command(["policy", "diff", "ports", "new.toml", "--json"]) == 0

    found = orjson.loads(capsys.readouterr().out)
    assert (found["connections"], found["flipped"], found["other_reason"]) == (2, 1, 0)
    assert (found["old"]["alerts"], found["new"]["alerts"]) == (2, 1)
    assert found["flips"] == [
        {
            "system": "PROD1",
            "direction": "inbound",
            "service": None,
            "port": 4711,
            "address": "10.9.8.7",
            "old": {"verdict": "insecure", "reason": "not-in-secure-list"},
            "new": {"verdict": "secure", "reason": "secure-port"},
            "connections": 1,
            "example": OTHER,
        }
    ]


def test_diff_shows_the_most_frequent_and_counts_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = [
        changed(accept(4711, f"10.9.8.{number}"), id=EventId(f"{ACCEPT.id[:-3]}{number:03}"))
        for number in range(1, MOST_FLIPS + 4)
    ]
    dump(folder / "entries.ndjson", many)

    run_command(["policy", "diff", "ports", "new.toml", "--from", "entries.ndjson"])

    out = capsys.readouterr().out
    assert out.count("from 10.9.8.") == MOST_FLIPS
    assert out.splitlines()[-1] == "and 3 connections in 3 more lines; --json has them all"


@pytest.mark.parametrize(
    ("span", "connections"),
    [
        pytest.param(["--since", "2026-11-22T02:15:01"], 1, id="since, UTC without a zone"),
        pytest.param(["--since", "2026-11-22T03:15:01+01:00"], 1, id="since, with a zone"),
        pytest.param(["--until", "2026-11-22T02:15:01"], 1, id="until"),
    ],
)
def test_diff_takes_only_the_connections_of_a_span(
    folder: Path, capsys: pytest.CaptureFixture[str], span: list[str], connections: int
) -> None:
    dump(folder / "entries.ndjson", SEEN)

    run_command(["policy", "diff", "ports", "new.toml", "--from", "entries.ndjson", "--json", *span])

    assert orjson.loads(capsys.readouterr().out)["connections"] == connections


def test_diff_counts_lines_that_are_no_records(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump(folder / "entries.ndjson", SEEN)
    with (folder / "entries.ndjson").open("ab") as file:
        file.write(b'{"half": \n\n')

    run_command(["policy", "diff", "ports", "new.toml", "--from", "entries.ndjson"])

    assert "1 records could not be read and are left out." in capsys.readouterr().out


def test_diff_shows_nothing_that_could_harm_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump(folder / "entries.ndjson", [changed(accept(4711), system="\x1b[2J\u202e[red]PROD1")])

    run_command(["policy", "diff", "ports", "new.toml", "--from", "entries.ndjson"])

    out = capsys.readouterr().out
    assert "\ufffd[2J\ufffd[red]PROD1" in out
    assert not {"\x1b", "\u202e"} & set(out)


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        pytest.param(["--from", "none.ndjson"], 78, "none.ndjson: cannot be read: No such file", id="no file"),
        pytest.param(["--from", "sk2siem.db"], 78, "sk2siem.db: is the file of a broker, not records", id="a broker"),
        pytest.param(["--from", "entries"], 78, "the topic entries does not exist", id="no topic"),
        pytest.param(
            ["--since", "2027-01-01"],
            69,
            "sk.entries from 2027-01-01T00:00:00+00:00: no connection to judge",
            id="none",
        ),
        pytest.param(["--from", "sk.verdicts"], 69, "sk.verdicts: no connection to judge", id="no verdicts"),
        pytest.param(["--since", "yesterday"], 2, "'yesterday' is not a time such as 2026-11-22", id="no time"),
    ],
)
def test_diff_refuses_what_it_cannot_read(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, problem: str
) -> None:
    publish(folder / "sk2siem.db", SEEN)

    assert run_command(["policy", "diff", "ports", "new.toml", *arguments]) == code

    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line
