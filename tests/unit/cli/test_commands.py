"""One verb, one sentence, one example; every error is one line and the exit code that belongs to it."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import report_bug, run_command, sk2siem
from runtime.errors import BatchLost, CheckFailed, ConfigError, Fenced, PipelineError, Unavailable

EXAMPLE = re.compile(r"Example:\n +((SK2SIEM_[A-Z_]+=\S+ )*sk2siem( [a-z].*)?)\n")


def tree(command: click.Command, path: str = "sk2siem") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from tree(child, f"{path} {name}")


COMMANDS = dict(tree(sk2siem))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests; files go to the test's own folder."""
    import os

    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_one_sentence_and_one_example_of_itself(path: str) -> None:
    command = COMMANDS[path]
    with click.Context(command, info_name=path) as context:
        text = command.get_help(context)

    first = (command.help or "").split("\n\n")[0]
    examples = EXAMPLE.findall(text)
    assert re.fullmatch(r"[A-Z][^.]+\.", first.replace("\n", " ")), "the first paragraph is one sentence"
    assert len(examples) == 1
    assert path in examples[0][0]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_says_what_it_does(path: str) -> None:
    options = [one for one in COMMANDS[path].params if isinstance(one, click.Option)]

    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(ConfigError("SK2SIEM_X: wrong"), 78, id="configuration"),
        pytest.param(CheckFailed("the broker is down"), 69, id="check"),
        pytest.param(Unavailable("the broker is down"), 69, id="unavailable"),
        pytest.param(Fenced("another took over"), 70, id="halt"),
        pytest.param(BatchLost("gone"), 1, id="bug"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    error: PipelineError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setitem(sk2siem.commands, "fail", click.Command("fail", callback=fail))

    assert run_command(["fail"]) == code
    assert capsys.readouterr().err == f"sk2siem: {error}\n"


def test_debug_shows_the_traceback_as_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SK2SIEM_LOG__LEVEL", "debug")
    monkeypatch.setenv("SK2SIEM_OPS__PORT", "many")

    assert run_command(["config"]) == 78
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["rum"], id="unknown-command"),
        pytest.param(["run"], id="missing-argument"),
        pytest.param(["run", "nothing"], id="unknown-service"),
        pytest.param(["init", "--stricter"], id="unknown-option"),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command(arguments)

    assert code == 2
    assert re.fullmatch(r"sk2siem: .+\(`sk2siem --help` shows how\)\n", capsys.readouterr().err)


def test_a_bug_is_one_line_that_quotes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyError("a password")
    except KeyError as error:
        report_bug(type(error), error, error.__traceback__)

    text = capsys.readouterr().err
    assert re.fullmatch(r"sk2siem: a bug: KeyError at test_commands.py:\d+; SK2SIEM_LOG__LEVEL=debug .+\n", text)
    assert "a password" not in text


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param(
            ["run", "producer"],
            [
                "SK2SIEM_PRODUCER__SYSTEM",
                "SK2SIEM_IBMI__SYSTEM",
                "SK2SIEM_IBMI__USERNAME",
                "SK2SIEM_IBMI__PASSWORD",
            ],
            id="producer",
        ),
        pytest.param(["run", "splunk"], ["SK2SIEM_SPLUNK__URL", "SK2SIEM_SPLUNK__TOKEN"], id="splunk"),
        pytest.param(["check", "elastic"], ["SK2SIEM_ELASTIC__URL"], id="check"),
    ],
)
def test_a_service_without_its_settings_names_every_variable_it_needs(
    arguments: list[str], names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_command(arguments)

    assert code == 78
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"sk2siem: {name}: must be set to run {arguments[1]}" for name in names]


def test_init_creates_every_topic_and_finds_them_the_second_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SK2SIEM_BROKER__URL", "sqlite:///own.db")

    first = run_command(["init"]), capsys.readouterr().out.splitlines()
    second = run_command(["init", "--strict"]), capsys.readouterr().out.splitlines()

    assert (first[0], second[0]) == (0, 0)
    assert {line.split()[1] for line in first[1]} == {"created"}
    assert {line.split()[1] for line in second[1]} == {"ok"}
    assert [line.split()[0] for line in first[1]] == [line.split()[0] for line in second[1]]
    assert Path("own.db").exists()


@pytest.mark.parametrize("strict", [pytest.param(True, id="strict"), pytest.param(False, id="lenient")])
def test_init_says_what_differs_and_fails_only_when_it_is_strict(
    strict: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(["init"])
    _change_retention(Path("sk2siem.db"))
    capsys.readouterr()

    code = run_command(["init", *(["--strict"] if strict else [])])

    found = capsys.readouterr()
    assert code == (69 if strict else 0)
    assert re.search(r"^sk\.verdicts +differs +\S", found.out, re.MULTILINE)
    assert ("sk.verdicts" in found.err) is strict


def test_check_tells_of_both_ends_and_fails_when_the_broker_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SK2SIEM_BROKER__URL", "sqlite:///no-such-folder/own.db")

    code = run_command(["check", "enricher"])

    found = capsys.readouterr()
    assert code == 69
    assert [line.split(":")[0] for line in found.out.splitlines()] == ["failed  broker", "ok      enricher"]
    assert "own.db" in found.out
    assert re.fullmatch(r"sk2siem: broker failed; .+SK2SIEM_BROKER__\*\n", found.err)


def test_an_unknown_kind_of_broker_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SK2SIEM_BROKER__URL", "amqp://broker.example.com")

    assert run_command(["init"]) == 78
    assert capsys.readouterr().err.startswith("sk2siem: SK2SIEM_BROKER__URL: ")


def test_version_names_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["version"]) == 0
    assert re.match(r"sk2siem \S+ \(Python 3\.\d+", capsys.readouterr().out)


def _change_retention(file: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(file)
    connection.execute("UPDATE topics SET retention_days = 1 WHERE name = 'sk.verdicts'")
    connection.commit()
    connection.close()
