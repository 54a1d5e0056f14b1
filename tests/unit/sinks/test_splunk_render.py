"""HEC envelopes: fixed keys, plain decimal times, flat CIM names; golden files show them whole."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import orjson
import pytest

from schemas.records import Alert, DetailType, Severity, changed
from sinks.sink import Forwarded
from sinks.splunk.render import render
from tests.unit.sinks.samples import (
    ALERT,
    CORRECTION,
    ENTRY,
    EVENT,
    GAP,
    KINDS,
    SAMPLES,
    TIME,
    VERDICT,
    golden_of_kinds,
)

GOLDEN = Path(__file__).parent / "golden"
CIM_ALERTS = {
    "app",
    "description",
    "dest",
    "id",
    "severity",
    "signature",
    "signature_id",
    "src",
    "type",
    "user",
}  # CIM 8.5
ENVELOPE = {"time", "host", "source", "sourcetype", "index", "event", "fields"}


def rendered(content: Forwarded, index: str | None = None) -> dict[str, object]:
    return cast(dict[str, object], orjson.loads(render(content, index)))


def event_of(content: Forwarded) -> dict[str, object]:
    return cast(dict[str, object], rendered(content)["event"])


@pytest.mark.parametrize("name", SAMPLES)
def test_an_event_looks_as_its_golden_file_says(name: str) -> None:
    envelope = rendered(SAMPLES[name], index="ibmi")

    assert envelope == orjson.loads((GOLDEN / f"splunk-{name}.json").read_bytes())


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_looks_as_the_golden_file_says(name: str) -> None:
    assert rendered(KINDS[name]) == golden_of_kinds("splunk")[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_no_key_can_appear_that_splunk_does_not_know(name: str) -> None:
    assert set(rendered(SAMPLES[name], index="ibmi")) == ENVELOPE
    assert set(rendered(SAMPLES[name])) == ENVELOPE - {"index"}


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param(TIME, "1795313700.123456", id="microseconds"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), "1767225600.000000", id="a whole second"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1), "0.000001", id="never an exponent"),
        pytest.param(datetime(2100, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "4133980799.999999", id="far away"),
    ],
)
def test_the_time_is_a_plain_decimal(time: datetime, expected: str) -> None:
    assert rendered(changed(VERDICT, time=time))["time"] == expected


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_not_known_is_left_out(name: str) -> None:
    event = event_of(SAMPLES[name])

    assert None not in event.values()


@pytest.mark.parametrize("name", SAMPLES)
def test_indexed_fields_are_flat_texts(name: str) -> None:
    fields = cast(dict[str, object], rendered(SAMPLES[name])["fields"])

    assert fields["event_id"] == SAMPLES[name].id
    assert all(isinstance(value, str) for value in fields.values())


@pytest.mark.parametrize("name", ["verdict", "correction", "failed-handshake", "alert"])
def test_connections_carry_what_network_traffic_requires(name: str) -> None:
    event = event_of(SAMPLES[name])

    assert event["action"] in {"allowed", "blocked"}
    assert event["transport"] in {"tcp", "udp"}
    assert event["direction"] in {"inbound", "outbound"}
    assert {"app", "dvc", "vendor_product"} <= set(event)


@pytest.mark.parametrize("severity", Severity)
def test_alerts_carry_what_the_alerts_model_requires(severity: Severity) -> None:
    event = event_of(changed(ALERT, severity=severity))

    assert event["severity"] in {"critical", "high", "medium", "low", "informational"}
    assert event["type"] == "alert"
    assert {"app", "description", "dest", "src", "id", "signature", "signature_id"} <= set(event)


def test_no_field_that_enterprise_security_fills_itself_is_set() -> None:
    names = {name for content in SAMPLES.values() for name in event_of(content)}

    assert not {name for name in names if name.endswith(("_bunit", "_category", "_priority"))}


def test_an_alert_that_corrects_says_so() -> None:
    alert: Alert = changed(ALERT, connection=CORRECTION)

    assert event_of(alert)["supersedes"] == CORRECTION.supersedes


@pytest.mark.parametrize(
    ("detail_type", "source"),
    [
        pytest.param(DetailType.ACCEPT, ENTRY.remote_address, id="accepted: the remote side opened it"),
        pytest.param(DetailType.CONNECT, ENTRY.local_address, id="connected: the system opened it"),
        pytest.param(DetailType.INBOUND_UDP, ENTRY.remote_address, id="inbound UDP"),
        pytest.param(DetailType.OUTBOUND_UDP, ENTRY.local_address, id="outbound UDP"),
    ],
)
def test_the_source_is_the_side_that_opened_the_connection(detail_type: DetailType, source: str) -> None:
    event = event_of(changed(EVENT, entry=changed(ENTRY, detail_type=detail_type)))

    assert event["src"] == source


@pytest.mark.parametrize(
    ("alert", "unknown"),
    [pytest.param(ALERT, {"user"}, id="of a connection"), pytest.param(GAP, {"user", "src"}, id="of the pipeline")],
)
def test_an_alert_has_every_field_that_the_model_lists_but_what_nobody_knows(alert: Alert, unknown: set[str]) -> None:
    assert CIM_ALERTS - event_of(alert).keys() == unknown


def test_an_alert_stands_for_its_connection_only_where_verdicts_do_not_come_by_themselves() -> None:
    alone = cast(dict[str, object], orjson.loads(render(ALERT, alerts_only=True))["event"])

    assert alone["cim_models"] == ["Alerts", "Network_Traffic"]
    assert "cim_models" not in event_of(ALERT)


def test_an_alert_without_a_connection_is_no_traffic() -> None:
    assert "cim_models" not in orjson.loads(render(GAP, alerts_only=True))["event"]
