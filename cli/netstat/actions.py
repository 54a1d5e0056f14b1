"""What `sk2siem netstat` does with what it sees: shows it, follows it, publishes it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import click

from cli.netstat.baseline import ALREADY_OPEN, publish
from cli.netstat.document import connection_line, listener_line
from cli.netstat.look import Ends, Seen
from cli.netstat.looking import Look
from cli.netstat.older import find_older, journal_of
from cli.netstat.view import advice_lines, change_line, connections_table, counted, listeners_table
from cli.running import tool
from cli.settings import Settings
from cli.terminal import console
from producer.listing import Listing
from runtime.errors import ConfigError
from runtime.shutdown import Shutdown
from schemas.records import VerdictKind
from schemas.topics import VERDICTS


def show_connections(look: Look, *, insecure: bool, json: bool) -> None:
    seen, now = look.connections(), datetime.now(UTC)
    shown = _wanted(seen, insecure=insecure)
    if json:
        _lines(connection_line(look.system, one, now) for one in shown)
        return
    screen = console()
    if shown:
        screen.print(connections_table(shown, screen.width))
        screen.print()
    screen.print(counted(look.system, (one.opinion.verdict for one in seen), "connections", now))
    for line in advice_lines(shown):
        screen.print(line)


def show_listeners(look: Look, *, insecure: bool, json: bool) -> None:
    """With `insecure` those that are, and those that are not where the catalogue has them."""
    found, now = look.listeners(), datetime.now(UTC)
    shown = [one for one in found if not insecure or one.verdict is VerdictKind.INSECURE or "moved" in one.kinds]
    if json:
        _lines(listener_line(look.system, one, now) for one in shown)
        return
    screen = console()
    if shown:
        screen.print(listeners_table(shown))
        screen.print()
    screen.print(counted(look.system, (one.verdict for one in found), "listeners", now))


def watch(look: Look, shutdown: Shutdown, *, seconds: float, insecure: bool, json: bool) -> None:
    """What is there first, then what opens and closes, until a stop is requested."""
    before: dict[Ends, Seen] = {}
    is_first = True
    while not shutdown.requested:
        now = datetime.now(UTC)
        present = {one.ends: one for one in _wanted(look.connections(), insecure=insecure)}
        opened = [one for ends, one in present.items() if ends not in before]
        closed = [one for ends, one in before.items() if ends not in present]
        for change, those in (("opened", opened), ("closed", closed)):
            word = "open" if is_first else change
            _lines(
                connection_line(look.system, one, now, change=word) if json else change_line(word, one, now)
                for one in those
            )
        before, is_first = present, False
        shutdown.wait(seconds)


def publish_baseline(look: Look, settings: Settings, *, json: bool) -> None:
    """Those of which nothing on the broker tells; `json` prints them, else they are counted."""
    if not settings.producer.system:
        raise ConfigError("SK2SIEM_PRODUCER__SYSTEM: must be set for --baseline: it stands in every record")
    chain = Listing(look.odbc, settings.producer).receivers()
    seen, now = look.connections(), datetime.now(UTC)
    with tool("netstat", settings) as (broker, running):
        older = find_older(seen, broker, settings, look.policy, wait=running.shutdown.wait)
        partitions = min(settings.producer.partitions, broker.partitions(VERDICTS))
        publish(broker, look.system, journal_of(settings), chain, older.connections, partitions)
    if json:
        _lines(connection_line(look.system, one, now) for one in older.connections)
        return
    click.echo(
        f"{look.system}: {len(older.connections):,} of {len(seen):,} open connections are older than what was read; "
        f"each is an event ({ALREADY_OPEN}) on {VERDICTS} now"
    )
    if not older.is_sure:
        click.echo(
            "No producer has read up to now: a connection that was opened after the last entry that was read is among "
            "them, and will get its verdict later."
        )


def _wanted(seen: Sequence[Seen], *, insecure: bool) -> Sequence[Seen]:
    return [one for one in seen if not insecure or one.opinion.verdict is VerdictKind.INSECURE]


def _lines(lines: Iterable[str | bytes]) -> None:
    for line in lines:
        click.echo(line)
