"""The sentences and sums of a report, the same on a terminal and on a page."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cli.report.coverage import UNREADABLE, WATCHED_LEVELS, Loss, lacking
from cli.report.findings import Findings, Recurring
from cli.report.recurrence import FEWEST
from enricher.rules import rule_of
from schemas.records import Direction, VerdictKind

KINDS = (VerdictKind.INSECURE, VerdictKind.UNKNOWN, VerdictKind.FAILED, VerdictKind.SECURE)
COVERED = {
    "*NETSCK": "accepts and connects are not written",
    "*NETTELSVR": "connections to the Telnet server are not written",
    "*NETSECURE": "TLS handshakes are not written, so most verdicts rest on the port",
}
MOST_NAMED = 5
FTP_DATA = "ftp-data"
"""Opened by the system's FTP server, for whoever has a session with it."""
EVENT_WORDS = {
    "already-open": "connections that were open before their opening could be read",
    "helper-port": "connections to a helper port, which carries nothing of a user's",
    "handshake": "TLS handshakes that belong to no connection of their own",
    "handshake-failed": "failed TLS handshakes that belong to no connection of their own",
    "outbound": "connections that the system opened, which the policy does not judge",
    "udp": "UDP packets, which the policy does not judge",
    "dhcp-assigned": "addresses that DHCP assigned",
    "dhcp-not-assigned": "addresses that DHCP did not assign",
    "mail-filtered": "mails that were filtered",
    "mail-rejected": "mails that were rejected",
    "port-unavailable": "attempts at a port on which nothing listened",
}


class Sum(NamedTuple):
    """A number and the parts that it is made of."""

    what: str
    total: int
    parts: tuple[tuple[str, int], ...]


