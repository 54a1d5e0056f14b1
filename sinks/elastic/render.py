"""One event as a document of the Elastic Common Schema (ECS 9.4.0), with our own fields below `ibmi`."""

from datetime import datetime

from schemas.records import Alert, DetailType, Entry, Event, Status, Verdict, VerdictKind
from sinks.elastic.fields import (
    ECS,
    OBSERVER,
    TAGS,
    AlertFields,
    Document,
    EventFields,
    EventReason,
    Ibmi,
    JobFields,
    Journal,
    Named,
    Rule,
    StatusFields,
    TlsFields,
    VerdictFields,
    constant,
    host,
    written,
)
from sinks.elastic.network import connect, handshake, names
from sinks.elastic.streams import Stream
from sinks.mapping import MEANINGS, SEVERITIES, SNIFFABLE, Meaning, ends_of, job_of, meaning_of, program_of
from sinks.sink import Forwarded

THREAT = constant(
    {
        "framework": "MITRE ATT&CK",
        "tactic": {"id": ["TA0006"], "name": ["Credential Access"]},
        "technique": {"id": ["T1040"], "name": ["Network Sniffing"]},
    }
)
LONGEST_LONG = 18  # digits that surely fit Elasticsearch's `long`; a longer sequence stays text only


def render(content: Forwarded, stream: Stream, ingested: datetime) -> bytes:
    """The document as one line. `ingested` is when it is sent; `@timestamp` is the journal's time, UTC."""
    document = _document(content)
    document.data_stream = stream.fields
    event = document.event
    event.id = content.id
    event.module = "ibmi"
    event.dataset = stream.dataset
    event.ingested = ingested
    return written(document)


def operation(content: Forwarded, stream: Stream, ingested: datetime) -> bytes:
    """The two lines of a bulk request that create the document under its own id, and only where it is not yet there."""
    return b"%b%b}}\n%b\n" % (stream.create, written(content.id), render(content, stream, ingested))


def _document(content: Forwarded) -> Document:
    match content:
        case Verdict():
            return _verdict(content)
        case Alert():
            return _alert(content)
        case Event():
            return _event(content)
        case Status():
            return _status(content)


def _begun(content: Forwarded, event: EventFields, ibmi: Ibmi) -> Document:
    return Document(content.time, ECS, event, host(content.system), OBSERVER, TAGS, ibmi)


def _verdict(verdict: Verdict) -> Document:
    event = _what_happened(meaning_of(verdict), verdict.detail_type, verdict.journal, verdict.sequence)
    event.severity = SEVERITIES[verdict.severity]
    document = _begun(verdict, event, _ibmi_of_verdict(verdict))
    connect(
        document,
        verdict.source,
        verdict.destination,
        verdict.direction,
        transport=verdict.transport,
        service=verdict.service,
    )
    if verdict.tls:
        document.tls = handshake(verdict.tls)
    elif verdict.verdict is VerdictKind.FAILED:
        document.tls = TlsFields(established=False)
    if verdict.backfill or verdict.supersedes:
        document.tags = _tags(backfill=verdict.backfill, correction=verdict.supersedes is not None)
    return document


def _alert(alert: Alert) -> Document:
    """About a connection: its document, made an alert. About the pipeline itself: a document of its own."""
    about = alert.connection
    document = _verdict(about) if about else _about_the_pipeline(alert)
    event = document.event
    event.kind = "alert"
    if about:
        event.category = ("network", "intrusion_detection")
    event.severity = SEVERITIES[alert.severity]
    event.risk_score = float(event.severity)
    event.reason = alert.description
    document.timestamp = alert.time
    document.host = host(alert.system)
    document.ibmi.alert = AlertFields(alert.kind, alert.reason, alert.severity, alert.advice)
    document.message = alert.title
    document.rule = Rule(
        id=alert.reason,
        name=alert.reason.replace("-", " "),
        category=alert.kind,
        ruleset="sk2siem",
        version=about.policy if about else None,
    )
    if alert.reason in SNIFFABLE:
        document.threat = THREAT
    return document


def _about_the_pipeline(alert: Alert) -> Document:
    return _begun(alert, EventFields("alert", ("configuration",), ("info",), "pipeline-alert", "sk2siem"), Ibmi())


def _event(event: Event) -> Document:
    entry = event.entry
    what = _what_happened(MEANINGS[entry.detail_type], entry.detail_type, entry.journal, entry.sequence)
    document = _begun(event, what, _ibmi_of_entry(entry))
    document.ibmi.event = EventReason(event.reason)
    source, destination, direction, transport = ends_of(entry)
    connect(document, source, destination, direction, transport=transport, service=event.service)
    if entry.backfill:
        document.tags = _tags(backfill=True, correction=False)
    if entry.user:
        document.user = Named(entry.user)
    if program := program_of(entry):
        document.process = Named(program)
    return document


def _status(status: Status) -> Document:
    ibmi = Ibmi(
        status=StatusFields(status.progress, status.at_end, status.lag_seconds, status.final, status.lag_entries),
        audit_levels=status.audit_levels,
        audit_levels_asserted=status.audit_levels_asserted or None,
    )
    return _begun(status, EventFields("state", ("host",), ("info",), "status", "sk2siem"), ibmi)


def _what_happened(meaning: Meaning, detail_type: DetailType, journal: str, sequence: str) -> EventFields:
    return EventFields(
        "event",
        meaning.category,
        meaning.types,
        meaning.action,
        journal.rpartition("/")[2],  # its name without the library
        f"SK-{detail_type}",
        meaning.outcome,
        int(sequence) if len(sequence) <= LONGEST_LONG and sequence.isdecimal() else None,
    )


def _ibmi_of_verdict(verdict: Verdict) -> Ibmi:
    return Ibmi(
        verdict=VerdictFields(
            verdict.verdict,
            verdict.reason,
            verdict.basis,
            verdict.severity,
            verdict.policy,
            verdict.mode,
            verdict.detail,
            verdict.advice,
            verdict.supersedes,
        ),
        evidence=verdict.evidence,
        journal=Journal(verdict.journal, verdict.receiver, verdict.sequence),
        journal_time=verdict.journal_time,
        detail_type=verdict.detail_type,
        reader=verdict.reader,
        backfill=verdict.backfill,
        network=verdict.network,
        audit_levels=verdict.audit_levels,
        audit_levels_asserted=verdict.audit_levels_asserted or None,
        dns=names(verdict.source, verdict.destination),
    )


def _ibmi_of_entry(entry: Entry) -> Ibmi:
    return Ibmi(
        journal=Journal(entry.journal, entry.receiver, entry.sequence, entry.receiver_library),
        journal_time=entry.journal_time,
        detail_type=entry.detail_type,
        reader=entry.reader,
        backfill=entry.backfill,
        mac_address=entry.mac_address,
        host_name=entry.host_name,
        filter_description=entry.filter_description,
        filter_data=entry.filter_data,
        secure_version=entry.secure_version,
        secure_properties=entry.secure_properties,
        job=JobFields(*job_of(entry)) if entry.job else None,
    )


def _tags(*, backfill: bool, correction: bool) -> list[str]:
    return [*TAGS, *(["backfill"] if backfill else []), *(["correction"] if correction else [])]
