"""`sk2siem position`: where reading goes on, and moving it by hand."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table

from cli.running import tool
from cli.services import service
from cli.settings import Settings, load
from cli.terminal import json_option, say_json
from producer.cost import Cost
from producer.positions import identity_of
from producer.publication import place_of
from producer.reader import Place
from producer.relocation import Outlook, Relocation, carry, require_nobody
from producer.retirement import positions_of
from producer.service import relocating
from runtime.brokers import connect
from runtime.errors import CheckFailed, ConfigError
from runtime.settings import EMBEDDED, BrokerSettings
from schemas.codec import encode
from schemas.topics import ENTRIES, POSITIONS

CHOICES = ("oldest", "newest", "timestamp")
COLUMNS = ("choice", "goes on behind", "entries to read", "read again", "never read", "hours")


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise click.BadParameter("a time with its zone expected, such as 2026-11-22T02:00:00Z")
    return moment


at_option = click.option("--at", callback=_moment, help="The time of the choice `timestamp`, with its zone.")


@click.group("position")
def command() -> None:
    """Show where a system's journal is read on, or set it, with what each choice costs.

    \b
    Example:
      sk2siem position show
    """


@command.command("show")
@at_option
@json_option
def show(at: datetime | None, as_json: bool) -> None:
    """Show the stored position and what each choice would cost; nothing is changed.

    \b
    Example:
      sk2siem position show --at 2026-11-22T02:00:00Z
    """
    with _opened(load(os.environ)) as relocation:
        seen = relocation.look()
        costs = relocation.costs(seen, at)
        if as_json:
            stored = orjson.Fragment(encode(seen.stored)) if seen.stored else None
            say_json({"stored": stored, "choices": [asdict(cost) for cost in costs]})
        else:
            _print(seen, costs)


@command.command("set")
@click.argument("choice", type=click.Choice(CHOICES))
@at_option
@click.option("--yes", is_flag=True, help="Do it; without this only what it would cost is shown.")
@click.option("--take-over", is_flag=True, help="Do it although a producer seems to run; it ends with exit code 70.")
def change(choice: str, at: datetime | None, yes: bool, take_over: bool) -> None:
    """Set the position to the oldest entry, the newest one, or the first one of a time.

    \b
    Example:
      sk2siem position set newest --yes
    """
    if at is not None and choice != "timestamp":
        raise click.UsageError(f"--at belongs to the choice timestamp, not to {choice}")
    settings = load(os.environ)
    with _opened(settings) as relocation:
        seen = relocation.look()
        cost = relocation.cost(choice, seen, at)
        _print(seen, [cost])
        if not yes:
            click.echo("Nothing was changed; say --yes to do it.")
            return
        if not take_over:
            require_nobody(seen.stored)
        done = relocation.move(choice, cost.place, settings.worker)
        click.echo(f"The position is {_words(done.place)} now." + (" A gap was published." if done.is_gap else ""))


@command.command("copy")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def copy(file: Path) -> None:
    """Copy the position of the system from the embedded broker in FILE to the broker that is configured.

    \b
    Example:
      sk2siem position copy /var/lib/sk2siem/broker.db
    """
    settings = load(os.environ)
    system = settings.producer.system
    if not system:
        raise ConfigError("SK2SIEM_PRODUCER__SYSTEM: must be set to copy its position")
    with tool("position", settings) as (broker, running):
        try:
            old = connect(BrokerSettings(url=f"{EMBEDDED}{file}"), running, batch_size=settings.loop.batch_size)
            positions = positions_of(old, system)
        except ConfigError as error:
            raise CheckFailed(f"{file} is not the file of an embedded broker") from error
        if not positions:
            raise CheckFailed(f"no position of {system} is stored in {file}")
        partitions = min(settings.producer.partitions, broker.partitions(ENTRIES))
        for position in positions:
            require_nobody(position)
            with closing(broker.publisher(identity_of(system, position.journal))) as publisher:
                carry(position, publisher, partitions)
            click.echo(
                f"{position.journal} of {system}: {_words(place_of(position))}, read up to "
                f"{position.progress:%Y-%m-%dT%H:%M:%SZ}; stored here now"
            )


@contextmanager
def _opened(settings: Settings) -> Iterator[Relocation]:
    service("producer", settings)
    with tool("position", settings) as (broker, running):
        broker.size(POSITIONS)  # a broker that is not there is told, and not made
        with relocating(settings.producer, settings.ibmi, settings.simulator, broker, running) as relocation:
            yield relocation


def _print(seen: Outlook, costs: Sequence[Cost]) -> None:
    stored = seen.stored
    if stored is None:
        click.echo("No position is stored: a producer would begin with the oldest entry.")
    else:
        ago = (datetime.now(UTC) - stored.time).total_seconds()
        click.echo(
            f"{stored.journal} of {stored.system}: {_words(seen.place)}, read up to {stored.progress:%Y-%m-%d %H:%M:%S}"
            f" UTC; stored {ago:,.0f} s ago by {stored.worker}{', retired' if stored.retired else ''}"
        )
    table = Table(box=None, pad_edge=False)
    for number, title in enumerate(COLUMNS):
        table.add_column(title, justify="left" if number < 2 else "right", no_wrap=True)
    for cost in costs:
        never = f"{cost.never:,} or more" if cost.left_out is None else f"{cost.left_out:,}"
        hours = f"{cost.hours:,.1f}"
        table.add_row(cost.choice, _words(cost.place), f"{cost.to_read:,}", f"{cost.again:,}", never, hours)
    Console(width=120).print(table)
    if any(cost.gone != 0 for cost in costs):
        click.echo("The position is lost: entries right behind it can no longer be read, whatever is chosen.")


def _words(place: Place | None) -> str:
    return "nowhere" if place is None else str(place)
