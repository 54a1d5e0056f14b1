"""Names, types and lengths of fields are those that were published: ECS 9.4, CIM 8.5, CEF 25.1, LEEF 2.0."""

from typing import cast

import orjson
import pytest

from sinks.elastic.templates import component_template
from sinks.splunk.render import render
from sinks.syslog.columns import COLUMNS
from tests.unit.sinks.samples import EVERY_KIND

Object = dict[str, object]

ECS = {
    "date": "@timestamp event.ingested",
    "keyword": (
        "ecs.version event.action event.category event.code event.dataset event.id event.kind event.module "
        "event.outcome event.provider event.reason event.type host.name host.hostname host.os.name host.os.family "
        "network.application network.community_id network.direction network.iana_number network.protocol "
        "network.transport network.type observer.product observer.type observer.vendor process.name related.hosts "
        "rule.category rule.id rule.name rule.ruleset rule.version source.address source.domain destination.address "
        "destination.domain tags threat.framework threat.tactic.id threat.tactic.name threat.technique.id "
        "threat.technique.name tls.cipher tls.version tls.version_protocol user.name"
    ),
    "constant_keyword": "data_stream.type data_stream.dataset data_stream.namespace",
    "long": "event.sequence event.severity source.port destination.port",
    "float": "event.risk_score",
    "ip": "source.ip destination.ip related.ip",
    "boolean": "tls.established",
    "match_only_text": "message",
}
OUR_OWN = "ibmi."

# the models Network_Traffic and Alerts
NOT_OURS = frozenset(["body", "subject", "tag", "bytes", "duration", "packets"])
VALUES = {
    "action": {"allowed", "blocked", "teardown"},
    "transport": {"tcp", "udp", "icmp"},
    "protocol": {"ip", "icmp"},
    "protocol_version": {"ipv4", "ipv6"},
    "direction": {"inbound", "outbound"},
    "severity": {"critical", "high", "medium", "low", "informational"},
    "type": {"alarm", "alert", "event", "task", "warning"},
}

# the CEF dictionary; c6a2 is of its older editions, which receivers still read
CEF_LENGTHS = {
    "act": 63,
    "app": 31,
    "cat": 1023,
    "dhost": 1023,
    "dproc": 1023,
    "duser": 1023,
    "dvchost": 100,
    "externalId": 40,
    "msg": 1023,
    "outcome": 63,
    "proto": 31,
    "reason": 1023,
    "shost": 1023,
    "sproc": 1023,
    "suser": 1023,
    "flexString1": 1023,
    "flexString2": 1023,
    **{f"cs{number}": 4000 for number in range(1, 7)},
}
CEF_OF_OTHER_TYPES = frozenset(["rt", "src", "spt", "dst", "dpt", "c6a2", "c6a3", "smac", "deviceDirection"])
LEEF = frozenset(
    [
        "cat",
        "devTime",
        "proto",
        "src",
        "dst",
        "srcPort",
        "dstPort",
        "usrName",
        "srcMAC",
        "identHostName",
        "policy",
        "sev",
        "name",
        "resource",
    ]
)
LEEF_MEANINGS = {
    "src": {"source_ip4", "source_ip6"},
    "dst": {"destination_ip4", "destination_ip6"},
    "usrName": {"source_user", "destination_user"},
}


def mapped() -> dict[str, str]:
    return dict(_types(cast(Object, component_template()["template"]["mappings"]["properties"])))


def _types(properties: Object, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, mapping in cast(dict[str, Object], properties).items():
        if inner := mapping.get("properties"):
            found += _types(cast(Object, inner), f"{prefix}{name}.")
        else:
            found.append((prefix + name, str(mapping["type"])))
    return found


def test_every_field_of_our_template_is_one_of_ecs_with_its_type_or_below_our_own_name() -> None:
    published = {name: kind for kind, names in ECS.items() for name in names.split()}

    ours = {name: kind for name, kind in mapped().items() if not name.startswith(OUR_OWN)}

    assert ours == {name: published.get(name, "not in ECS") for name in ours}


@pytest.mark.parametrize("name", EVERY_KIND)
def test_fields_of_cim_have_only_values_that_the_models_allow(name: str) -> None:
    event = orjson.loads(render(EVERY_KIND[name]))["event"]

    assert not NOT_OURS & set(event)
    for key, allowed in VALUES.items():
        assert event.get(key) is None or event[key] in allowed
    for key in ("src_port", "dest_port"):
        assert isinstance(event.get(key, 0), int)


def test_every_key_of_cef_is_published_with_its_length_or_carries_our_name() -> None:
    for column in COLUMNS:
        if column.cef and not column.cef.startswith("sk2siem"):
            assert column.cef in {*CEF_LENGTHS, *CEF_OF_OTHER_TYPES}
            assert column.limit == CEF_LENGTHS.get(column.cef, column.limit), column.cef


def test_custom_keys_of_cef_say_what_they_hold() -> None:
    custom = [column for column in COLUMNS if column.cef and column.cef.startswith(("cs", "flexString", "c6a"))]

    assert custom
    assert all(column.label for column in custom)


def test_a_published_key_of_leef_holds_what_it_is_for() -> None:
    for key, facts in LEEF_MEANINGS.items():
        assert {column.fact for column in COLUMNS if column.leef == key} == facts
    assert {column.leef for column in COLUMNS} >= LEEF - {"sev", "name", "resource"}
