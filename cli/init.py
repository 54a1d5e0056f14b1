"""`sk2siem init`: the topics."""

import os

import click

from cli.running import running_of
from cli.settings import load
from runtime.brokers import connect
from runtime.errors import CheckFailed
from schemas.topics import all_topics


@click.command("init")
@click.option("--strict", is_flag=True, help="End with exit code 69 when an existing topic differs.")
def command(strict: bool) -> None:
    """Create the topics that are missing, and say what differs where they exist.

    \b
    Example:
      SK2SIEM_BROKER__URL=kafka://localhost:9092 sk2siem init
    """
    settings = load(os.environ)
    broker = connect(settings.broker, running_of("init", settings), batch_size=settings.loop.batch_size)
    try:
        states = broker.ensure(all_topics(settings.producer.partitions))
    finally:
        broker.close()
    for state in states:
        click.echo(f"{state.topic:<26} {state.state:<8} {state.detail}".rstrip())
    differing = [state.topic for state in states if state.state == "differs"]
    if differing and strict:
        raise CheckFailed(f"{len(differing)} of {len(states)} topics differ: {', '.join(differing)}")
