"""The sections of the page, each a few sentences and the tables that prove them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from cli.report import words
from cli.report.findings import Findings, Remote
from cli.report.lines import DAY, UNLISTED, Line, day_text, is_accepted, is_not_secure, lines
from cli.report.page import plots
from cli.report.page.markup import Cell, Column, Markup, Row, element, items, join, number, paragraph, table
from cli.report.tally import Group
from enricher.rules import rule_of
from schemas.records import Direction, VerdictKind

MOST_ROWS = 500
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
            _remote_cell(one.remote.address, one.remote.direction, findings),
            ", ".join(one.services),
            Cell(one.recurrence.text, one.recurrence.second),
            plots.strip(one.recurrence.found) if one.recurrence.found else "",
            number(one.recurrence.connections),
            verdict(one.verdict),
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


def verdict(kind: VerdictKind) -> Markup:
    return element("span", kind.value, class_=f"verdict {kind.value}")


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
        found.append(f"{outside:,} came from or went outside the policy's own networks.")
    jobs = [one for one in findings.recurring if one.verdict is not VerdictKind.SECURE]
    if jobs:
        found.append(f"{len(jobs):,} of the {len(findings.recurring):,} things that recur by the clock are not secure.")
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
            _remote_cell(line.key[0], None, findings) if is_address else line.key[0],
            number(line.connections),
            Cell(words.share_text(line.connections, whole), line.connections),
            Cell(plots.share_bar(line.counts), line.insecure / line.connections),
            number(line.insecure),
            ", ".join(f"{protocol} {count:,}" for protocol, count in line.tls.most_common()),
            _time(line.first),
            _time(line.last),
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
        (reason, verdict(kind), meaning, number(count)) for (kind, reason, meaning), count in counts.most_common()
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
            _remote_cell(line.key[0], line.who.direction, findings),
            _service_cell(line, recurs),
            number(line.connections),
            Cell(words.share_text(line.connections, whole), line.connections),
            ", ".join(reason for reason, _ in line.reasons.most_common()),
            _time(line.first),
            _time(line.last),
            line.what_to_do,
        )
        for line in found[:MOST_ROWS]
    ]
    return table("By remote address and service", columns, rows, left_out=words.most(found, MOST_ROWS))


def _service_cell(line: Line, recurs: Mapping[tuple[Remote, str], list[str]]) -> Cell:
    """The service, and below it when it comes, where that is by the clock."""
    who = line.who
    said = recurs.get((Remote(who.system, who.direction, line.key[0]), who.service or UNLISTED), [])
    return Cell(join([line.key[1], *(element("span", one, class_="name") for one in said)]), line.key[1])


def _names(groups: Sequence[Group], findings: Findings, whole: int) -> Markup:
    if not findings.tally.names:
        return Markup("")
    named = [group for group in groups if group.who.address in findings.tally.names]
    return _counted("By name", "name", lines(named, findings.tally, ["name"]), whole, findings)


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
            _time(int(event.time.timestamp())),
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
    rows: list[Row] = []
    for one in words.sums(findings):
        rows.append((element("strong", one.what), number(one.total)))
        rows += [
            (f"{'= ' if place == 0 else '+ '}{what}", number(count)) for place, (what, count) in enumerate(one.parts)
        ]
    head = element("tr", element("th", "what", scope="col"), element("th", "how many", scope="col", class_="number"))
    body = (
        element("tr", element("th", first, scope="row"), element("td", count.content, class_="number"))
        for first, count in ((row[0], row[1]) for row in rows)
        if isinstance(count, Cell) and not isinstance(first, Cell)
    )
    made = element(
        "table", element("caption", "How the counts add up"), element("thead", head), element("tbody", *body)
    )
    return element("div", made, class_="table sums")


def _remote_cell(address: str, direction: Direction | None, findings: Findings) -> Cell:
    """The address, and below it its name, which whoever owns the address could choose."""
    to = "to " if direction is Direction.OUTBOUND else ""
    known = findings.tally.names.get(address)
    if known is None:
        return Cell(f"{to}{address}")
    name, status = known
    doubt = "" if status == "confirmed" else " (not confirmed)"
    return Cell(join([f"{to}{address}", element("span", f"{name}{doubt}", class_="name")]), address)


def _time(seconds: int) -> Cell:
    return Cell(f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}", seconds)
