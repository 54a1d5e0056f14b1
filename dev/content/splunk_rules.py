"""savedsearches.conf of the Splunk app: the reports, and the rules as correlation searches of Enterprise Security."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from dev.content import sigma
from dev.content.rules import Rule, rules

SEARCHES = Path(__file__).with_name("searches.toml")
HEADER = "# Written by `python -m dev.content write` from searches.toml, rules.toml and the Sigma rules.\n"
SILENT_MINUTES = 15
RISK = {"low": 10, "medium": 30, "high": 60, "critical": 80}
MINUTES = 10  # two runs see each event; suppression tells it once
ARRIVED_LATE = {"dispatch.earliest_time": "-7d@d", "dispatch.latest_time": "+1h"}

Stanza = Mapping[str, object]


def document() -> str:
    """The file, as it ships. Raises Missing, Failed."""
    stanzas = {**dict(_reports()), **{f"IBM i - {one.title} - Rule": _rule(one) for one in rules()}}
    return HEADER + "".join(_text(name, stanza) for name, stanza in stanzas.items())


def search(one: Rule) -> str:
    """What the rule looks for, in SPL, on the time of arrival."""
    urgency = "severity" if one.about_alerts else f'"{one.level}"'
    return f"{_found(one)} | eval urgency={urgency}"


def _found(one: Rule) -> str:
    known = sigma.fields("cim")
    if one.how == "absent":
        return (
            "`ibmi_status` | stats max(_indextime) as seen, latest(final) as ended by dvc"
            f' | where seen < relative_time(now(), "-{SILENT_MINUTES}m") AND ended!="true"'
        )
    minutes = one.count.minutes if one.count else MINUTES
    found = f"`ibmi_index` {one.queries['splunk']} _index_earliest=-{minutes + 1}m@m _index_latest=now"
    if one.how in ("newest", "count"):
        found += " `ibmi_not_superseded`"
    found += " | `ibmi_once`"
    if one.count:
        by = ", ".join(known[name] for name in one.count.by)
        found += f" | stats count as failures, latest(app) as app, min(_time) as first_seen by {by}"
        found += f" | where failures >= {one.count.least}"
    if one.how == "new":
        by = ", ".join(known[name] for name in one.new)
        key = '."|".'.join(known[name] for name in one.new)
        found += (
            f" | stats latest(_time) as last_seen, latest(app) as app, latest(src) as src, latest(dest) as dest by {by}"
            f" | eval _key={key} | lookup ibmi_remotes _key OUTPUT last_seen as seen_before"
            " | outputlookup append=true key_field=_key ibmi_remotes"
            ' | where isnull(seen_before) OR seen_before < relative_time(now(), "-30d")'
        )
    return found


def _reports() -> Iterator[tuple[str, Stanza]]:
    for row in tomllib.loads(SEARCHES.read_text())["search"]:
        yield (
            f"IBM i - {row['title']}",
            {
                "description": row["says"],
                "search": row["spl"],
                "dispatch.earliest_time": "-24h@h",
                "dispatch.latest_time": "now",
            },
        )


def _rule(one: Rule) -> Stanza:
    known = sigma.fields("cim")
    return {
        "description": one.description,
        "search": search(one),
        "disabled": 1,
        "enableSched": 1,
        "cron_schedule": "*/5 * * * *",
        "realtime_schedule": 0,  # a run that was missed is made up for
        "schedule_window": "auto",
        **ARRIVED_LATE,
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": 0,
        "alert.track": 1,
        "alert.digest_mode": 0,
        "alert.severity": {"low": 2, "medium": 3, "high": 4, "critical": 5}[one.level],
        "alert.suppress": 1,
        "alert.suppress.fields": ",".join(known[name] for name in one.suppress),
        "alert.suppress.period": f"{one.hours * 3600}s",
        **_enterprise_security(one),
    }


def _enterprise_security(one: Rule) -> Stanza:
    """What makes it a correlation search: a notable event, risk, and a way from there to the events."""
    known = sigma.fields("cim")
    subject = known[one.risk]
    title = "$signature$" if one.about_alerts else f"{one.title}: ${subject}$"
    annotations = {"mitre_attack": [one.technique[0]]} if one.technique else {}
    risk = {
        "risk_object_field": subject,
        "risk_object_type": "system",
        "risk_score": RISK[one.level],
    }
    drill = {
        "name": "The events",
        "search": _drill_down(one),
        "earliest_offset": "$info_min_time$",
        "latest_offset": "$info_max_time$",
    }
    return {
        "action.correlationsearch.enabled": 1,
        "action.correlationsearch.label": f"IBM i - {one.title}",
        "action.correlationsearch.annotations": json.dumps(annotations),
        "action.notable": 1,
        "action.notable.param.rule_title": title,
        "action.notable.param.rule_description": f"{one.description} Run-book: docs/runbooks/{one.runbook}.md",
        "action.notable.param.security_domain": "network",
        "action.notable.param.severity": one.level,
        "action.notable.param.drilldown_searches": json.dumps([drill]),
        "action.notable.param.nes_fields": ",".join(known[name] for name in one.suppress),
        "action.risk": 1,
        "action.risk.param._risk": json.dumps([risk]),
        "action.risk.param._risk_message": title,
        "action.risk.param._risk_score": 0,
    }


def _drill_down(one: Rule) -> str:
    known = sigma.fields("cim")
    if one.how == "absent":
        return "`ibmi_status` dvc=$dvc|s$"
    where = " ".join(f"{known[name]}=${known[name]}|s$" for name in one.suppress)
    return f"`ibmi_index` {one.queries['splunk']} {where}"


def _text(name: str, stanza: Stanza) -> str:
    lines = [f"{key} = {_value(value)}" for key, value in stanza.items()]
    return "\n".join(["", f"[{name}]", *lines, ""])


def _value(value: object) -> str:
    """A value of several lines goes on behind a backslash."""
    return str(value).replace("\n", " \\\n")
