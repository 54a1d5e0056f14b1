"""`sk2siem system`: the systems that are read, and the end of one."""

import os

import click

from cli.running import tool
from cli.settings import load
from producer.positions import identity_of
from producer.relocation import require_nobody
from producer.retirement import positions_of, retire
from runtime.errors import CheckFailed


@click.group("system")
def command() -> None:
    """Say that a system will not be read any more.

    \b
    Example:
      sk2siem system retire PROD1
    """


@command.command("retire")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it; without this only what would be done is shown.")
@click.option("--take-over", is_flag=True, help="Do it although a producer seems to run; it ends with exit code 70.")
def end(name: str, yes: bool, take_over: bool) -> None:
    """Publish the last progress of the system NAME and mark its position, so that its silence is no alert.

    \b
    Example:
      sk2siem system retire PROD1 --yes
    """
    settings = load(os.environ)
    with tool("system", settings) as (broker, _):
        positions = positions_of(broker, name)
        if not positions:
            raise CheckFailed(f"no position of {name} is stored; write it as in SK2SIEM_PRODUCER__SYSTEM")
        for position in positions:
            before = ", retired before" if position.retired else ""
            click.echo(f"{position.journal} of {name}: read up to {position.progress:%Y-%m-%d %H:%M:%S} UTC{before}")
            if not yes:
                continue
            if not take_over:
                require_nobody(position)
            publisher = broker.publisher(identity_of(name, position.journal))
            try:
                retire(publisher, position)
            finally:
                publisher.close()
        click.echo("Retired." if yes else "Nothing was changed; say --yes to retire it.")
