"""The detection rules for Elastic Security: one line of NDJSON each, as its import takes them."""

import json
import textwrap
from typing import Any

from dev.content import sigma
from dev.content.rules import Rule, rules

Json = dict[str, Any]

CONNECTIONS, ALERTS = "logs-ibmi.connection-*", "logs-ibmi.alert-*"
RISK = {"low": 21, "medium": 47, "high": 73, "critical": 99}
SILENT_MINUTES = 15

# a connection is named by the id of its first verdict; a correction's id is that with .c1, .c2 behind it
# a correction comes within a minute, mostly: so long an alert waits for it. INLINE STATS needs Elasticsearch 9.3
NEWEST = r"""
| EVAL Esql.connection = REPLACE(event.id, "\\.c[0-9]+$", "")
| INLINE STATS Esql.newest = MAX(event.id) BY Esql.connection
| WHERE event.id == Esql.newest AND event.ingested < NOW() - 1 minute AND ({condition})
"""


def document() -> str:
    """The file, as it ships. Raises Missing, Failed."""
    return "".join(json.dumps(rule(one), sort_keys=True) + "\n" for one in rules())


def rule(one: Rule) -> Json:
    severity = one.level
    found: Json = {
        "rule_id": one.id,
        "name": one.title,
        "description": one.description,
        "author": ["sk2siem"],
        "license": "Apache-2.0",
        "version": 1,
        "enabled": False,
        "severity": severity,
        "risk_score": RISK[severity],
        "from": "now-9m",
        "to": "now",
        "interval": "5m",
        "timestamp_override": "event.ingested",
        "tags": ["Data Source: IBM i", "Domain: Network", "sk2siem"],
        "false_positives": list(one.false_positives),
        "references": [],
        "note": one.guide,
        "threat": _threat(one),
        "alert_suppression": _suppression(one),
        "max_signals": 1000,
        **_matching(one),
    }
    if one.about_alerts:
        found |= _as_the_alert_says()
    return found


def _matching(one: Rule) -> Json:
    """What is looked for: the type of the rule and its query."""
    index = [ALERTS if one.about_alerts else CONNECTIONS]
    match one.how:
        case "query":
            return {"type": "query", "language": "lucene", "index": index, "query": one.queries["lucene"]}
        case "new":
            return {
                "type": "new_terms",
                "language": "lucene",
                "index": index,
                "query": one.queries["lucene"],
                "new_terms_fields": _fields(one, one.new),
                "history_window_start": "now-30d",
            }
        case "newest":
            return {"type": "esql", "language": "esql", "query": _newest(one)}
        case "count":
            assert one.count
            return {"type": "esql", "language": "esql", "query": _count(one), "from": f"now-{one.count.minutes + 1}m"}
        case _:
            return {"type": "esql", "language": "esql", "query": _absent(), "from": "now-2d"}


def _newest(one: Rule) -> str:
    """Whole documents, so that an alert shows all that we wrote."""
    # Kibana takes three fields to suppress by: all of them go into one
    parts = ', " ", '.join(_text(field) for field in _fields(one, one.suppress))
    return (
        f"FROM {ALERTS} METADATA _id, _index, _version"
        + NEWEST.format(condition=_condition(one)).rstrip()
        + f"\n| EVAL Esql.suppression = CONCAT({parts})\n| KEEP *"
    )


def _count(one: Rule) -> str:
    assert one.count
    condition = _condition(one)
    by = ", ".join(_fields(one, one.count.by))
    return (
        f"FROM {CONNECTIONS}\n| WHERE ({condition}) OR ibmi.verdict.supersedes IS NOT NULL"
        + NEWEST.format(condition=condition).rstrip()
        + "\n| STATS Esql.failures = COUNT(*), Esql.first_seen = MIN(@timestamp), Esql.last_seen = MAX(@timestamp)"
        + f"\n    BY {by}\n| WHERE Esql.failures >= {one.count.least}\n| KEEP {by}, Esql.*"
    )


def _absent() -> str:
    return textwrap.dedent(
        f"""\
        FROM {CONNECTIONS}
        | WHERE event.action == "status"
        | STATS Esql.seen = MAX(event.ingested), Esql.ended = MAX(CASE(ibmi.status.final, event.ingested, NULL))
            BY host.name
        | WHERE Esql.seen < NOW() - {SILENT_MINUTES} minutes AND (Esql.ended IS NULL OR Esql.ended < Esql.seen)
        | KEEP host.name, Esql.*"""
    )


def _condition(one: Rule) -> str:
    """What pySigma wrote behind its `where`."""
    return one.queries["esql"].partition(" | where ")[2]


def _suppression(one: Rule) -> Json:
    fields = ["Esql.suppression"] if one.how == "newest" else _fields(one, one.suppress)
    return {
        "group_by": fields,
        "duration": {"value": one.hours, "unit": "h"},
        "missing_fields_strategy": "suppress",
    }


def _as_the_alert_says() -> Json:
    """Name, severity and risk of a rule that promotes an alert of ours are those of the alert."""
    by_severity = {"1": "low", "21": "low", "47": "medium", "73": "high", "99": "critical"}
    return {
        "rule_name_override": "message",
        "severity_mapping": [
            {"field": "event.severity", "operator": "equals", "value": value, "severity": severity}
            for value, severity in by_severity.items()
        ],
        "risk_score_mapping": [{"field": "event.risk_score", "operator": "equals", "value": ""}],
    }


def _threat(one: Rule) -> list[Json]:
    if not one.tactic or not one.technique:
        return []
    site = "https://attack.mitre.org"
    (tactic, tactic_name), (technique, technique_name) = one.tactic, one.technique
    return [
        {
            "framework": "MITRE ATT&CK",
            "tactic": {"id": tactic, "name": tactic_name, "reference": f"{site}/tactics/{tactic}/"},
            "technique": [
                {"id": technique, "name": technique_name, "reference": f"{site}/techniques/{technique}/"},
            ],
        }
    ]


def _fields(one: Rule, names: tuple[str, ...]) -> list[str]:
    known = sigma.fields("ecs", service="alert" if one.about_alerts else None)
    return [known[name] for name in names]


def _text(field: str) -> str:
    """A field as text in ES|QL; of a connection without a port or an address nothing is left out."""
    return f'COALESCE(TO_STRING({field}), "-")'
