"""What was asked for. A filter that is misspelt selects nothing, and that must not look like a proof."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import click

from enricher.catalogue import PASSIVE_DATA, Catalogue
from enricher.ended import EVER, Span

PORTS = range(1, 65_536)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which connections are counted: those of a span of time, of these services (by name or port) and systems.

    Services are in small letters, as `Service` makes them, systems in capitals, as they are named.
    """

    span: Span = EVER
    services: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()

    def has_system(self, system: str) -> bool:
        return not self.systems or system in self.systems

    def has_service(self, service: str | None, port: int | None) -> bool:
        return not self.services or (service or "").casefold() in self.services or str(port) in self.services


class Service(click.ParamType[str]):
    """A service by its name, in capitals or not, or by its port."""

    name = "service"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.isdecimal():
            return value.casefold()
        return str(int(value)) if int(value) in PORTS else self.fail(f"{value} is no port: they are 1 to 65535")


class System(click.ParamType[str]):
    """A system by its name, in capitals or not."""

    name = "system"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value.upper()


system_option = click.option(
    "--system", "systems", type=System(), multiple=True, help="Only this system; can be repeated."
)


def refuse_unknown(selection: Selection, services: Iterable[str], systems: Iterable[str], catalogue: Catalogue) -> None:
    """Raises UsageError for what neither the catalogue nor the source knows; both are those of the whole source.

    A source without any system says nothing about them.
    """
    listed = (entry.service for entry in catalogue.ports.values())
    names = {name.casefold() for name in (*listed, PASSIVE_DATA, *services)}
    wrong = [*_unknown("--service", selection.services, names, "is neither a port nor a service that is known here")]
    if known := set(systems):
        wrong += _unknown("--system", selection.systems, known, "is not in this source")
    if wrong:
        raise click.UsageError("; ".join(wrong))


def _unknown(option: str, asked: Iterable[str], known: set[str], why: str) -> Iterator[str]:
    for word in sorted(asked):
        if word not in known and not word.isdecimal():
            close = difflib.get_close_matches(word, known, n=1, cutoff=0)
            yield f"{option} {word} {why}; the nearest is {close[0]}"
