"""`sk2siem plan`: before a port is closed or TLS made stricter."""

import os
from datetime import date, datetime
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from cli.moments import since_option, until_option
from cli.report.asked import Selection, refuse_unknown, system_option
from cli.report.command import FILE, Source, opened, reading_tool
from cli.settings import load
from cli.terminal import console, json_option, say_json
from enricher.ended import Span
from enricher.policy import Protocol


class KnownProtocol(click.ParamType[Protocol]):
    """A TLS version, in any of the spellings of IBM i."""

    name = "protocol"

    def convert(self, value: str | Protocol, param: click.Parameter | None, ctx: click.Context | None) -> Protocol:
        from enricher.tls import protocol_of

        found = protocol_of(value)
        return found if found else self.fail(f"{value!r} is none of {', '.join(Protocol)}", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(one.value) for one in Protocol if one.startswith(incomplete.upper())]


class Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2027-01-31", param, ctx)


@click.command("plan")
@click.argument("source", type=Source())
@click.option("--close-port", "ports", type=click.IntRange(1, 65535), multiple=True, help="This port goes.")
@click.option("--tls-off", "protocols", type=KnownProtocol(), multiple=True, help="This version goes, such as TLSV1.0.")
@click.option("--cipher-off", "ciphers", multiple=True, help="This cipher goes; `*` stands for anything.")
@click.option("--on", "on", type=Day(), help="The day of the change: says when each is expected to break first.")
@since_option("connections")
@until_option("connections")
@system_option
@click.option("--csv", "table", type=FILE, help="Write a ticket for each who has to change something into this file.")
@json_option
def command(
    source: str,
    ports: tuple[int, ...],
    protocols: tuple[Protocol, ...],
    ciphers: tuple[str, ...],
    on: date | None,
    since: datetime | None,
    until: datetime | None,
    systems: tuple[str, ...],
    table: Path | None,
    as_json: bool,
) -> None:
    """Say who breaks when a port is closed, a TLS version or a cipher goes, and what each must change to.

    SOURCE is what `sk2siem report` takes: a file, a folder of the file sink, a broker's URL, `broker`, or `journal`.
    What goes can be several ports, versions and ciphers.

    \b
    Example:
      sk2siem plan broker --tls-off TLSV1.0 --tls-off TLSV1.1 --on 2027-01-31 --csv tickets.csv
    """
    if not (ports or protocols or ciphers):
        raise click.UsageError("say what goes: --close-port, --tls-off or --cipher-off")
    from cli.plan.change import Change, CipherOff, ClosedPort, ProtocolsOff
    from cli.plan.outlook import look_ahead
    from cli.plan.output import documents, show, write_tickets
    from cli.report.findings import find
    from cli.report.source import read
    from enricher.catalogue import load_catalogue

    settings, selection = load(os.environ), Selection(Span(since, until), systems=frozenset(systems))
    catalogue = load_catalogue(settings.enricher.ports)
    changes: list[Change] = [ClosedPort.of(port, catalogue) for port in dict.fromkeys(ports)]
    changes += [ProtocolsOff(frozenset(protocols))] if protocols else []
    changes += [CipherOff(pattern) for pattern in dict.fromkeys(ciphers)]
    with reading_tool("plan", settings) as running:
        reading = read(source, settings, running, selection.span)
        findings = find(reading.records, selection, reading.name, reading.unsaid)
        refuse_unknown(selection, *findings.known, catalogue)
    outlook = look_ahead(findings, changes)
    if table is not None:
        with opened(table) as file:
            write_tickets(outlook, findings, on, file)
    if as_json:
        for one in documents(outlook, findings, on):
            say_json(one)
    elif table is None:
        show(outlook, findings, on, console())
