"""`sk2siem init`: the topics, and the template for Elasticsearch where that is configured."""

import os

import click

from cli.running import running_of
from cli.settings import load
from runtime.brokers import connect
from runtime.errors import CheckFailed
from schemas.topics import all_topics
from sinks.service import prepare


@click.command("init")
@click.option("--strict", is_flag=True, help="End with exit code 69 when an existing topic differs.")
def command(strict: bool) -> None:
    """Create the topics that are missing, and say what differs where they exist.

    Where SK2SIEM_ELASTIC__ settings are in the environment, the template of its data streams is installed too.

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
    if settings.elastic is not None:
        click.echo(f"Elasticsearch: {prepare(settings.elastic)}")
    differing = [state.topic for state in states if state.state == "differs"]
    if differing and strict:
        raise CheckFailed(f"{len(differing)} of {len(states)} topics differ: {', '.join(differing)}")
