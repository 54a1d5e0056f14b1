"""ECS documents: allowed values only, addresses that are addresses; golden files show them whole."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import orjson
import pytest

from schemas.records import Alert, Direction, Endpoint, changed
from sinks.elastic.render import render
from sinks.elastic.streams import Streams
from sinks.elastic.templates import component_template, index_template
from sinks.sink import Forwarded
from tests.unit.sinks.documents import paths
from tests.unit.sinks.samples import ALERT, CORRECTION, EVERY_KIND, FAILED, KINDS, SAMPLES, VERDICT, golden_of_kinds

GOLDEN = Path(__file__).parent / "golden"
INGESTED = datetime(2026, 11, 22, 2, 15, 1, tzinfo=UTC)
Object = dict[str, object]

# ECS 9.4.0
EVENT_KINDS = {"alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error"}
TYPES = {
    "network": {"access", "allowed", "connection", "denied", "end", "info", "protocol", "start"},
    "email": {"info"},
    "configuration": {"access", "change", "creation", "deletion", "info"},
    "host": {"access", "change", "end", "info", "start"},
}
DIRECTIONS = {"ingress", "egress", "inbound", "outbound", "internal", "external", "unknown"}
OUTCOMES = {"success", "failure", "unknown"}


def rendered(content: Forwarded) -> Object:
    stream = Streams.of("default").of_content(content)
    return cast(Object, orjson.loads(render(content, stream, INGESTED)))


def part(document: Object, name: str) -> Object:
    return cast(Object, document[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_an_event_looks_as_its_golden_file_says(name: str) -> None:
    assert rendered(SAMPLES[name]) == orjson.loads((GOLDEN / f"elastic-{name}.json").read_bytes())


@pytest.mark.parametrize("journal", ["QSYS/QAUDJRN", "QAUDJRN"])
def test_the_provider_is_the_journals_name_without_its_library(journal: str) -> None:
    document = rendered(changed(VERDICT, journal=journal))

    assert part(document, "event")["provider"] == "QAUDJRN"
    assert cast(Object, part(document, "ibmi")["journal"])["name"] == journal


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_looks_as_the_golden_file_says(name: str) -> None:
    assert rendered(KINDS[name]) == golden_of_kinds("elastic")[name]


@pytest.mark.parametrize("name", EVERY_KIND)
def test_categories_take_only_values_that_ecs_allows(name: str) -> None:
    document = rendered(EVERY_KIND[name])

    event = part(document, "event")
    categories = cast(list[str], event["category"])
    assert event["kind"] in EVENT_KINDS
    assert event.get("outcome", "unknown") in OUTCOMES
    assert set(cast(list[str], event["type"])) <= TYPES[categories[0]]
    assert set(categories[1:]) <= {"intrusion_detection"}
    if "network" in document:
        assert part(document, "network")["direction"] in DIRECTIONS


@pytest.mark.parametrize("name", SAMPLES)
def test_one_line_without_nulls(name: str) -> None:
    line = render(SAMPLES[name], Streams.of("default").connection, INGESTED)

    assert b"\n" not in line
    assert b"null" not in line


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("10.9.8.7", "10.9.8.7", id="IPv4"),
        pytest.param("2001:db8::7", "2001:db8::7", id="IPv6"),
        pytest.param("10.9.8", None, id="three numbers"),
        pytest.param("10.9.8.256", None, id="a number too large"),
        pytest.param("fe80::1%eth0", None, id="with a zone"),
        pytest.param("*N", None, id="not an address"),
        pytest.param(" 10.9.8.7", None, id="a blank before it"),
    ],
)
def test_only_a_true_address_becomes_an_ip(address: str, expected: str | None) -> None:
    source = part(rendered(changed(VERDICT, source=Endpoint(address, 1))), "source")

    assert source["address"] == address
    assert source.get("ip") == expected


def test_an_unconfirmed_name_is_no_domain() -> None:
    document = rendered(CORRECTION)

    assert "domain" not in part(document, "source")
    assert part(document, "ibmi")["dns"] == {
        "source": {"status": "unconfirmed", "name": "prod1.example.com"},
        "destination": {"status": "timeout"},
    }


def test_a_confirmed_name_is_a_domain() -> None:
    assert part(rendered(VERDICT), "source")["domain"] == "pc17.example.com"


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        pytest.param(Direction.INBOUND, "ingress", id="inbound"),
        pytest.param(Direction.OUTBOUND, "egress", id="outbound"),
        pytest.param(Direction.UNKNOWN, "unknown", id="unknown"),
    ],
)
def test_the_direction_is_the_hosts_view(direction: Direction, expected: str) -> None:
    assert part(rendered(changed(VERDICT, direction=direction)), "network")["direction"] == expected


def test_a_failed_handshake_is_denied_and_no_tls_is_established() -> None:
    document = rendered(FAILED)

    assert part(document, "event")["outcome"] == "failure"
    assert document["tls"] == {"established": False}


def test_backfill_and_corrections_can_be_left_out_by_rules() -> None:
    assert rendered(CORRECTION)["tags"] == ["ibmi", "backfill", "correction"]
    assert rendered(VERDICT)["tags"] == ["ibmi"]


def test_a_sequence_that_a_long_cannot_hold_stays_text() -> None:
    document = rendered(CORRECTION)

    assert "sequence" not in part(document, "event")
    assert cast(Object, part(document, "ibmi")["journal"])["sequence"] == "18446744073709551615"


def test_an_alert_goes_to_its_own_stream_with_the_connection_in_it() -> None:
    alert: Alert = ALERT

    document = rendered(alert)

    assert Streams.of("soc").of_content(alert).name == "logs-ibmi.alert-soc"
    assert part(document, "data_stream")["dataset"] == "ibmi.alert"
    assert part(document, "destination")["port"] == 23
    assert part(document, "event")["kind"] == "alert"


def test_the_prebuilt_telnet_rule_of_elastic_would_match() -> None:
    document = rendered(VERDICT)

    event, network = part(document, "event"), part(document, "network")
    assert "network" in cast(list[str], event["category"])
    assert "connection" in cast(list[str], event["type"])
    assert not {"denied", "end"} & set(cast(list[str], event["type"]))
    assert (part(document, "destination")["port"], network["protocol"]) == (23, "telnet")


@pytest.mark.parametrize("name", EVERY_KIND)
def test_every_field_has_a_type_in_our_template(name: str) -> None:
    assert set(paths(rendered(EVERY_KIND[name]))) - _mapped() == set()


def test_what_a_verdict_adds_to_its_reason_has_a_type_in_our_template() -> None:
    assert set(paths(rendered(changed(VERDICT, detail="catalogue-wrong")))) - _mapped() == set()


def _mapped() -> set[str]:
    return set(_paths_of_mapping(component_template()["template"]["mappings"]["properties"]))


def _paths_of_mapping(properties: Object, prefix: str = "") -> Iterator[str]:
    for name, mapping in properties.items():
        inner = cast(Object, mapping).get("properties")
        if inner is None:
            yield prefix + name
        else:
            yield from _paths_of_mapping(cast(Object, inner), f"{prefix}{name}.")


def test_the_templates_are_part_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

    assert included == {"siem/elastic": "sinks/elastic/content"}
    assert index_template()["index_patterns"] == ["logs-ibmi.*-*"]
