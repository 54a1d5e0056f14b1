"""One event as a HEC envelope with flat names of Splunk's Common Information Model (CIM 8.5)."""

from datetime import datetime

from schemas.records import Alert, Direction, Endpoint, Event, EventId, Status, Verdict
from sinks.mapping import MEANINGS, SNIFFABLE, ends_of, job_of, meaning_of, program_of
from sinks.network import ip
from sinks.sink import Forwarded
from sinks.splunk.fields import Envelope, Fields, Indexed

SOURCE = "ibmi:qaudjrn"
CONNECTION, EVENT, STATUS, ALERT = "ibmi:connection", "ibmi:event", "ibmi:status", "ibmi:alert"
VENDOR_PRODUCT = "IBM i Audit Journal"
NETWORK_SNIFFING = "T1040"
BOTH_MODELS = ("Alerts", "Network_Traffic")


def render(content: Forwarded, index: str | None = None, *, alerts_only: bool = False) -> bytes:
    """The envelope as JSON.

    With `alerts_only` an alert stands for its connection as well, whose verdict does not come by itself: it says so.
    """
    sourcetype, event = _event(content)
    if alerts_only and isinstance(content, Alert) and content.connection is not None:
        event.cim_models = BOTH_MODELS
    verdict = content.verdict if isinstance(content, Verdict) else None
    time = f"{content.time.timestamp():.6f}"
    return Envelope(time, content.system, SOURCE, sourcetype, event, Indexed(content.id, verdict), index).written()


def _event(content: Forwarded) -> tuple[str, Fields]:
    match content:
        case Verdict():
            return CONNECTION, _verdict(content)
        case Alert():
            return ALERT, _alert(content)
        case Event():
            return EVENT, _without_verdict(content)
        case Status():
            return STATUS, _status(content)


def _verdict(verdict: Verdict) -> Fields:
    fields = _traffic(verdict.id, verdict.time, verdict.source, verdict.destination, verdict.direction)
    fields.action = meaning_of(verdict).cim_action
    fields.app = verdict.service or "unknown"
    fields.transport = verdict.transport
    fields.dvc = verdict.system
    fields.sk_type = verdict.detail_type
    fields.verdict = verdict.verdict
    fields.reason = verdict.reason
    fields.detail = verdict.detail
    fields.basis = verdict.basis
    fields.severity = verdict.severity
    fields.network = verdict.network
    fields.advice = verdict.advice
    if tls := verdict.tls:
        fields.ssl_version = tls.protocol
        fields.ssl_cipher = tls.cipher
    fields.policy = verdict.policy
    fields.mode = verdict.mode
    fields.audit_levels = verdict.audit_levels
    fields.audit_levels_asserted = verdict.audit_levels_asserted or None
    fields.evidence = verdict.evidence
    fields.journal = verdict.journal
    fields.receiver = verdict.receiver
    fields.sequence = verdict.sequence
    fields.journal_time = verdict.journal_time
    fields.backfill = verdict.backfill
    fields.supersedes = verdict.supersedes
    return fields


def _alert(alert: Alert) -> Fields:
    """For the model Alerts, with the connection it is about; that one is in Network Traffic by its own verdict."""
    fields = _verdict(alert.connection) if alert.connection else _about(alert.id, alert.time, alert.system)
    fields.event_id = fields.id = alert.id
    fields.time = alert.time
    fields.type = "alert"
    fields.kind = alert.kind
    fields.severity = alert.severity
    fields.signature = alert.title
    fields.signature_id = alert.reason
    fields.description = alert.description
    fields.verdict = alert.verdict
    fields.reason = alert.reason
    fields.advice = alert.advice
    if alert.reason in SNIFFABLE:
        fields.mitre_technique_id = NETWORK_SNIFFING
    return fields


def _without_verdict(event: Event) -> Fields:
    entry = event.entry
    meaning, ends, job = MEANINGS[entry.detail_type], ends_of(entry), job_of(entry)
    fields = _traffic(event.id, event.time, ends.source, ends.destination, ends.direction)
    fields.action = meaning.cim_action
    fields.app = event.service or "unknown"
    fields.transport = ends.transport
    fields.dvc = event.system
    fields.sk_type = entry.detail_type
    fields.sk_action = meaning.action
    fields.reason = event.reason
    fields.ssl_version = entry.secure_version
    fields.ssl_properties = entry.secure_properties
    fields.src_mac = entry.mac_address
    fields.host_name = entry.host_name
    fields.filter_description = entry.filter_description
    fields.filter_data = entry.filter_data
    fields.user = entry.user
    fields.job_number, fields.job_user, fields.job_name = job
    fields.process = program_of(entry)
    fields.journal = entry.journal
    fields.receiver = entry.receiver
    fields.sequence = entry.sequence
    fields.journal_time = entry.journal_time
    fields.backfill = entry.backfill
    return fields


def _status(status: Status) -> Fields:
    fields = _about(status.id, status.time, status.system)
    fields.progress = status.progress
    fields.at_end = status.at_end
    fields.audit_levels = status.audit_levels
    fields.audit_levels_asserted = status.audit_levels_asserted or None
    fields.lag_entries = status.lag_entries
    fields.lag_seconds = status.lag_seconds
    fields.final = status.final
    return fields


def _about(event_id: EventId, time: datetime, system: str) -> Fields:
    return Fields(event_id, time, dest=system, dvc=system, app="audit-journal", vendor_product=VENDOR_PRODUCT)


def _traffic(
    event_id: EventId, time: datetime, source: Endpoint, destination: Endpoint, direction: Direction
) -> Fields:
    src, dest = ip(source.address), ip(destination.address)
    known = src or dest
    return Fields(
        event_id,
        time,
        src=source.address,
        src_ip=src.text if src else None,
        src_port=source.port,
        src_dns=source.name,
        src_dns_status=source.name_status,
        dest=destination.address,
        dest_ip=dest.text if dest else None,
        dest_port=destination.port,
        dest_dns=destination.name,
        dest_dns_status=destination.name_status,
        direction=None if direction is Direction.UNKNOWN else direction,
        protocol="ip" if known else None,
        protocol_version=f"ipv{known.version}" if known else None,
        vendor_product=VENDOR_PRODUCT,
    )
