"""`sk2siem init`: the topics, and the templates for Elasticsearch where that is configured."""

import os
from collections.abc import Sequence
from dataclasses import asdict

import click
import orjson

from cli.running import tool
from cli.settings import Settings, load
from cli.terminal import json_option, say_json
from runtime.errors import CheckFailed
from schemas.topics import all_topics
from sinks.elastic.settings import ElasticSettings
from sinks.service import prepare

TOPICS, ELASTIC = "topics", "elastic"
DONE = {"missing": "installed", "differs": "updated", "ok": "ok"}


@click.command("init")
@click.argument("parts", metavar="[PART]...", nargs=-1, type=click.Choice((TOPICS, ELASTIC)))
@click.option("--dry-run", is_flag=True, help="Change nothing: print what would be put where, whole.")
@click.option("--strict", is_flag=True, help="End with exit code 69 when an existing topic differs.")
@json_option
def command(parts: Sequence[str], dry_run: bool, strict: bool, as_json: bool) -> None:
    """Create the topics that are missing, and say what differs where they exist.

    Where SK2SIEM_ELASTIC__ settings are in the environment, the templates of its data streams are installed or
    brought up to date too. PART is topics or elastic; without one it is both.

    \b
    Example:
      SK2SIEM_BROKER__URL=kafka://localhost:9092 sk2siem init
    """
    settings = load(os.environ)
    if ELASTIC in parts and settings.elastic is None:
        raise click.UsageError("elastic: set SK2SIEM_ELASTIC__URL first")
    differing: list[str] = []
    if not parts or TOPICS in parts:
        differing = _show_topics(settings, as_json=as_json) if dry_run else _ensure_topics(settings, as_json=as_json)
    if settings.elastic is not None and (not parts or ELASTIC in parts):
        _prepare(settings.elastic, dry_run=dry_run, as_json=as_json)
    if differing and strict:
        raise CheckFailed(f"{len(differing)} topics differ: {', '.join(differing)}")


def _show_topics(settings: Settings, *, as_json: bool) -> list[str]:
    for topic in all_topics(settings.producer.partitions):
        if as_json:
            say_json({"state": "wanted", **asdict(topic)})
            continue
        kept = "newest of each key" if topic.compact else f"{topic.retention_days} days"
        click.echo(f"{topic.name:<26} would be there with {topic.partitions} partitions, {kept}")
    return []


def _ensure_topics(settings: Settings, *, as_json: bool) -> list[str]:
    with tool("init", settings) as (broker, _):
        states = broker.ensure(all_topics(settings.producer.partitions))
    for state in states:
        if as_json:
            say_json(asdict(state))
            continue
        click.echo(f"{state.topic:<26} {state.state:<8} {state.detail}".rstrip())
    return [state.topic for state in states if state.state == "differs"]


def _prepare(settings: ElasticSettings, *, dry_run: bool, as_json: bool) -> None:
    for part in prepare(settings, dry_run=dry_run):
        if as_json:
            content = orjson.loads(part.content) if dry_run and part.state != "ok" else None
            state = part.state if dry_run else DONE[part.state]
            say_json({"elasticsearch": part.name, "state": state, "content": content})
            continue
        click.echo(f"Elasticsearch: {part.name}: {part.state if dry_run else DONE[part.state]}")
        if dry_run and part.state != "ok":
            click.echo(part.content.decode())
