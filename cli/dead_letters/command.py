"""`sk2siem dead-letters list | show | replay`."""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby

import click

from cli.dead_letters.hints import hint
from cli.dead_letters.letters import DeadLetter, read
from cli.dead_letters.replay import Replay
from cli.dead_letters.selection import Selection, options
from cli.progress import Meter
from cli.running import tool
from cli.settings import load
from cli.terminal import json_option, say_json
from runtime.broker import Broker
from runtime.errors import CheckFailed, Fenced, PipelineError

NEWEST = 20
IDS = click.argument("ids", metavar="[ID]...", nargs=-1)


@click.group("dead-letters")
def command() -> None:
    """List, show or replay what can never be processed as it is.

    \b
    Example:
      sk2siem dead-letters list
    """


@command.command("list")
@options
@click.option("--limit", type=click.IntRange(0), default=NEWEST, show_default=True, help="Lines for single ones.")
@json_option
def list_command(
    services: Sequence[str],
    reasons: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Print the newest dead letters, and for each reason how many there are and what to do.

    \b
    Example:
      sk2siem dead-letters list --service splunk --since 7d
    """
    with tool("dead-letters", load(os.environ)) as (broker, _):
        found = _found(broker, Selection((), services, reasons, since, until))
    if as_json:
        for letter in found:
            say_json(_document(letter))
        return
    if not found:
        click.echo("no dead letters")
        return
    for letter in found[max(0, len(found) - limit) :]:
        click.echo(_line(letter))
    for line in _summary(found):
        click.echo(line)


@command.command("show")
@IDS
@options
@click.option("--value", "value_only", is_flag=True, help="Print the original values alone, one on each line.")
def show_command(
    ids: Sequence[str],
    services: Sequence[str],
    reasons: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    value_only: bool,
) -> None:
    """Print dead letters whole, with the original record and what to do about it.

    \b
    Example:
      sk2siem dead-letters show splunk/0/17
    """
    with tool("dead-letters", load(os.environ)) as (broker, _):
        found = _found(broker, Selection(ids, services, reasons, since, until))
    if not found:
        raise _missing()
    for letter in found:
        if value_only:
            sys.stdout.buffer.write(letter.value.rstrip(b"\n") + b"\n")
        else:
            click.echo("\n".join(_whole(letter)) + "\n")


@command.command("replay")
@IDS
@options
@click.option("--again", is_flag=True, help="Those, too, that were replayed before.")
@click.option("--dry-run", is_flag=True, help="Only say what would be published where.")
def replay_command(
    ids: Sequence[str],
    services: Sequence[str],
    reasons: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    again: bool,
    dry_run: bool,
) -> None:
    """Publish the original records on their own topics again, each once, after the cause is mended.

    Every service that reads the topic gets them again: in a SIEM that has one already, the copy carries the same id.

    \b
    Example:
      sk2siem dead-letters replay --service elastic --reason document_parsing_exception --dry-run
    """
    selection = Selection(ids, services, reasons, since, until)
    with tool("dead-letters", load(os.environ)) as (broker, _):
        if dry_run:
            _say_plan(_found(broker, selection), again=again)
            return
        replay = Replay.on(broker)
        try:
            replay.claim()
            _replay(replay, _found(broker, selection), again=again)
        finally:
            replay.close()


def _found(broker: Broker, selection: Selection) -> list[DeadLetter]:
    """Oldest first. Raises CheckFailed where one that was named is not there."""
    found = sorted(selection.of(read(broker, selection.of_services)), key=lambda letter: letter.rejected_at)
    if missing := set(selection.ids) - {letter.id for letter in found}:
        raise _missing(missing)
    return found


def _missing(ids: Collection[str] = ()) -> CheckFailed:
    named = f": {', '.join(sorted(ids))}" if ids else ""
    return CheckFailed(f"no such dead letter{named}; `sk2siem dead-letters list` shows those that there are")


def _replay(replay: Replay, found: Sequence[DeadLetter], *, again: bool) -> None:
    chosen = _chosen(found, again=again)
    published = 0

    def count(number: int) -> None:
        nonlocal published
        published += number
        meter.advance(number)

    try:
        with Meter("replaying", len(chosen)) as meter:
            replay.publish(chosen, count)
    except Fenced as error:
        raise CheckFailed(f"another replay has begun; {published} of {len(chosen)} were published here") from error
    except PipelineError as error:
        raise CheckFailed(
            f"stopped after {published} of {len(chosen)}: {error}; the same command goes on from there"
        ) from error
    _say_result(found, chosen, "published again", again=again)


def _chosen(found: Sequence[DeadLetter], *, again: bool) -> list[DeadLetter]:
    return [letter for letter in found if letter.can_be_replayed and (again or not letter.replayed)]


def _say_plan(found: Sequence[DeadLetter], *, again: bool) -> None:
    chosen = _chosen(found, again=again)
    for letter in chosen:
        click.echo(f"{letter.id} to {_origin(letter)}")
    _say_result(found, chosen, "would be published again", again=again)


def _say_result(found: Sequence[DeadLetter], chosen: Sequence[DeadLetter], what: str, *, again: bool) -> None:
    click.echo(f"{len(chosen)} of {len(found)} {what}")
    before = 0 if again else sum(letter.replayed for letter in found)
    if before:
        click.echo(f"{before} were replayed before; --again takes them too")
    rows = sum(not letter.can_be_replayed for letter in found)
    if rows:
        click.echo(
            f"{rows} are rows of a journal and never were records. To read them again with a mended producer: "
            "`sk2siem dead-letters show --service producer --value > rows.ndjson`, then a producer with the reader "
            "`file` on it"
        )


def _line(letter: DeadLetter) -> str:
    state = "  replayed" if letter.replayed else ""
    return f"{letter.id:<20} {letter.rejected_at:%Y-%m-%d %H:%M:%S}  {letter.reason:<34} {_origin(letter)}{state}"


def _document(letter: DeadLetter) -> dict[str, object]:
    """Without the payload, which only `show` prints."""
    return {
        "id": letter.id,
        "service": letter.service,
        "reason": letter.reason,
        "message": letter.message,
        "rejected_at": letter.rejected_at,
        "origin": _origin(letter),
        "type": letter.original_type,
        "replayed": letter.replayed,
        "what_to_do": hint(letter.reason, letter.service),
    }


def _summary(found: Sequence[DeadLetter]) -> Iterator[str]:
    by_reason = sorted(found, key=lambda letter: (letter.service, letter.reason))
    for (service, reason), group in groupby(by_reason, key=lambda letter: (letter.service, letter.reason)):
        letters = list(group)
        replayed = sum(letter.replayed for letter in letters)
        yield ""
        yield f"{service}: {len(letters)} for {reason}, {replayed} of them replayed; {letters[-1].message}"
        yield f"  {hint(reason, service)}."


def _whole(letter: DeadLetter) -> Iterator[str]:
    yield f"id          {letter.id}{' (replayed)' if letter.replayed else ''}"
    yield f"rejected    {letter.rejected_at:%Y-%m-%d %H:%M:%S} UTC by {letter.service}"
    yield f"reason      {letter.reason}: {letter.message}"
    yield f"what to do  {hint(letter.reason, letter.service)}."
    yield f"origin      {_origin(letter)}, type {letter.original_type or '(none)'}"
    yield f"key         {_text(letter.key)}"
    yield f"value       {_text(letter.value)}"


def _origin(letter: DeadLetter) -> str:
    if letter.origin is None:
        return "the journal"
    return f"{letter.origin.topic}/{letter.origin.number}/{letter.offset}"


def _text(content: bytes) -> str:
    """Printable whatever it holds: a terminal obeys control characters."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"(hexadecimal) {content.hex()}"
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
