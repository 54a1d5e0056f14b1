"""A plan on a terminal, as tickets in CSV, and for machines."""

from collections.abc import Iterator
from datetime import date
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.plan import words
from cli.plan.outlook import Breaks, Outlook
from cli.report.findings import Findings
from cli.report.tables import Document, moment, write_rows
from cli.report.terminal import address_text
from cli.report.words import moment_text, most
from cli.terminal import captioned, cell, table

MOST_LINES = 40
HEADINGS = (
    "change", "from or to", "service", "must change", "seen", "last seen (UTC)", "recurs", "first break expected",
)  # fmt: skip
LEFT_OUT = ((140, "last seen (UTC)"), (110, "recurs"))
"""Below how many columns of the terminal a column gives way: --csv has them all."""
TICKET = (
    "title", "system", "direction", "remote", "name", "name_status", "network", "service", "port", "change", "on",
    "must_change_to", "connections", "days_seen", "days_watched", "first_seen", "last_seen", "recurs", "first_break",
    "connections_on_twin", "example",
)  # fmt: skip


def show(outlook: Outlook, findings: Findings, on: date | None, console: Console) -> None:
    """Who breaks, what each must change to, and what was not seen."""
    console.print(Text(words.headline(outlook, findings, on), style="bold"), soft_wrap=True)
    console.print(Text(f"{words.watched_text(outlook)} Source: {findings.source}."), soft_wrap=True)
    console.print()
    if outlook.breaks:
        console.print(_table(outlook, findings, on, wide=console.width))
    console.print(Text("What this cannot show", style="bold"))
    for line in words.limits(outlook, findings):
        console.print(cell(f"  {line}"), soft_wrap=True)


def write_tickets(outlook: Outlook, findings: Findings, on: date | None, file: TextIO) -> None:
    """One row for each who has to change something."""
    write_rows(TICKET, [_ticket(one, outlook, findings, on) for one in outlook.breaks], file)


def documents(outlook: Outlook, findings: Findings, on: date | None) -> Iterator[Document]:
    """A summary, then a line for each that breaks."""
    watched = outlook.watched
    yield {
        "kind": "plan",
        "changes": [change.what for change in outlook.changes],
        "on": on.isoformat() if on else None,
        "remotes": len({one.line.remote for one in outlook.breaks}),
        "connections": sum(one.connections for one in outlook.breaks),
        "watched_from": watched[0].isoformat() if watched else None,
        "watched_to": watched[1].isoformat() if watched else None,
        "never_watched": outlook.never_watched,
        "limits": words.limits(outlook, findings),
    }
    for one in outlook.breaks:
        yield {"kind": "breaks", **_ticket(one, outlook, findings, on)}


def _table(outlook: Outlook, findings: Findings, on: date | None, *, wide: int) -> Table:
    gone = {heading for least, heading in LEFT_OUT if wide < least}
    gone |= {"first break expected"} if on is None else set()
    gone |= {"change"} if len(outlook.changes) < 2 else set()
    texts = [heading for heading in HEADINGS if heading not in gone]
    made = table("Who breaks", *texts)
    for one in outlook.breaks[:MOST_LINES]:
        row = _row(one, outlook, findings, on)
        made.add_row(*(cell(row[heading]) for heading in texts))
    return captioned(made, most(outlook.breaks, MOST_LINES))


def _row(one: Breaks, outlook: Outlook, findings: Findings, on: date | None) -> dict[str, str]:
    """Its cells, by the headings of their columns."""
    remote = one.line.remote
    return {
        "change": one.line.change.what,
        "from or to": address_text(remote.address, remote.direction, findings),
        "service": words.service(one),
        "must change": one.line.must + (f" It uses that port already ({one.on_twin:,})." if one.on_twin else ""),
        "seen": words.how_often(one, outlook),
        "last seen (UTC)": moment_text(one.last),
        "recurs": words.recurs(one),
        "first break expected": (one.first_break(on) if on else None) or "when it connects",
    }


def _ticket(one: Breaks, outlook: Outlook, findings: Findings, on: date | None) -> Document:
    remote = one.line.remote
    name, status = findings.tally.names.get(remote.address, (None, None))
    return {
        "title": words.title(one, on),
        "system": remote.system,
        "direction": remote.direction,
        "remote": remote.address,
        "name": name,
        "name_status": status,
        "network": one.who.network,
        "service": one.line.service,
        "port": one.line.port,
        "change": one.line.change.what,
        "on": on.isoformat() if on else None,
        "must_change_to": one.line.must,
        "connections": one.connections,
        "days_seen": len(one.days),
        "days_watched": outlook.days,
        "first_seen": moment(one.first),
        "last_seen": moment(one.last),
        "recurs": words.recurs(one) or None,
        "first_break": one.first_break(on) if on else None,
        "connections_on_twin": one.on_twin,
        "example": one.example,
    }
