"""One event as a HEC envelope with flat names of Splunk's Common Information Model (CIM 8.5)."""

from collections.abc import Mapping

import orjson

from schemas.records import Alert, Direction, Endpoint, Event, Status, Verdict
from sinks.mapping import MEANINGS, SNIFFABLE, ends_of, job_of, meaning_of, program_of
from sinks.network import ip
from sinks.sink import Forwarded

Fields = dict[str, object]

SOURCE = "ibmi:qaudjrn"
CONNECTION, EVENT, STATUS, ALERT = "ibmi:connection", "ibmi:event", "ibmi:status", "ibmi:alert"
CHECK = "sk2siem:check"
VENDOR_PRODUCT = "IBM i Audit Journal"
NETWORK_SNIFFING = "T1040"
BOTH_MODELS = ("Alerts", "Network_Traffic")


def render(content: Forwarded, index: str | None = None, *, alerts_only: bool = False) -> bytes:
    """The envelope. Its keys are these and no others: Splunk drops what follows an unknown one without a word.

    With `alerts_only` an alert stands for its connection as well, whose verdict does not come by itself: it says so.
    """
    sourcetype, event = _event(content)
    if alerts_only and isinstance(content, Alert) and content.connection is not None:
        event["cim_models"] = BOTH_MODELS
    envelope: Fields = {
        "time": f"{content.time.timestamp():.6f}",
        "host": content.system,
        "source": SOURCE,
        "sourcetype": sourcetype,
        "event": {name: value for name, value in event.items() if value is not None},
        "fields": _indexed(content),
    }
    if index is not None:
        envelope["index"] = index
    return orjson.dumps(envelope, option=orjson.OPT_UTC_Z)


def probe(text: str, index: str | None) -> bytes:
    """An event of a check, of a sourcetype that no search for events of an IBM i finds."""
    envelope = {"source": "sk2siem", "sourcetype": CHECK, "event": text}
    return orjson.dumps(envelope if index is None else {**envelope, "index": index})


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


def _indexed(content: Forwarded) -> Mapping[str, str]:
    """The few fields that are worth being indexed: counting by verdict and dropping copies must be fast."""
    if isinstance(content, Verdict):
        return {"event_id": content.id, "verdict": content.verdict}
    return {"event_id": content.id}


def _verdict(verdict: Verdict) -> Fields:
    tls = verdict.tls
    return {
        "event_id": verdict.id,
        "time": verdict.time,
        **_traffic(verdict.source, verdict.destination, verdict.direction),
        "action": meaning_of(verdict).cim_action,
        "app": verdict.service or "unknown",
        "transport": verdict.transport,
        "dvc": verdict.system,
        "vendor_product": VENDOR_PRODUCT,
        "sk_type": verdict.detail_type,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "basis": verdict.basis,
        "severity": verdict.severity,
        "network": verdict.network,
        "advice": verdict.advice,
        "ssl_version": tls.protocol if tls else None,
        "ssl_cipher": tls.cipher if tls else None,
        "policy": verdict.policy,
        "mode": verdict.mode,
        "audit_levels": verdict.audit_levels,
        "evidence": verdict.evidence,
        "journal": verdict.journal,
        "receiver": verdict.receiver,
        "sequence": verdict.sequence,
        "journal_time": verdict.journal_time,
        "backfill": verdict.backfill,
        "supersedes": verdict.supersedes,
    }


def _alert(alert: Alert) -> Fields:
    """For the model Alerts, with the connection it is about; that one is in Network Traffic by its own verdict."""
    return {
        **(_verdict(alert.connection) if alert.connection else _about(alert.system)),
        "event_id": alert.id,
        "id": alert.id,
        "time": alert.time,
        "type": "alert",
        "kind": alert.kind,
        "severity": alert.severity,
        "signature": alert.title,
        "signature_id": alert.reason,
        "description": alert.description,
        "verdict": alert.verdict,
        "reason": alert.reason,
        "advice": alert.advice,
        "mitre_technique_id": NETWORK_SNIFFING if alert.reason in SNIFFABLE else None,
    }


def _without_verdict(event: Event) -> Fields:
    entry, meaning, ends, job = (
        event.entry,
        MEANINGS[event.entry.detail_type],
        ends_of(event.entry),
        job_of(event.entry),
    )
    return {
        "event_id": event.id,
        "time": event.time,
        **_traffic(ends.source, ends.destination, ends.direction),
        "action": meaning.cim_action,
        "app": event.service or "unknown",
        "transport": ends.transport,
        "dvc": event.system,
        "vendor_product": VENDOR_PRODUCT,
        "sk_type": entry.detail_type,
        "sk_action": meaning.action,
        "reason": event.reason,
        "ssl_version": entry.secure_version,
        "ssl_properties": entry.secure_properties,
        "src_mac": entry.mac_address,
        "host_name": entry.host_name,
        "filter_description": entry.filter_description,
        "filter_data": entry.filter_data,
        "user": entry.user,
        "job_number": job.number,
        "job_user": job.user,
        "job_name": job.name,
        "process": program_of(entry),
        "journal": entry.journal,
        "receiver": entry.receiver,
        "sequence": entry.sequence,
        "journal_time": entry.journal_time,
        "backfill": entry.backfill,
    }


def _status(status: Status) -> Fields:
    return {
        "event_id": status.id,
        "time": status.time,
        **_about(status.system),
        "progress": status.progress,
        "at_end": status.at_end,
        "audit_levels": status.audit_levels,
        "lag_entries": status.lag_entries,
        "lag_seconds": status.lag_seconds,
        "final": status.final,
    }


def _about(system: str) -> Fields:
    return {"dest": system, "dvc": system, "app": "audit-journal", "vendor_product": VENDOR_PRODUCT}


def _traffic(source: Endpoint, destination: Endpoint, direction: Direction) -> Fields:
    src, dest = ip(source.address), ip(destination.address)
    known = src or dest
    return {
        "src": source.address,
        "src_ip": src.text if src else None,
        "src_port": source.port,
        "src_dns": source.name,
        "src_dns_status": source.name_status,
        "dest": destination.address,
        "dest_ip": dest.text if dest else None,
        "dest_port": destination.port,
        "dest_dns": destination.name,
        "dest_dns_status": destination.name_status,
        "direction": None if direction is Direction.UNKNOWN else direction,
        "protocol": "ip" if known else None,
        "protocol_version": f"ipv{known.version}" if known else None,
    }
