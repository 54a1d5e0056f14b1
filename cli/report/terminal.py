"""The report on a terminal: the tables that an analyst reads first, each with as many lines as one looks at."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.report import words
from cli.report.findings import Findings
from cli.report.lines import Line, is_accepted, is_not_secure, lines
from cli.report.tally import Group
from cli.terminal import COLOURS, captioned, cell, table
from schemas.records import Direction, VerdictKind

MOST_LINES = 20
MOST_DAYS = 31
BAR = 30
LEFT_OUT = ((100, "last seen (UTC)"), (140, "why"), (140, "share"))
"""Below how many columns of the terminal a column of a table gives way: --csv has them all."""
FULL, EMPTY = "\N{FULL BLOCK}", " "
TEXTS, NUMBERS = ("why", "last seen (UTC)", "what to do"), ("connections", "share", "not secure")
TITLES = {"remote": "from or to", "name": "name", "service": "service", "day": "day", "hour": "hour"}


def show(findings: Findings, by: Sequence[str], console: Console) -> None:
    """Print it all; `by` is what the connections that are not secure are grouped by."""
    console.print(Text(words.headline(findings), style="bold"), soft_wrap=True)
    console.print(Text(words.conclusion(findings)), soft_wrap=True)
    console.print(Text(f"Seen from {words.span_text(findings)}, in {findings.source}."), soft_wrap=True)
    if asked := words.selection_text(findings):
        console.print(Text(f"Asked for: {asked}."), soft_wrap=True)
    console.print()
    if findings.connections:
        accepted = [group for group in findings.groups if is_accepted(group)]
        bad = [group for group in findings.groups if is_not_secure(group)]
        wide = console.width
        console.print(_analysis("Accepted connections, by service", accepted, findings, ["service"], wide=wide))
        console.print(_analysis(f"Not secure, by {' and '.join(by)}", bad, findings, by, wide=wide))
        console.print(_days(findings))
        console.print(_recurring(findings) if findings.recurring else Text(f"{words.nothing_recurs(findings)}\n"))
    console.print(_sums(findings))
    console.print(Text("What could not be known", style="bold"))
    for line in words.limits(findings):
        console.print(cell(f"  {line}"), soft_wrap=True)


def verdict_text(kind: VerdictKind, text: str | None = None) -> Text:
    return Text(text or kind.value, style=COLOURS[kind])


def _analysis(title: str, groups: Sequence[Group], findings: Findings, by: Sequence[str], *, wide: int) -> Table:
    found = lines(groups, findings.tally, by)
    whole = sum(line.connections for line in found)
    shown = [_row(line, by, findings, whole) for line in found[:MOST_LINES]]
    gone = {heading for least, heading in LEFT_OUT if wide < least} | (
        {"system"} if len(findings.systems) < 2 else set()
    )
    texts = [heading for heading in ("system", *map(TITLES.__getitem__, by), *TEXTS) if heading not in gone]
    numbers = [heading for heading in NUMBERS if heading not in gone]
    made = table(title, *texts, numbers=numbers)
    for row in shown:
        made.add_row(*(row[heading] for heading in (*texts, *numbers)))
    return captioned(made, words.most(found, MOST_LINES))


def _row(line: Line, by: Sequence[str], findings: Findings, whole: int) -> dict[str, Text | str]:
    """Its cells, by the headings of their columns."""
    not_secure = line.connections - line.counts[VerdictKind.SECURE]
    return {
        "system": cell(line.who.system),
        **{TITLES[dimension]: cell(text) for dimension, text in zip(by, _keys(line, by, findings), strict=True)},
        "why": cell(", ".join(reason for reason, _ in line.reasons.most_common(2))),
        "last seen (UTC)": words.moment_text(line.last),
        "what to do": cell(line.what_to_do),
        "connections": f"{line.connections:,}",
        "share": words.share_text(line.connections, whole),
        "not secure": f"{not_secure:,}" if not_secure else "-",
    }


def _keys(line: Line, by: Sequence[str], findings: Findings) -> list[str]:
    return [
        address_text(text, line.who.direction, findings) if dimension == "remote" else text
        for dimension, text in zip(by, line.key, strict=True)
    ]


def address_text(address: str, direction: Direction, findings: Findings) -> str:
    """With the name that it gave itself, and which way the connection went where it was not inwards."""
    name = findings.tally.names.get(address)
    shown = f"{address} {name[0]}" if name else address
    return f"to {shown}" if direction is Direction.OUTBOUND else shown


def _days(findings: Findings) -> Table:
    found = lines(findings.groups, findings.tally, ["day"])
    days: dict[str, Line] = {}
    for line in found:
        if (day := line.key[0]) in days:
            days[day].counts += line.counts
        else:
            days[day] = line
    made = table("By day of the system's own clock", "day", numbers=("connections", "not secure"))
    made.add_column("")
    most = max(line.connections for line in days.values())
    for day in sorted(days)[-MOST_DAYS:]:
        counts = days[day].counts
        bad = counts.total() - counts[VerdictKind.SECURE]
        made.add_row(day, f"{counts.total():,}", f"{bad:,}", _bar(bad, counts.total(), most))
    return made


def _bar(bad: int, whole: int, most: int) -> Text:
    red, all_ = round(BAR * bad / most), round(BAR * whole / most)
    return Text(FULL * red, style="red") + Text(FULL * (all_ - red), style="green")


def _recurring(findings: Findings) -> Table:
    made = table("What recurs by the clock", "from or to", "services", "when", "mostly", "where to look")
    for one in findings.recurring[:MOST_LINES]:
        made.add_row(
            cell(address_text(one.remote.address, one.remote.direction, findings)),
            cell(", ".join(one.services)),
            one.recurrence.text,
            verdict_text(one.verdict),
            cell(words.hint(one)),
        )
    return captioned(made, words.most(findings.recurring, MOST_LINES))


def _sums(findings: Findings) -> Table:
    made = table("How the counts add up", "", numbers=("",))
    made.show_header = False
    for one in words.sums(findings):
        parts = " + ".join(f"{count:,} {what}" for what, count in one.parts if count) or "nothing"
        made.add_row(cell(f"{one.what} = {parts}"), f"{one.total:,}")
    policies = ", ".join(f"{policy} ({mode})" for policy, mode in sorted(findings.policies))
    return captioned(made, f"judged by policy {policies}" if policies else "")
