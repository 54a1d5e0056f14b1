"""The sentences of a plan: what was watched, and what that cannot show."""

from datetime import date
from typing import TypeGuard

from cli.plan.change import Change, CipherOff
from cli.plan.outlook import Breaks, Outlook
from cli.report import words
from cli.report.coverage import lacking
from cli.report.findings import Findings
from cli.report.lines import service_text


def headline(outlook: Outlook, findings: Findings, on: date | None) -> str:
    """What happens, to how many; that nothing breaks is said only where there was something to see."""
    changes = " and ".join(change.what for change in outlook.changes)
    when = f" on {on}" if on else ""
    if not findings.connections:
        seen = "Nothing was watched" if outlook.watched is None else "No connection was seen in the time watched"
        return f"{seen}: what breaks with {changes}{when} is not known."
    if not outlook.breaks:
        less = ", but that proves less than it seems: see what this cannot show" if words.grave(findings) else ""
        return f"With {changes}{when}, nothing that was seen breaks{less}."
    remotes = len({one.line.remote for one in outlook.breaks})
    connections = sum(one.connections for one in outlook.breaks)
    who = "1 address breaks" if remotes == 1 else f"{remotes:,} addresses break"
    return f"With {changes}{when}, {who}: {connections:,} connections were seen of {'it' if remotes == 1 else 'them'}."


def watched_text(outlook: Outlook) -> str:
    if outlook.watched is None:
        return "Nothing was watched."
    first, last = outlook.watched
    if first == last:
        return f"Watched: {first} alone."
    return f"Watched: {outlook.days:,} days, {first} to {last}."


def limits(outlook: Outlook, findings: Findings) -> list[str]:
    """What was not seen, or could not be, and may break as well."""
    found = []
    if outlook.never_watched:
        never = ", the ".join(outlook.never_watched)
        found.append(f"Not in the time watched: the {never}. What comes only then was not seen.")
    found += [change.cannot_show for change in outlook.changes]
    found += [_no_such_cipher(change, findings) for change in outlook.changes if _is_unseen(change, findings)]
    for system in findings.systems:
        for level in dict.fromkeys(change.level for change in outlook.changes):
            found += _level_text(findings, system, level)
    return found + [line for line in words.limits(findings) if line not in found]


def title(one: Breaks, on: date | None) -> str:
    """Of a ticket."""
    before = f" before {on}" if on else ""
    return f"{one.line.change.what}: {one.line.remote.address}, {service(one)}{before}"


def service(one: Breaks) -> str:
    return service_text(one.line.service, one.line.port)


def how_often(one: Breaks, outlook: Outlook) -> str:
    return f"{one.connections:,} on {len(one.days)} of {outlook.days} days"


def recurs(one: Breaks) -> str:
    return "; ".join(recurring.recurrence.text for recurring in one.recurring)


def _is_unseen(change: Change, findings: Findings) -> TypeGuard[CipherOff]:
    return isinstance(change, CipherOff) and not any(change.ends(group) for group in findings.groups)


def _no_such_cipher(change: CipherOff, findings: Findings) -> str:
    """A misspelt cipher looks like one that nobody uses; only who reads the names can tell."""
    seen = sorted({group.conclusion.cipher for group in findings.groups if group.conclusion.cipher})
    return f"{change.pattern} names none of the ciphers that were seen: {', '.join(seen) or 'there was none'}."


def _level_text(findings: Findings, system: str, level: str) -> list[str]:
    spans = findings.coverage.levels(system)
    off, unknown = lacking(spans, level)
    return [
        f"For {words.duration_text(span)} {level} was {state} on {system}: what connected then is not in this plan."
        for span, state in ((off, "not in force"), (unknown, "not known to be in force"))
        if span
    ]
