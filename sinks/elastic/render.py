"""One event as a document of the Elastic Common Schema (ECS 9.4.0), with our own fields below `ibmi`."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import orjson

from schemas.records import Alert, DetailType, Entry, Event, Status, Verdict, VerdictKind
from sinks.elastic.network import Document, connection, handshake
from sinks.elastic.streams import Stream
from sinks.mapping import MEANINGS, SEVERITIES, SNIFFABLE, Meaning, ends_of, job_of, meaning_of, program_of
from sinks.sink import Forwarded

ECS = {"version": "9.4.0"}
OBSERVER = {"type": "poller", "vendor": "sk2siem", "product": "sk2siem"}
OPERATING_SYSTEM = {"name": "IBM i", "family": "ibm i"}
THREAT = {
    "framework": "MITRE ATT&CK",
    "tactic": {"id": ["TA0006"], "name": ["Credential Access"]},
    "technique": {"id": ["T1040"], "name": ["Network Sniffing"]},
}
LONGEST_LONG = 18  # digits that surely fit Elasticsearch's `long`; a longer sequence stays text only


class Parts(NamedTuple):
    """A document while it is made: the fields of `event`, of `ibmi`, and all others."""

    event: Document
    ibmi: Document
    others: Document


def render(content: Forwarded, stream: Stream, ingested: datetime) -> bytes:
    """The document as one line. `ingested` is when it is sent; `@timestamp` is the journal's time, UTC."""
    event, ibmi, others = _parts(content)
    event["id"] = content.id
    event["module"] = "ibmi"
    event["dataset"] = stream.dataset
    event["ingested"] = ingested
    document = {
        "@timestamp": content.time,
        "ecs": ECS,
        "data_stream": stream.fields,
        "event": event,
        "host": {"name": content.system.lower(), "hostname": content.system, "os": OPERATING_SYSTEM},
        "observer": OBSERVER,
        "tags": ["ibmi"],
        **others,
        "ibmi": ibmi,
    }
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def _parts(content: Forwarded) -> Parts:
    match content:
        case Verdict():
            return _verdict(content)
        case Alert():
            return _alert(content)
        case Event():
            return _event(content)
        case Status():
            return _status(content)


def _verdict(verdict: Verdict) -> Parts:
    event = _what_happened(meaning_of(verdict), verdict.detail_type, verdict.journal, verdict.sequence)
    event["severity"] = SEVERITIES[verdict.severity]
    others = connection(
        verdict.source,
        verdict.destination,
        verdict.direction,
        transport=verdict.transport,
        service=verdict.service,
    )
    if verdict.tls:
        others["tls"] = handshake(verdict.tls)
    elif verdict.verdict is VerdictKind.FAILED:
        others["tls"] = {"established": False}
    if verdict.backfill or verdict.supersedes:
        others["tags"] = _tags(backfill=verdict.backfill, correction=verdict.supersedes is not None)
    return Parts(event, _ibmi_of_verdict(verdict), others)


def _alert(alert: Alert) -> Parts:
    """About a connection: its document, made an alert. About the pipeline itself: a document of its own."""
    about = alert.connection
    event, ibmi, others = _verdict(about) if about else _about_the_pipeline()
    severity = SEVERITIES[alert.severity]
    event["kind"] = "alert"
    if about:
        event["category"] = ["network", "intrusion_detection"]
    event["severity"] = severity
    event["risk_score"] = float(severity)
    event["reason"] = alert.description
    ibmi["alert"] = _known(
        {"kind": alert.kind, "reason": alert.reason, "severity": alert.severity, "advice": alert.advice}
    )
    others["message"] = alert.title
    others["rule"] = _known(
        {
            "id": alert.reason,
            "name": alert.reason.replace("-", " "),
            "category": alert.kind,
            "ruleset": "sk2siem",
            "version": about.policy if about else None,
        }
    )
    if alert.reason in SNIFFABLE:
        others["threat"] = THREAT
    return Parts(event, ibmi, others)


def _about_the_pipeline() -> Parts:
    event: Document = {"category": ["configuration"], "type": ["info"], "action": "pipeline-alert"}
    return Parts({**event, "provider": "sk2siem"}, {}, {})


