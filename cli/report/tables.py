"""The report for machines: CSV for a spreadsheet, NDJSON for everything else."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TextIO

from cli.report import words
from cli.report.findings import Findings, Recurring, Remote
from cli.report.lines import UNLISTED, Line, lines
from schemas.records import VerdictKind

FORMULA = ("=", "+", "-", "@", "\t", "\r")
Document = dict[str, object]


def documents(findings: Findings, by: Sequence[str]) -> Iterator[Document]:
    """A summary, a line for each group, what recurs, the days, and the coverage; `kind` says which it is."""
    yield _summary(findings)
    yield from _groups(by, findings)
    yield from (_recurrence(one) for one in findings.recurring)
    for line in lines(findings.groups, findings.tally, ["day"]):
        yield {
            "kind": "day",
            "system": line.who.system,
            "direction": line.who.direction,
            "day": line.key[0],
            **_counts(line),
        }
    yield from _coverage(findings)


def write_csv(findings: Findings, by: Sequence[str], file: TextIO) -> None:
    """One row for each group."""
    rows = [_flat(row) for row in _groups(by, findings)]
    names = list(rows[0]) if rows else ["system", "direction", *by, "connections"]
    write_rows(names, rows, file)


def write_rows(names: Sequence[str], rows: Sequence[Mapping[str, object]], file: TextIO) -> None:
    """Rows that a spreadsheet shows and never computes."""
    writer = csv.DictWriter(file, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: safe(row.get(name)) for name in names} for row in rows)


def safe(value: object) -> object:
    """Text that begins like a formula gets an apostrophe before it: a spreadsheet would compute it."""
    if not isinstance(value, str):
        return value
    text = "".join(one if one.isprintable() else " " for one in value)
    return f"'{text}" if text.startswith(FORMULA) else text


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _summary(findings: Findings) -> Document:
    span = findings.span
    return {
        "kind": "summary",
        "source": findings.source,
        "systems": findings.systems,
        "from": span[0].isoformat() if span else None,
        "to": span[1].isoformat() if span else None,
        "connections": findings.connections,
        **{kind.value: findings.counts[kind] for kind in words.KINDS},
        "remotes": findings.remotes,
        "policies": [
            {"policy": policy, "mode": mode, "connections": count}
            for (policy, mode), count in findings.policies.most_common()
        ],
        "sums": [{"what": one.what, "total": one.total, "parts": dict(one.parts)} for one in words.sums(findings)],
    }


def _groups(by: Sequence[str], findings: Findings) -> Iterator[Document]:
    recurs = findings.recurs()
    for line in lines(findings.groups, findings.tally, by):
        yield _group(line, by, findings, recurs)


def _group(
    line: Line, by: Sequence[str], findings: Findings, recurs: Mapping[tuple[Remote, str], list[str]]
) -> Document:
    who, names, address = line.who, findings.tally.names, ""
    keys: Document = dict(zip(by, line.key, strict=True))
    if "service" in by:
        keys |= {"service": who.service, "port": who.port, "transport": who.transport}
    if "remote" in by:
        address = line.key[list(by).index("remote")]
        name, status = names.get(address, (None, None))
        keys |= {"name": name, "name_status": status, "network": who.network}
    return {
        "kind": "group",
        "system": who.system,
        "direction": who.direction,
        **keys,
        **_counts(line),
        "share": round(line.connections / findings.connections, 6),
        "first_seen": moment(line.first),
        "last_seen": moment(line.last),
        "days_seen": len(line.days),
        "reasons": dict(line.reasons.most_common()),
        "tls": dict(line.tls.most_common()),
        "recurs": recurs.get((Remote(who.system, who.direction, address), who.service or UNLISTED), []),
        "what_to_do": line.what_to_do or None,
        "example": line.example,
    }


def _recurrence(one: Recurring) -> Document:
    found = one.recurrence
    return {
        "kind": "recurrence",
        **one.remote._asdict(),
        "services": list(one.services),
        "text": found.text,
        "pattern": found.pattern,
        "second_of_day": found.second,
        "every_seconds": found.every,
        "within_seconds": found.within,
        "hits": found.hits,
        "expected": found.expected,
        "connections": found.connections,
        "last_local": datetime.fromtimestamp(found.last, UTC).replace(tzinfo=None).isoformat(),
        "verdict": one.verdict,
        "scheduled_jobs": list(one.jobs),
    }


def _coverage(findings: Findings) -> Iterator[Document]:
    for system in findings.systems:
        for span in findings.coverage.levels(system):
            yield {
                "kind": "audit-levels",
                "system": system,
                "from": span.start.isoformat(),
                "to": span.end.isoformat(),
                "levels": span.levels,
            }
    for loss in sorted(findings.coverage.losses.values(), key=lambda one: one.time):
        yield {"kind": "gap", "system": loss.system, "behind": loss.time.isoformat(), "text": loss.text}
    for event in findings.coverage.already_open.values():
        entry = event.entry
        yield {
            "kind": "already-open",
            "system": event.system,
            "remote": entry.remote_address,
            "service": event.service,
            "local_port": entry.local_port,
            "remote_port": entry.remote_port,
            "seen": event.time.isoformat(),
        }
    yield {"kind": "coverage", "events": dict(findings.coverage.events), "limits": words.limits(findings)}


def _counts(line: Line) -> Document:
    counts = {kind.value: line.counts[VerdictKind(kind)] for kind in words.KINDS}
    return {"connections": line.connections, **counts}


def _flat(document: Document) -> Document:
    """Lists and tables as text; the column `kind` says nothing in a file of one kind."""
    return {name: _cell(value) for name, value in document.items() if name != "kind"}


def _cell(value: object) -> object:
    if isinstance(value, dict):
        return "; ".join(f"{name} {count}" for name, count in value.items())
    return "; ".join(map(str, value)) if isinstance(value, list) else value
