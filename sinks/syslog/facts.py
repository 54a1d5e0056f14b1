"""What a record says, as named facts: the one source of CEF and LEEF."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from schemas.records import Alert, DetailType, Direction, Endpoint, Event, Severity, Status, Verdict
from sinks.mapping import MEANINGS, ends_of, meaning_of, program_of
from sinks.network import ip
from sinks.sink import Forwarded

Facts = Mapping[str, object]

PIPELINE = "pipeline"
STATUS = "status"
SIDES = {Direction.INBOUND: 0, Direction.OUTBOUND: 1}
OPENED_HERE = frozenset({DetailType.CONNECT, DetailType.OUTBOUND_UDP})


class Told(NamedTuple):
    """`code` is the class of the event (`SK-A`, or the reason of an alert), `name` what people read."""

    code: str
    name: str
    severity: Severity
    facts: Facts


def tell(content: Forwarded) -> Told:
    """Facts that are not known are left out."""
    match content:
        case Verdict():
            meaning = meaning_of(content)
            told = Told(
                f"SK-{content.detail_type}", meaning.action.replace("-", " "), content.severity, _verdict(content)
            )
        case Alert():
            told = Told(content.reason, content.title, content.severity, _alert(content))
        case Event():
            action = MEANINGS[content.entry.detail_type].action
            told = Told(
                f"SK-{content.entry.detail_type}", action.replace("-", " "), Severity.INFORMATIONAL, _event(content)
            )
        case Status():
            told = Told(STATUS, "status of a system", Severity.INFORMATIONAL, _status(content))
    common = {
        "time": int(content.time.timestamp() * 1000),
        "id": content.id,
        "short_id": short_id(content.id),
        "system": content.system,
        "category": content.type,
    }
    return told._replace(facts={name: value for name, value in {**common, **told.facts}.items() if value is not None})


def short_id(ident: str) -> str:
    """An id for fields that hold 40 characters: the same for every copy of the event."""
    return hashlib.sha256(ident.encode()).hexdigest()[:32]


def _verdict(verdict: Verdict) -> Facts:
    meaning, tls = meaning_of(verdict), verdict.tls
    return {
        **_ends(verdict.source, verdict.destination, verdict.direction),
        "transport": verdict.transport,
        "service": verdict.service,
        "action": meaning.cim_action,
        "outcome": meaning.outcome,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "basis": verdict.basis,
        "detail": verdict.detail,
        "evidence": " ".join(verdict.evidence) if len(verdict.evidence) > 1 else None,  # else it is the id
        "network": verdict.network,
        "advice": verdict.advice,
        "policy": verdict.policy,
        "tls_version": tls.protocol if tls else None,
        "tls_cipher": tls.cipher if tls else None,
        "receiver": verdict.receiver,
        "sequence": verdict.sequence,
        "backfill": "true" if verdict.backfill else None,
        "supersedes": verdict.supersedes,
    }


def _alert(alert: Alert) -> Facts:
    about: Facts = _verdict(alert.connection) if alert.connection else {"service": PIPELINE}
    return {
        **about,
        "verdict": alert.verdict,
        "reason": alert.reason,
        "advice": alert.advice,
        "message": alert.description,
        "kind": alert.kind,
    }


def _event(event: Event) -> Facts:
    entry, meaning, ends = event.entry, MEANINGS[event.entry.detail_type], ends_of(event.entry)
    here = "source" if entry.detail_type in OPENED_HERE else "destination"
    return {
        **_ends(ends.source, ends.destination, ends.direction),
        "transport": ends.transport,
        "service": event.service,
        "action": meaning.cim_action,
        "outcome": meaning.outcome,
        "reason": event.reason,
        f"{here}_user": entry.user,
        f"{here}_process": program_of(entry),
        "mac": entry.mac_address,
        "message": entry.filter_description,
        "receiver": entry.receiver,
        "sequence": entry.sequence,
        "backfill": "true" if entry.backfill else None,
    }


def _status(status: Status) -> Facts:
    lag = "" if status.lag_entries is None else f", {status.lag_entries} entries behind"
    return {
        "service": PIPELINE,
        "message": f"the journal of {status.system} is read up to {status.progress:%Y-%m-%dT%H:%M:%S.%f}Z{lag}",
    }


def _ends(source: Endpoint, destination: Endpoint, direction: Direction) -> Facts:
    facts: dict[str, object] = {"direction": SIDES.get(direction)}
    for side, end in (("source", source), ("destination", destination)):
        if found := ip(end.address):
            facts[f"{side}_ip{found.version}"] = found.text
        facts[f"{side}_port"] = end.port
        facts[f"{side}_host"] = end.name if end.name_status == "confirmed" else None
    return facts