def _event(event: Event) -> Parts:
    entry = event.entry
    what = _what_happened(MEANINGS[entry.detail_type], entry.detail_type, entry.journal, entry.sequence)
    source, destination, direction, transport = ends_of(entry)
    others = connection(source, destination, direction, transport=transport, service=event.service)
    if entry.backfill:
        others["tags"] = _tags(backfill=True, correction=False)
    if entry.user:
        others["user"] = {"name": entry.user}
    if program := program_of(entry):
        others["process"] = {"name": program}
    return Parts(what, {"event": {"reason": event.reason}, **_ibmi_of_entry(entry)}, others)


def _status(status: Status) -> Parts:
    event: Document = {"kind": "state", "category": ["host"], "type": ["info"], "action": "status"}
    facts = {
        "progress": status.progress,
        "at_end": status.at_end,
        "lag_entries": status.lag_entries,
        "lag_seconds": status.lag_seconds,
        "final": status.final,
    }
    ibmi: Document = {"status": _known(facts), "audit_levels": status.audit_levels}
    if status.audit_levels_asserted:
        ibmi["audit_levels_asserted"] = True
    return Parts({**event, "provider": "sk2siem"}, _known(ibmi), {})


def _what_happened(meaning: Meaning, detail_type: DetailType, journal: str, sequence: str) -> Document:
    event: Document = {
        "kind": "event",
        "category": meaning.category,
        "type": meaning.types,
        "action": meaning.action,
        "code": f"SK-{detail_type}",
        "provider": journal,
    }
    if meaning.outcome:
        event["outcome"] = meaning.outcome
    if len(sequence) <= LONGEST_LONG and sequence.isdecimal():
        event["sequence"] = int(sequence)
    return event


def _ibmi_of_verdict(verdict: Verdict) -> Document:
    ibmi: Document = {
        "verdict": _known(
            {
                "result": verdict.verdict,
                "reason": verdict.reason,
                "detail": verdict.detail,
                "basis": verdict.basis,
                "severity": verdict.severity,
                "policy": verdict.policy,
                "mode": verdict.mode,
                "advice": verdict.advice,
                "supersedes": verdict.supersedes,
            }
        ),
        "evidence": verdict.evidence,
        "journal": {"name": verdict.journal, "receiver": verdict.receiver, "sequence": verdict.sequence},
        "journal_time": verdict.journal_time,
        "detail_type": verdict.detail_type,
        "reader": verdict.reader,
        "backfill": verdict.backfill,
    }
    if verdict.network:
        ibmi["network"] = verdict.network
    if verdict.audit_levels is not None:
        ibmi["audit_levels"] = verdict.audit_levels
    if verdict.audit_levels_asserted:
        ibmi["audit_levels_asserted"] = True
    ends = (("source", verdict.source), ("destination", verdict.destination))
    if names := {side: _known({"status": e.name_status, "name": e.name}) for side, e in ends if e.name_status}:
        ibmi["dns"] = names
    return ibmi


def _ibmi_of_entry(entry: Entry) -> Document:
    facts = {
        "journal_time": entry.journal_time,
        "detail_type": entry.detail_type,
        "reader": entry.reader,
        "backfill": entry.backfill,
        "mac_address": entry.mac_address,
        "host_name": entry.host_name,
        "filter_description": entry.filter_description,
        "filter_data": entry.filter_data,
        "secure_version": entry.secure_version,
        "secure_properties": entry.secure_properties,
        "job": _known(job_of(entry)._asdict()) or None,
    }
    journal = {
        "name": entry.journal,
        "receiver": entry.receiver,
        "receiver_library": entry.receiver_library,
        "sequence": entry.sequence,
    }
    return {"journal": journal, **_known(facts)}


def _tags(*, backfill: bool, correction: bool) -> list[str]:
    return ["ibmi", *(["backfill"] if backfill else []), *(["correction"] if correction else [])]


def _known(facts: Mapping[str, object]) -> Document:
    return {name: value for name, value in facts.items() if value is not None}
