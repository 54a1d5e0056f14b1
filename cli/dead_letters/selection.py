"""Which dead letters a command is about: by service, reason and time of rejection, or by their ids."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from cli.dead_letters.letters import DeadLetter
from schemas.topics import SERVICES

Command = TypeVar("Command", bound=Callable[..., Any])
AGO = re.compile(r"(\d{1,6})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
ID = re.compile(rf"({'|'.join(SERVICES)})/\d+/\d+")


@dataclass(frozen=True, slots=True)
class Selection:
    """Empty means any. `since` is included, `until` is not."""

    ids: Sequence[str] = ()
    services: Sequence[str] = ()
    reasons: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        for given in self.ids:
            if not ID.fullmatch(given):
                raise click.BadParameter(f"{given!r} is not the id of a dead letter, such as splunk/0/17")

    @property
    def of_services(self) -> Sequence[str]:
        """The services whose topics have to be read."""
        if self.ids:
            return tuple(dict.fromkeys(given.partition("/")[0] for given in self.ids))
        return tuple(self.services) or SERVICES

    def of(self, letters: Iterable[DeadLetter]) -> Iterator[DeadLetter]:
        return (letter for letter in letters if self._holds(letter))

    def _holds(self, letter: DeadLetter) -> bool:
        return (
            (not self.ids or letter.id in self.ids)
            and (not self.services or letter.service in self.services)
            and (not self.reasons or letter.reason in self.reasons)
            and (self.since is None or letter.rejected_at >= self.since)
            and (self.until is None or letter.rejected_at < self.until)
        )


def moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """`2026-11-22`, `2026-11-22T02:15` (UTC unless it says otherwise), or `90m`, `12h`, `7d` ago."""
    if text is None:
        return None
    if ago := AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time: write 2026-11-22T02:15, 90m, 12h or 7d") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def options(command: Command) -> Command:
    """The options and arguments that every command on dead letters has."""
    for decorate in (
        click.option(
            "--until", metavar="TIME", callback=moment, help="Only those that were rejected before this time."
        ),
        click.option(
            "--since",
            metavar="TIME",
            callback=moment,
            help="Only those that were rejected since: 2026-11-22T02:15, 90m, 12h or 7d.",
        ),
        click.option("--reason", "reasons", multiple=True, help="Only those of this reason; may be repeated."),
        click.option(
            "--service",
            "services",
            multiple=True,
            type=click.Choice(SERVICES),
            help="Only those that this service rejected; may be repeated.",
        ),
    ):
        command = decorate(command)
    return command