def moment_text(seconds: int | float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def time_text(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def share_text(part: int, whole: int) -> str:
    """A share that is not all is never shown as all, one that is not nothing never as nothing."""
    if not whole:
        return "-"
    share = 100 * part / whole
    if part and share < 0.1:
        return "<0.1%"
    if part < whole and share > 99.9:
        return ">99.9%"
    return f"{share:.0f}%" if share >= 10 or not part else f"{share:.1f}%"


def headline(findings: Findings) -> str:
    """Who, how many, and how many of each verdict."""
    counts, whole = findings.counts, findings.connections
    of = f" of {', '.join(findings.systems)}" if findings.systems else ""
    if not whole:
        return f"No connection{of} was found."
    parts = ", ".join(f"{counts[kind]:,} {kind} ({share_text(counts[kind], whole)})" for kind in KINDS)
    return f"{whole:,} connections{of} with {findings.remotes:,} addresses: {parts}."


def conclusion(findings: Findings) -> str:
    """What it comes to, in one sentence; that nothing was seen proves something only where everything was audited."""
    if insecure := findings.counts[VerdictKind.INSECURE]:
        return f"{insecure:,} connections were not encrypted, or not well enough for the policy."
    if findings.counts[VerdictKind.UNKNOWN] or grave(findings):
        return "No insecure connection was seen, but that proves less than it seems: see what could not be known."
    reach = ", as far as files can say" if findings.unsaid else ""
    return f"No insecure connection was seen, and everything was audited and read: {span_text(findings)}{reach}."


def span_text(findings: Findings) -> str:
    if findings.span is None:
        return "nothing was seen"
    first, last = findings.span
    return f"{time_text(first)} to {time_text(last)} UTC"


def selection_text(findings: Findings) -> str:
    """What was asked for; empty where that is everything."""
    selection, words = findings.selection, list[str]()
    if selection.services:
        words.append(f"service {', '.join(sorted(selection.services))}")
    if selection.systems:
        words.append(f"system {', '.join(sorted(selection.systems))}")
    if selection.span.since:
        words.append(f"since {time_text(selection.span.since)} UTC")
    if selection.span.until:
        words.append(f"before {time_text(selection.span.until)} UTC")
    return ", ".join(words)


def sums(findings: Findings) -> list[Sum]:
    """Every record that was read, and what became of it; each line adds up."""
    records, of, counts = findings.coverage.records, findings.tally.sums, findings.counts
    kinds = sorted((kind, count) for kind, count in records.items() if kind not in ("verdict", UNREADABLE))
    names = {"event": "events (no verdict)", "alert": "alerts", "audit": "changes of the audit levels", "gap": "gaps"}
    names["unread"] = "entries that could not be read"
    others = tuple((names.get(kind, f"{kind} records"), count) for kind, count in kinds)
    return [
        Sum("records read", records.total(), (("verdicts", of.verdicts), *others, ("unreadable", records[UNREADABLE]))),
        Sum(
            "verdicts, those included that only an alert holds" if of.alerted else "verdicts",
            of.verdicts + of.alerted,
            (
                ("connections counted", findings.connections),
                ("superseded by a correction", of.corrected),
                ("read twice", of.repeated),
                ("outside the time asked for", of.out_of_range),
                ("of other services or systems", of.not_selected),
            ),
        ),
        Sum("connections counted", findings.connections, tuple((kind.value, counts[kind]) for kind in KINDS)),
    ]


def hint(one: Recurring) -> str:
    """Where to look for what recurs."""
    if one.jobs:
        return f"Scheduled on {one.remote.system} (WRKJOBSCDE): {'; '.join(one.jobs)}."
    if one.remote.direction is Direction.OUTBOUND and FTP_DATA not in one.services:
        return f"Look at the job scheduler of {one.remote.system} (WRKJOBSCDE)."
    return f"Look at the scheduled jobs of {one.remote.address}."


def nothing_recurs(findings: Findings) -> str:
    """What is said where nothing was found."""
    span = findings.span
    if span is None or span[1] - span[0] < timedelta(days=FEWEST - 1):
        return f"What recurs by the clock cannot be told from less than {FEWEST} days."
    return "Nothing recurs by the clock."


def unknown_reasons(findings: Findings) -> list[tuple[str, str, int]]:
    """What the journal could not tell: reason, what it means, connections."""
    found: dict[tuple[str, str], int] = {}
    for group in findings.groups:
        if group.conclusion.verdict is VerdictKind.UNKNOWN:
            rule = rule_of(group.conclusion.mode, group.conclusion.reason)
            key = (group.conclusion.reason, rule.when if rule else "")
            found[key] = found.get(key, 0) + group.count
    return sorted(((*key, count) for key, count in found.items()), key=lambda row: -row[2])


def limits(findings: Findings) -> list[str]:
    """What this report cannot know, in sentences, the gravest first."""
    return [
        *grave(findings),
        *(unsaid.text for unsaid in findings.unsaid if not unsaid.is_grave),
        *_already_open_text(findings),
        "The journal has no entry for the end of a connection, so how long it was open is not known.",
    ]


def grave(findings: Findings) -> list[str]:
    """What may hide connections, or the truth about them."""
    return [
        *(_loss_text(loss) for loss in _losses(findings)),
        *(line for system in findings.systems for line in _levels_text(findings, system)),
        *_filtered_text(findings),
        *_records_text(findings),
        *(unsaid.text for unsaid in findings.unsaid if unsaid.is_grave),
    ]


def _losses(findings: Findings) -> list[Loss]:
    return sorted(findings.coverage.losses.values(), key=lambda loss: loss.time)


def _loss_text(loss: Loss) -> str:
    return f"A gap on {loss.system} behind {time_text(loss.time)} UTC: {loss.text}"


def _levels_text(findings: Findings, system: str) -> Iterable[str]:
    spans = findings.coverage.levels(system)
    if not spans:
        yield f"No record says which audit levels were in force on {system}."
        return
    unknown = lacking(spans, "")[1]
    if unknown:
        yield f"For {duration_text(unknown)} it is not known which audit levels were in force on {system}."
    for level in WATCHED_LEVELS:
        off, _ = lacking(spans, level)
        always = all(span.levels is None or level not in span.levels for span in spans) and spans != []
        if always and not unknown:
            yield f"{level} was never in force on {system}: without it {COVERED[level]}."
        elif off:
            yield f"For {duration_text(off)} {level} was not in force on {system}: without it {COVERED[level]}."


def _filtered_text(findings: Findings) -> Iterable[str]:
    """What shows that verdicts are missing which were there once."""
    of = findings.tally.sums
    if of.alerted:
        yield (
            f"This source holds alerts without their verdicts ({of.alerted:,}): it may have been filtered. What raised "
            "no alert is not in it."
        )
    if findings.unpreceded:
        yield (
            f"This source holds corrections without the verdicts that they supersede ({findings.unpreceded:,}): it may "
            "have been filtered."
        )
    if silent := findings.coverage.read.keys() - findings.tally.systems:
        yield f"No verdict on {', '.join(sorted(silent))} is in this source: it cannot say that nobody connected."


def _records_text(findings: Findings) -> Iterable[str]:
    coverage = findings.coverage
    if not coverage.read:
        yield (
            "No status record of this time was found, so it is not known whether the journal was read up to the end "
            "and without gaps."
        )
    if coverage.unread:
        entries = "1 entry" if coverage.unread == 1 else f"{coverage.unread:,} entries"
        yield f"{entries} could not be read: whether there are connections among them is not known."
    if unreadable := coverage.records[UNREADABLE]:
        yield f"Records that could not be read and are left out: {unreadable:,}."


def _already_open_text(findings: Findings) -> Iterable[str]:
    if count := len(findings.coverage.already_open):
        yield (f"{count:,} connections were open before their opening could be read: they are listed, and not counted.")
    else:
        yield (
            "What was open before auditing began is not in the journal, and no list of it was taken "
            "(`sk2siem netstat --baseline`)."
        )


def duration_text(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return f"{span.total_seconds():.0f} s"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h" if minutes < 72 * 60 else f"{minutes / 1440:.0f} days"


def named(addresses: Iterable[str]) -> str:
    """The first few of them."""
    found = list(dict.fromkeys(addresses))
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(found[:MOST_NAMED]) + more


def most(rows: Sequence[object], limit: int) -> str:
    """What is left out of a table."""
    return f"and {len(rows) - limit:,} more lines; --csv has them all" if len(rows) > limit else ""
