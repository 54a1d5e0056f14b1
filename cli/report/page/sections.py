"""The sections of the page, each a few sentences and the tables that prove them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from cli.report import words
from cli.report.findings import Findings
from cli.report.lines import DAY, Line, day_text, is_accepted, is_not_secure, lines
from cli.report.page import plots
from cli.report.page.cells import remote_cell, remote_of, service_cell, time_cell, timed_service_cell, verdict_cell
from cli.report.page.markup import Cell, Column, Markup, Row, element, items, join, number, paragraph, table
from cli.report.tally import Group
from enricher.rules import rule_of
from schemas.records import VerdictKind

MOST_ROWS = 200
COUNTS = tuple(Column(kind.value, is_number=True) for kind in words.KINDS)
LEGEND = tuple((kind.value, kind.value) for kind in words.KINDS)


def summary(findings: Findings) -> Markup:
    counts, whole = findings.counts, findings.connections
    tiles = [("", "connections", whole), *((kind.value, kind.value, counts[kind]) for kind in words.KINDS)]
    made = (
        element(
            "li",
            element("b", f"{count:,}"),
            element("span", name if not kind else f"{name}, {words.share_text(count, whole)}"),
            class_=kind or "all",
        )
        for kind, name, count in tiles
    )
    return join(
        [
            paragraph(words.headline(findings), "lead"),
            paragraph(words.conclusion(findings), "lead"),
            element("ul", *made, class_="tiles"),
            items(_standing_out(findings)),
        ]
    )


def over_time(findings: Findings) -> Markup:
    days, hours = _by_day_and_hour(findings)
    rows: list[Row] = [
        (day, *(number(counts[kind]) for kind in words.KINDS), number(counts.total())) for day, counts in days
    ]
    numbers = table("Connections by day", (Column("day"), *COUNTS, Column("all", is_number=True)), rows)
    return join(
        [
            element("h3", "By day"),
            plots.days_plot(days),
            plots.legend(*LEGEND),
            element("details", element("summary", "The numbers"), numbers),
            element("h3", "What is not secure, by hour of the day"),
            plots.hours_plot(hours),
            paragraph("Days and hours are those of the system's own clock.", "note"),
        ]
    )


def accepted(findings: Findings) -> Markup:
    groups = [group for group in findings.groups if is_accepted(group)]
    whole = sum(group.count for group in groups)
    by_service, by_remote = (lines(groups, findings.tally, [by]) for by in ("service", "remote"))
    return join(
        [
            paragraph(f"All {whole:,} connections that the system accepted (type A), over whichever port."),
            _counted("By service", "service", by_service, whole, findings),
            _counted("By remote address", "remote", by_remote, whole, findings, is_address=True),
        ]
    )


def not_secure(findings: Findings) -> Markup:
    groups = [group for group in findings.groups if is_not_secure(group)]
    whole = sum(group.count for group in groups)
    return join(
        [
            paragraph(f"{whole:,} connections, in both directions, neither over a secure port nor secure by evidence."),
            _reasons(groups),
            _who_and_what(groups, findings, whole),
            _names(groups, findings, whole),
        ]
    )


def recurring(findings: Findings) -> Markup:
    columns = (
        Column("from or to"), Column("services"), Column("when"), Column("days"), Column("connections", is_number=True),
        Column("mostly"), Column("last", is_number=True), Column("where to look"),
    )  # fmt: skip
    rows: list[Row] = [
        (
            remote_cell(one.remote, findings),
            ", ".join(one.services),
            Cell(one.recurrence.text, one.recurrence.second),
            plots.strip(one.recurrence.found) if one.recurrence.found else "",
            number(one.recurrence.connections),
            verdict_cell(one.verdict),
            Cell(words.moment_text(one.recurrence.last), one.recurrence.last),
            words.hint(one),
        )
        for one in findings.recurring
    ]
    return join(
        [
            paragraph(
                "Connections that come at the same time of day on nearly every day, or at one interval, and so sharply "
                "that this is no chance: jobs, not people. Times are those of the system's own clock."
            ),
            table("What recurs", columns, rows),
        ]
    )


def reading() -> Markup:
    return items(
        [
            "secure: it was encrypted, or nobody outside could read it.",
            "insecure: it was not encrypted, or not well enough for the policy.",
            "unknown: the journal cannot tell. failed: the TLS handshake failed, and no data flowed.",
            "A correction takes the place of what it supersedes; a verdict that was read twice counts once.",
            "First and last seen are UTC. Days, hours and what recurs follow the system's own clock.",
            "Names come from reverse DNS: whoever owns an address can name it.",
            "`sk2siem explain ID` says of each verdict on which entries and which rule it rests.",
        ]
    )


def _standing_out(findings: Findings) -> list[str]:
    """What somebody who reads nothing else should have read."""
    bad = [group for group in findings.groups if group.conclusion.verdict is VerdictKind.INSECURE]
    found = []
    if bad:
        whole = sum(group.count for group in bad)
        service, remote = lines(bad, findings.tally, ["service"])[0], lines(bad, findings.tally, ["remote"])[0]
        outside = sum(group.count for group in bad if group.who.network == "external")
        found.append(
            f"Most insecure connections are of the service {service.key[0]}: {service.connections:,}, "
            f"{words.share_text(service.connections, whole)} of them. {service.what_to_do}"
        )
        found.append(
            f"The address with the most is {remote.key[0]}, with {remote.connections:,}; "
            f"{len({group.who.address for group in bad}):,} addresses have at least one."
        )
        if outside:
            found.append(f"Came from or went outside the policy's own networks: {outside:,}.")
    jobs = [one for one in findings.recurring if one.verdict is not VerdictKind.SECURE]
    if jobs:
        found.append(f"Recurs by the clock and is not secure: {words.named(one.remote.address for one in jobs)}.")
    return found + words.limits(findings)[:3]


def _by_day_and_hour(
    findings: Findings,
) -> tuple[list[tuple[str, Counter[VerdictKind]]], dict[int, Counter[VerdictKind]]]:
    days: dict[int, Counter[VerdictKind]] = defaultdict(Counter)
    hours: dict[int, Counter[VerdictKind]] = defaultdict(Counter)
    for group in findings.groups:
        kind = group.conclusion.verdict
        local = findings.tally.local_times(group)
        for day, count in Counter(time // DAY for time in local).items():
            days[day][kind] += count
        if kind is not VerdictKind.SECURE:
            for hour, count in Counter(time % DAY // 3600 for time in local).items():
                hours[hour][kind] += count
    all_days = range(min(days), max(days) + 1) if days else range(0)
    return [(day_text(day), days[day]) for day in all_days], hours


def _counted(
    caption: str, heading: str, found: Sequence[Line], whole: int, findings: Findings, *, is_address: bool = False
) -> Markup:
    columns = (
        Column(heading), Column("connections", is_number=True), Column("share", is_number=True), Column("verdicts"),
        *COUNTS[:1], Column("TLS"), Column("first seen", is_number=True), Column("last seen", is_number=True),
    )  # fmt: skip
    rows: list[Row] = [
        (
            remote_cell(remote_of(line), findings) if is_address else service_cell(line, 0, findings),
            number(line.connections),
            Cell(words.share_text(line.connections, whole), line.connections),
            Cell(plots.share_bar(line.counts), line.insecure / line.connections),
            number(line.insecure),
            ", ".join(f"{protocol} {count:,}" for protocol, count in line.tls.most_common()),
            time_cell(line.first),
            time_cell(line.last),
        )
        for line in found[:MOST_ROWS]
    ]
    return table(caption, columns, rows, left_out=words.most(found, MOST_ROWS))


def _reasons(groups: Iterable[Group]) -> Markup:
    counts: Counter[tuple[VerdictKind, str, str]] = Counter()
    for group in groups:
        conclusion = group.conclusion
        rule = rule_of(conclusion.mode, conclusion.reason)
        counts[conclusion.verdict, conclusion.reason, rule.when if rule else ""] += group.count
    columns = (Column("reason"), Column("verdict"), Column("what it means"), Column("connections", is_number=True))
    rows: list[Row] = [
        (reason, verdict_cell(kind), meaning, number(count)) for (kind, reason, meaning), count in counts.most_common()
    ]
    return table("Why not", columns, rows)


def _who_and_what(groups: Sequence[Group], findings: Findings, whole: int) -> Markup:
    recurs = findings.recurs()
    columns = (
        Column("from or to"), Column("service"), Column("connections", is_number=True), Column("share", is_number=True),
        Column("why"), Column("first seen", is_number=True), Column("last seen", is_number=True), Column("what to do"),
    )  # fmt: skip
    found = lines(groups, findings.tally, ["remote", "service"])
    rows: list[Row] = [
        (
            remote_cell(remote_of(line), findings),
            timed_service_cell(line, recurs),
            number(line.connections),
            Cell(words.share_text(line.connections, whole), line.connections),
            ", ".join(reason for reason, _ in line.reasons.most_common()),
            time_cell(line.first),
            time_cell(line.last),
            line.what_to_do,
        )
        for line in found[:MOST_ROWS]
    ]
    return table("By remote address and service", columns, rows, left_out=words.most(found, MOST_ROWS))


def _names(groups: Sequence[Group], findings: Findings, whole: int) -> Markup:
    if not findings.tally.names:
        return Markup("")
    named = [group for group in groups if group.who.address in findings.tally.names]
    return _counted("By name", "name", lines(named, findings.tally, ["name"]), whole, findings)
