"""Values that cannot work are refused before anything is installed, with a sentence that says what to do."""

from typing import Any

import pytest

from tests.helm.rendered import refusal

GOOD: dict[str, Any] = {
    "settings": {"broker": {"url": "kafka://k:9092"}, "splunk": {"url": "https://s:8088"}},
    "secrets": {"splunk": {"name": "hec"}},
    "systems": [{"name": "PROD1", "settings": {"ibmi": {"system": "p"}}, "secrets": {"ibmi": {"name": "p"}}}],
    "sinks": {"splunk": {"enabled": True}},
}


def merged(*trees: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tree in trees:
        for name, value in tree.items():
            both = isinstance(value, dict) and isinstance(found.get(name), dict)
            found[name] = merged(found[name], value) if both else value
    return found


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            {"settings": {"broker": {"url": ""}}}, "settings.broker.url must be set to kafka://", id="no broker"
        ),
        pytest.param({"systems": []}, "systems is empty; name at least one IBM i", id="no system"),
        pytest.param(
            {"systems": [*GOOD["systems"], *GOOD["systems"]]}, "systems: PROD1 is there twice", id="a system twice"
        ),
        pytest.param({"sinks": {"splunk": {"enabled": False}}}, "sinks: none is enabled", id="no sink"),
        pytest.param(
            {"systems": [{"name": "PROD1"}]},
            "producer of PROD1: settings.ibmi.password must be set, or be in the secret that secrets.ibmi names",
            id="no password",
        ),
        pytest.param(
            {"secrets": {"splunk": {"name": ""}}},
            "splunk: settings.splunk.token must be set, or be in the secret that secrets.splunk names",
            id="no token",
        ),
        pytest.param(
            {"sinks": {"elastic": {"enabled": True}}},
            "elastic: settings.elastic.url or settings.elastic.cloud_id must be set",
            id="no address of a SIEM",
        ),
        pytest.param(
            {"settings": {"splunk": {"token": "t"}}},
            "splunk: settings.splunk.token and secrets.splunk both give the token; keep one",
            id="a secret twice",
        ),
        pytest.param({"enricher": {"replicas": 7}}, "enricher: 7 pods are more than the 6 partitions", id="idle pods"),
        pytest.param(
            {"settings": {"loop": {"grace": 60}}},
            "splunk: pod.terminationGracePeriodSeconds must be above settings.loop.grace",
            id="killed before it is done",
        ),
        pytest.param(
            {"enricher": {"policy": 'mode = "ports"'}, "settings": {"enricher": {"policy": "ports"}}},
            "enricher.policy and settings.enricher.policy are both set; keep one",
            id="two policies",
        ),
        pytest.param(
            {"settings": {"producer": {"system": "OTHER"}}},
            "at '/settings/producer': additional properties 'system' not allowed",
            id="two names",
        ),
        pytest.param(
            {"autoscaling": {"enabled": True}, "settings": {"broker": {"sasl_mechanism": "OAUTHBEARER"}}},
            "KEDA needs a TriggerAuthentication of your own to log in with OAUTHBEARER",
            id="a login that KEDA cannot do",
        ),
        pytest.param(
            {"settings": {"splunk": {"urls": "x"}}}, "additional properties 'urls' not allowed", id="a name that is not"
        ),
        pytest.param({"settings": {"loop": {"grace": "soon"}}}, "got string, want number", id="a wrong type"),
        pytest.param({"settings": {"loop": {"batch_size": 0}}}, "minimum: got 0, want 1", id="too little"),
        pytest.param({"systems": [{"name": "prod1"}]}, "does not match pattern", id="a name in lower case"),
        pytest.param(
            {"certificates": {"broker": {"name": "k", "cert": "tls.crt"}}},
            "properties 'key' required, if 'cert' exists",
            id="half a certificate",
        ),
        pytest.param({"replicas": 2}, "additional properties 'replicas' not allowed", id="a value that is not"),
        pytest.param(
            {"settings": {"splunk": {"url": "splunk.example.com:8088"}}}, "does not match pattern", id="no scheme"
        ),
    ],
)
def test_what_cannot_work_is_refused(change: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(merged(GOOD, change))


TWO_WAYS = {"name": "e", "keys": {"username": "u", "password": "p"}}
ELASTIC = {"sinks": {"elastic": {"enabled": True}}, "settings": {"elastic": {"url": "https://e:9200"}}}
SYSLOG = {"sinks": {"syslog": {"enabled": True}}, "settings": {"syslog": {"url": "tls://s:6514"}}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            {"settings": {"broker": {"sasl_mechanism": "PLAIN", "username": "u"}}},
            "init: settings.broker.password must be set to log in with PLAIN, or be taken from the secret that",
            id="half a login",
        ),
        pytest.param(
            {"settings": {"broker": {"sasl_mechanism": "OAUTHBEARER"}}, "secrets": {"broker": {"name": "k"}}},
            "enricher: settings.broker.client_secret must be set to log in with OAUTHBEARER",
            id="another login",
        ),
        pytest.param(
            {"secrets": {"broker": {"name": "k"}}},
            "producer of PROD1: secrets.broker names a secret to log in with, and settings.broker.sasl_mechanism says",
            id="a login that nobody uses",
        ),
        pytest.param(
            {"certificates": {"broker": {"name": "k"}}},
            "certificates for Kafka are of use with settings.broker.security tls alone",
            id="certificates without TLS",
        ),
        pytest.param(
            {"certificates": {"splunk": {"name": "k"}}, "settings": {"splunk": {"url": "http://splunk:8088"}}},
            "splunk: certificates for settings.splunk.url are of use with https:// alone",
            id="certificates of Splunk without TLS",
        ),
        pytest.param(
            {
                "sinks": {
                    "elastic": {"enabled": True, "settings": {"elastic": {"url": "http://a:9200,http://b:9200"}}}
                },
                "settings": {"elastic": {"ca_file": "/etc/ssl/ca.pem"}},
            },
            "elastic: certificates for settings.elastic.url are of use with https:// alone",
            id="certificates of Elasticsearch without TLS",
        ),
        pytest.param(
            {
                "sinks": {"syslog": {"enabled": True, "settings": {"syslog": {"url": "tcp://siem:514"}}}},
                "certificates": {"syslog": {"name": "k"}},
            },
            "syslog: certificates for settings.syslog.url are of use with tls:// alone",
            id="certificates of syslog without TLS",
        ),
        pytest.param(
            {"settings": {"ops": {"host": "127.0.0.1"}}}, "where no probe reaches it", id="probes that cannot reach it"
        ),
        pytest.param({"settings": {"ops": {"port": 0}}}, "settings.ops.port is 0, any port", id="a port nobody knows"),
        pytest.param(
            {"autoscaling": {"enabled": True, "minReplicas": 7}},
            "enricher: autoscaling.minReplicas is above autoscaling.maxReplicas",
            id="fewest above most",
        ),
        pytest.param(
            {"settings": {"producer": {"recovery": "timestamp"}}},
            "producer of PROD1: settings.producer.recovery is timestamp; set settings.producer.recovery_timestamp",
            id="no time",
        ),
        pytest.param(
            {"settings": {"splunk": {"proxy_username": "u"}}},
            "splunk: settings.splunk.proxy_username needs settings.splunk.proxy_password",
            id="half a login of the proxy",
        ),
        pytest.param(
            merged(ELASTIC, {"settings": {"elastic": {"username": "u"}}}),
            "elastic: settings.elastic.username needs settings.elastic.password",
            id="half a login of Elasticsearch",
        ),
        pytest.param(
            merged(ELASTIC, {"settings": {"elastic": {"api_key": "k"}}, "secrets": {"elastic": TWO_WAYS}}),
            "init: settings.elastic and secrets.elastic give api_key and username; keep one way",
            id="two logins",
        ),
        pytest.param(
            merged(ELASTIC, {"settings": {"elastic": {"cloud_id": "name:ZXMkZXMka2I="}}}),
            "settings.elastic.url and settings.elastic.cloud_id are both set; keep one",
            id="two addresses",
        ),
        pytest.param(
            merged(SYSLOG, {"settings": {"syslog": {"framing": "newline"}}}),
            "syslog: settings.syslog.framing must be octet-counting with tls://",
            id="a framing for TCP",
        ),
    ],
)
def test_what_a_service_would_refuse_is_refused(change: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(merged(GOOD, change))


def test_all_problems_are_said_at_once() -> None:
    said = refusal({})

    assert "settings.broker.url" in said
    assert "systems is empty" in said
    assert "none is enabled" in said
