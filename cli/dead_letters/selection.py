"""Which dead letters a command is about: by service, reason and time of rejection, or by their ids."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from cli.dead_letters.letters import DeadLetter
from cli.moments import Command, since_option, until_option
from schemas.topics import SERVICES

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


def options(command: Command) -> Command:
    """The options and arguments that every command on dead letters has."""
    for decorate in (
        until_option("what was rejected"),
        since_option("what was rejected"),
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
