"""Every field that Elasticsearch can be sent: the objects of the Elastic Common Schema (ECS 9.4.0), ours below `ibmi`.

What is None is left out. msgspec writes such objects several times faster than dictionaries are filled, cleaned of
what is not known, and written.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Raw, Struct
from msgspec.json import Encoder

written = Encoder().encode
"""JSON on one line, times as UTC with `Z`."""

Json = Raw
"""A part of a document that is written already."""

ECS = Json(b'{"version":"9.4.0"}')
OBSERVER = Json(b'{"type":"poller","vendor":"sk2siem","product":"sk2siem"}')
TAGS = ("ibmi",)
MOST_SYSTEMS = 1024


class EventFields(Struct, omit_defaults=True, gc=False):
    kind: str
    category: Sequence[str]
    type: Sequence[str]
    action: str
    provider: str
    code: str | None = None
    outcome: str | None = None
    sequence: int | None = None
    severity: int | None = None
    risk_score: float | None = None
    reason: str | None = None
    id: str | None = None
    module: str | None = None
    dataset: str | None = None
    ingested: datetime | None = None


class Network(Struct, omit_defaults=True, gc=False):
    direction: str
    type: str | None = None
    transport: str | None = None
    iana_number: str | None = None
    community_id: str | None = None
    application: str | None = None
    protocol: str | None = None


class Related(Struct, omit_defaults=True, gc=False):
    """Every address and name once more, where searches look for any of them."""

    ip: Sequence[str]
    hosts: Sequence[str] | None = None


class End(Struct, omit_defaults=True, gc=False):
    address: str | None = None
    ip: str | None = None
    port: int | None = None
    domain: str | None = None


class TlsFields(Struct, omit_defaults=True, gc=False):
    established: bool
    version: str | None = None
    version_protocol: str | None = None
    cipher: str | None = None


class Named(Struct, gc=False):
    """A user or a process."""

    name: str


class Rule(Struct, omit_defaults=True, gc=False):
    id: str
    name: str
    category: str
    ruleset: str
    version: str | None = None


class VerdictFields(Struct, omit_defaults=True, gc=False):
    result: str
    reason: str
    basis: str
    severity: str
    policy: str
    mode: str
    detail: str | None = None
    advice: str | None = None
    supersedes: str | None = None


class AlertFields(Struct, omit_defaults=True, gc=False):
    kind: str
    reason: str
    severity: str
    advice: str | None = None


class EventReason(Struct, gc=False):
    reason: str


class StatusFields(Struct, omit_defaults=True, gc=False):
    progress: datetime
    at_end: bool
    lag_seconds: float
    final: bool
    lag_entries: int | None = None


class Journal(Struct, omit_defaults=True, gc=False):
    name: str
    receiver: str
    sequence: str
    receiver_library: str | None = None


class Name(Struct, omit_defaults=True, gc=False):
    """What reverse DNS said of one end."""

    status: str
    name: str | None = None


class Names(Struct, omit_defaults=True, gc=False):
    source: Name | None = None
    destination: Name | None = None


class JobFields(Struct, omit_defaults=True, gc=False):
    number: str | None = None
    user: str | None = None
    name: str | None = None


class Ibmi(Struct, omit_defaults=True, gc=False):
    verdict: VerdictFields | None = None
    alert: AlertFields | None = None
    event: EventReason | None = None
    status: StatusFields | None = None
    evidence: Sequence[str] | None = None
    journal: Journal | None = None
    journal_time: str | None = None
    detail_type: str | None = None
    reader: str | None = None
    backfill: bool | None = None
    network: str | None = None
    audit_levels: Sequence[str] | None = None
    audit_levels_asserted: bool | None = None
    dns: Names | None = None
    mac_address: str | None = None
    host_name: str | None = None
    filter_description: str | None = None
    filter_data: str | None = None
    secure_version: str | None = None
    secure_properties: str | None = None
    job: JobFields | None = None


class Document(Struct, omit_defaults=True, gc=False, rename={"timestamp": "@timestamp"}):
    """`data_stream` is set when it is known where the document goes."""

    timestamp: datetime
    ecs: Json
    event: EventFields
    host: Json
    observer: Json
    tags: Sequence[str]
    ibmi: Ibmi
    data_stream: Json | None = None
    network: Network | None = None
    related: Related | None = None
    source: End | None = None
    destination: End | None = None
    tls: TlsFields | None = None
    user: Named | None = None
    process: Named | None = None
    message: str | None = None
    rule: Rule | None = None
    threat: Json | None = None


def constant(value: object) -> Json:
    """What many documents have alike, written once."""
    return Json(written(value))


@lru_cache(MOST_SYSTEMS)
def host(system: str) -> Json:
    """A system as the host of its events."""
    return constant({"name": system.lower(), "hostname": system, "os": {"name": "IBM i", "family": "ibm i"}})
