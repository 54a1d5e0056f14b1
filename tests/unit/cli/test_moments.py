"""`--since` and `--until` are read alike by every command."""

from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner

from cli.moments import since_option, until_option


@click.command()
@since_option("these")
@until_option("these")
def command(since: datetime | None, until: datetime | None) -> None:
    click.echo(f"{since} {until}")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22", "2026-11-22 00:00:00+00:00"),
        ("2026-11-22T02:15", "2026-11-22 02:15:00+00:00"),
        ("2026-11-22T03:15:00+01:00", "2026-11-22 02:15:00+00:00"),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str, moment: str) -> None:
    assert CliRunner().invoke(command, ["--since", text]).output == f"{moment} None\n"


def test_a_time_may_be_given_as_how_long_ago() -> None:
    before = datetime.now(UTC)

    told = CliRunner().invoke(command, ["--until", "90m"]).output.removeprefix("None ").strip()

    ago = timedelta(minutes=90)
    assert before - ago <= datetime.fromisoformat(told) <= datetime.now(UTC) - ago


@pytest.mark.parametrize("text", ["yesterday", "12", "12w", "99999999d", ""])
def test_what_is_no_time_is_refused_with_what_is(text: str) -> None:
    refused = CliRunner().invoke(command, ["--since", text])

    assert refused.exit_code == 2
    assert f"{text!r} is not a time such as 2026-11-22, 2026-11-22T02:15 (UTC)" in refused.output


@pytest.mark.parametrize("order", [("--since", "--until"), ("--until", "--since")])
def test_a_span_that_ends_before_it_begins_is_refused(order: tuple[str, str]) -> None:
    times = {"--since": "2026-11-22", "--until": "2026-11-22"}

    refused = CliRunner().invoke(command, [part for name in order for part in (name, times[name])])

    assert refused.exit_code == 2
    assert (
        "nothing is between --since 2026-11-22T00:00:00+00:00 and --until 2026-11-22T00:00:00+00:00" in refused.output
    )
