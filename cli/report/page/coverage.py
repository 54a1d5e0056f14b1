"""The section on what the numbers rest on: audit levels, gaps, what could not be known, and sums that add up."""

from collections.abc import Iterable

from cli.report import words
from cli.report.findings import Findings
from cli.report.page import plots
from cli.report.page.cells import time_cell
from cli.report.page.markup import Column, Markup, Row, element, items, join, number, paragraph, table
from cli.report.page.sections import MOST_ROWS


def coverage(findings: Findings) -> Markup:
    parts: list[Markup | str] = [paragraph("What these numbers rest on, and what they cannot show.")]
    for system in findings.systems:
        spans = findings.coverage.levels(system)
        losses = [loss.time for loss in findings.coverage.losses.values() if loss.system == system]
        if spans:
            keys = (("in-force", "in force"), ("lapsed", "not in force"), ("unsaid", "not known"), ("gap", "gap"))
            parts += [element("h3", f"Audit levels of {system}"), plots.levels_plot(spans, losses), plots.legend(*keys)]
    parts += [element("h3", "What could not be known"), items(words.limits(findings)), _unknown(findings)]
    parts += [_already_open(findings), _events(findings), _policies(findings), _sums(findings)]
    return join(parts)


def _unknown(findings: Findings) -> Markup:
    columns = (Column("reason"), Column("what it means"), Column("connections", is_number=True))
    rows: list[Row] = [(reason, meaning, number(count)) for reason, meaning, count in words.unknown_reasons(findings)]
    return table("Connections of which the journal cannot tell", columns, rows)


def _already_open(findings: Findings) -> Markup:
    events = sorted(findings.coverage.already_open.values(), key=lambda event: event.time)
    if not events:
        return Markup("")
    columns = (Column("address"), Column("service"), Column("owner"), Column("seen open", is_number=True))
    rows: list[Row] = [
        (
            event.entry.remote_address or "unknown",
            event.service or f"port {event.entry.local_port}",
            " ".join(part for part in (event.entry.job, event.entry.user) if part),
            time_cell(int(event.time.timestamp())),
        )
        for event in events[:MOST_ROWS]
    ]
    return table("Open before their opening could be read", columns, rows, left_out=words.most(events, MOST_ROWS))


def _events(findings: Findings) -> Markup:
    rows: list[Row] = [
        (reason, words.EVENT_WORDS.get(reason, ""), number(count))
        for reason, count in findings.coverage.events.most_common()
    ]
    return table(
        "Entries that get no verdict", (Column("event"), Column("what it is"), Column("entries", is_number=True)), rows
    )


def _policies(findings: Findings) -> Markup:
    rows: list[Row] = [(policy, mode, number(count)) for (policy, mode), count in findings.policies.most_common()]
    return table(
        "Policies that judged", (Column("policy hash"), Column("mode"), Column("connections", is_number=True)), rows
    )


def _sums(findings: Findings) -> Markup:
    """Not sortable: what is below a sum are its parts."""
    rows = (row for one in words.sums(findings) for row in _sum(one))
    caption = element("caption", "How the counts add up")
    return element("div", element("table", caption, element("tbody", *rows)), class_="table sums")


def _sum(one: words.Sum) -> Iterable[Markup]:
    yield _line(element("strong", one.what), one.total)
    for place, (what, count) in enumerate(one.parts):
        yield _line(f"{'=' if place == 0 else '+'} {what}", count)


def _line(what: Markup | str, count: int) -> Markup:
    return element("tr", element("th", what, scope="row"), element("td", f"{count:,}", class_="number"))
