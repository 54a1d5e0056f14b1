"""Rules that others have published find our events as they are: their conditions, applied to what we render."""

from datetime import UTC, datetime
from typing import cast

import orjson
import pytest

from schemas.records import DetailType, Direction, Endpoint, Verdict, VerdictKind, changed
from sinks.elastic.render import render as render_elastic
from sinks.elastic.streams import Streams
from sinks.splunk.render import CONNECTION
from sinks.splunk.render import render as render_splunk
from tests.unit.sinks.samples import VERDICT

Object = dict[str, object]

# elastic/detection-rules, "Accepted Default Telnet Port Connection" (2026-07-16)
NO_CONNECTION = frozenset(
    [
        "Reject",
        "client-rst",
        "connection-denied",
        "connection-end",
        "denied",
        "deny",
        "flow_denied",
        "flow_dropped",
        "flow_terminated",
        "network_flow",
        "server-rst",
        "timeout",
    ]
)
# splunk/security_content, "Protocols passing authentication in cleartext"
CLEAR_TEXT_PORTS = (21, 23, 110, 143)

LOCAL, REMOTE = "10.1.1.5", "10.9.8.7"


def connection(port: int, detail_type: DetailType, kind: VerdictKind, service: str | None) -> Verdict:
    """To this port: of the system where it was accepted, of another where it was opened."""
    inbound = detail_type is DetailType.ACCEPT
    client, server = (REMOTE, LOCAL) if inbound else (LOCAL, REMOTE)
    return changed(
        VERDICT,
        detail_type=detail_type,
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        verdict=kind,
        service=service,
        source=Endpoint(client, 50123),
        destination=Endpoint(server, port),
    )


def telnet_rule(document: Object) -> bool:
    event, network = cast(Object, document["event"]), cast(Object, document["network"])
    types = cast(list[str], event["type"])
    return (
        "network" in cast(list[str], event["category"])
        and "connection" in types
        and not {"denied", "end"} & set(types)
        and event["action"] not in NO_CONNECTION
        and cast(Object, document["destination"]).get("port") == 23
        and network.get("protocol", "telnet") == "telnet"
    )


def clear_text_rule(sourcetype: str, event: Object) -> bool:
    """Of the data model Network_Traffic, which `ibmi:connection` belongs to."""
    return (
        sourcetype == CONNECTION
        and event["action"] != "blocked"
        and event["transport"] == "tcp"
        and event["dest_port"] in CLEAR_TEXT_PORTS
        and {"src", "dest"} <= set(event)
    )


CASES = [
    pytest.param(23, DetailType.ACCEPT, VerdictKind.INSECURE, "telnet", True, True, id="Telnet accepted"),
    pytest.param(23, DetailType.CONNECT, VerdictKind.INSECURE, "telnet", True, True, id="Telnet opened by the system"),
    pytest.param(23, DetailType.ACCEPT, VerdictKind.FAILED, "telnet", False, False, id="a failed handshake"),
    pytest.param(992, DetailType.ACCEPT, VerdictKind.SECURE, "telnet-ssl", False, False, id="Telnet over TLS"),
    pytest.param(23, DetailType.ACCEPT, VerdictKind.INSECURE, None, True, True, id="a service without a name"),
    pytest.param(23, DetailType.ACCEPT, VerdictKind.UNKNOWN, "http", False, True, id="another service on the port"),
    pytest.param(21, DetailType.ACCEPT, VerdictKind.INSECURE, "ftp", False, True, id="FTP"),
    pytest.param(110, DetailType.ACCEPT, VerdictKind.INSECURE, "pop3", False, True, id="POP3"),
    pytest.param(143, DetailType.CONNECT, VerdictKind.INSECURE, "imap", False, True, id="IMAP"),
    pytest.param(8471, DetailType.ACCEPT, VerdictKind.INSECURE, "as-database", False, False, id="a host server"),
]


@pytest.mark.parametrize(("port", "detail_type", "kind", "service", "is_telnet", "is_clear_text"), CASES)
def test_elastics_prebuilt_telnet_rule_and_escus_rule_on_clear_text(
    port: int, detail_type: DetailType, kind: VerdictKind, service: str | None, is_telnet: bool, is_clear_text: bool
) -> None:
    content = connection(port, detail_type, kind, service)
    stream = Streams.of("default").of_content(content)

    document = cast(Object, orjson.loads(render_elastic(content, stream, datetime(2026, 11, 22, tzinfo=UTC))))
    envelope = orjson.loads(render_splunk(content))

    assert telnet_rule(document) is is_telnet
    assert clear_text_rule(envelope["sourcetype"], envelope["event"]) is is_clear_text
