"""Records with every field filled, and what the sinks make of them: the names that siem/ may use."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import orjson

from schemas.records import DetailType, EventId, Tls, changed
from sinks.elastic.render import render as render_ecs
from sinks.elastic.streams import Streams
from sinks.sink import Forwarded
from sinks.splunk.render import render as render_cim
from tests.unit.sinks.documents import paths
from tests.unit.sinks.samples import ALERT, ENTRY, EVENT, SAMPLES, VERDICT

Json = dict[str, Any]

INGESTED = datetime(2026, 11, 22, 2, 15, 1, tzinfo=UTC)
STREAMS = Streams.of("default")
FULL_VERDICT = changed(
    VERDICT,
    detail="catalogue-wrong",
    tls=Tls("TLSV1.2", "RSA_AES_128_CBC_SHA"),
    audit_levels=("*NETSCK",),
    supersedes=VERDICT.id,
    destination=VERDICT.source,
)
FULL_ENTRY = changed(
    ENTRY,
    detail_type=DetailType.SECURE,
    mac_address="00005E005301",
    host_name="pc17.example.com",
    filter_description="spam",
    filter_data="subject",
    secure_version="TLSV1.2",
    secure_properties="RSA_AES_128_CBC_SHA",
)
FULL: Mapping[str, Forwarded] = {
    **SAMPLES,
    "full-verdict": FULL_VERDICT,
    "full-alert": changed(ALERT, id=EventId("full"), connection=FULL_VERDICT),
    "full-event": changed(EVENT, entry=FULL_ENTRY),
}

# what Splunk itself knows of an event
SPLUNK_OWN = {"_time", "_indextime", "_key", "_raw", "host", "source", "sourcetype", "index"}


def ecs(content: Forwarded) -> Json:
    return cast(Json, orjson.loads(render_ecs(content, STREAMS.of_content(content), INGESTED)))


def cim(content: Forwarded) -> Json:
    """The envelope's event, with what else can be searched for."""
    envelope = orjson.loads(render_cim(content, alerts_only=True))
    return {**envelope["event"], **{name: envelope[name] for name in ("host", "source", "sourcetype")}}


def ecs_fields() -> set[str]:
    """Every field that the sink elastic writes."""
    return {path for content in FULL.values() for path in paths(ecs(content))}


def cim_fields() -> set[str]:
    """Every field that the sink splunk writes, and Splunk's own."""
    return {name for content in FULL.values() for name in cim(content)} | SPLUNK_OWN
