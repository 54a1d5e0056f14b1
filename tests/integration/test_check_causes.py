"""`sk2siem check` of each sink names what is wrong, over a real socket: an operator need not look further."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import urllib3

from cli.main import run_command
from dev.certificates import Certificates, another
from dev.hec import ACK_TOKEN, DISABLED_TOKEN, LIMITED_TOKEN, TOKEN, Hec
from dev.part import free_port
from tests.fakes.elastic_node import ElasticNode, elastic_node
from tests.fakes.relay import encrypted, relay

NOBODY = "127.0.0.1:1"
NO_NAME = "no.such.host.invalid"
LONG_AGO, FAR_AWAY = datetime(2020, 1, 1), datetime(2090, 1, 1)
OURS = 'certificate "localhost" signed by "Test Authority"'
CONNECTIONS = "logs-ibmi.connection-default"
ON_TCP = {"splunk": "http", "elastic": "http", "syslog": "tcp"}
ON_TLS = {"splunk": "https", "elastic": "https", "syslog": "tls"}


@dataclass
class Operator:
    """At a terminal, with settings that are well but for what a test changes."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    said: str = ""

    def checks(self, sink: str, **settings: str) -> int:
        login = {"splunk": {"token": TOKEN}}.get(sink, {})
        for name, value in {**login, **settings}.items():
            self.monkeypatch.setenv(f"SK2SIEM_{sink.upper()}__{name.upper()}", value)
        code = run_command(["check", sink])
        lines = self.capsys.readouterr().out.splitlines()
        self.said = next(line for line in lines if f" {sink}: " in line)
        return code


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Operator:
    monkeypatch.setenv("SK2SIEM_BROKER__URL", f"sqlite:///{tmp_path}/broker.db")
    return Operator(monkeypatch, capsys)


@pytest.fixture
def node() -> Iterator[ElasticNode]:
    with elastic_node() as made:
        yield made


@contextmanager
def tls_of(sink: str, context: ssl.SSLContext, hec: Hec, node: ElasticNode) -> Iterator[int]:
    """The SIEM behind TLS of this kind; the port."""
    if sink == "syslog":
        with receiver(context) as port:
            yield port
        return
    with relay(hec.port if sink == "splunk" else node.port, context) as front:
        yield front.port


@contextmanager
def receiver(context: ssl.SSLContext) -> Iterator[int]:
    """Takes whatever comes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError), encrypted(connection, context) as tls:
                    while tls.recv(65536):
                        pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("sink", ON_TCP)
def test_a_name_that_is_not_known(operator: Operator, sink: str) -> None:
    code = operator.checks(sink, url=f"{ON_TCP[sink]}://{NO_NAME}:1")

    assert code == 69
    assert f"the name {NO_NAME} is not known" in operator.said
    assert "DNS" in operator.said


@pytest.mark.parametrize("sink", ON_TCP)
def test_a_port_where_nobody_listens(operator: Operator, sink: str) -> None:
    code = operator.checks(sink, url=f"{ON_TCP[sink]}://{NOBODY}")

    assert code == 69
    assert NOBODY in operator.said
    assert "nobody listens there (Connection refused)" in operator.said


@pytest.mark.parametrize("sink", ON_TLS)
def test_a_certificate_of_an_authority_that_nobody_trusts(
    operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates, sink: str
) -> None:
    with tls_of(sink, certificates.server_context(), hec, node) as port:
        code = operator.checks(sink, url=f"{ON_TLS[sink]}://localhost:{port}")

    assert code == 69
    assert OURS in operator.said
    assert "is not trusted" in operator.said
    assert f"SK2SIEM_{sink.upper()}__CA_FILE" in operator.said


@pytest.mark.parametrize("sink", ON_TLS)
def test_a_certificate_for_another_name(
    operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates, sink: str
) -> None:
    names = "subjectAltName=DNS:siem.example.com,DNS:logs.example.com"
    context = another(certificates, f"{sink}-name", begins=LONG_AGO, ends=FAR_AWAY, names=names)

    with tls_of(sink, context, hec, node) as port:
        code = operator.checks(sink, url=f"{ON_TLS[sink]}://localhost:{port}", ca_file=str(certificates.authority))

    assert code == 69
    assert OURS in operator.said
    assert "is not for localhost, only for siem.example.com, logs.example.com" in operator.said
    assert f"SK2SIEM_{sink.upper()}__URL" in operator.said


@pytest.mark.parametrize("sink", ON_TLS)
@pytest.mark.parametrize(
    ("year", "says"),
    [(2020, "2020-01-01 to 2021-01-01, has expired"), (2090, "clock of this machine")],
    ids=["past", "future"],
)
def test_a_certificate_that_is_not_good_today(
    operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates, sink: str, year: int, says: str
) -> None:
    begins, ends = datetime(year, 1, 1), datetime(year + 1, 1, 1)
    context = another(certificates, f"{sink}-{year}", begins=begins, ends=ends)

    with tls_of(sink, context, hec, node) as port:
        code = operator.checks(sink, url=f"{ON_TLS[sink]}://localhost:{port}", ca_file=str(certificates.authority))

    assert code == 69
    assert says in operator.said


@pytest.mark.parametrize("sink", ON_TLS)
def test_a_server_that_wants_a_client_certificate(
    operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates, sink: str
) -> None:
    with tls_of(sink, certificates.server_context(asks_for_client=True), hec, node) as port:
        code = operator.checks(sink, url=f"{ON_TLS[sink]}://localhost:{port}", ca_file=str(certificates.authority))

    assert code == 69
    assert "the server asks for a client certificate" in operator.said
    assert f"SK2SIEM_{sink.upper()}__CERT_FILE" in operator.said


@pytest.mark.parametrize("sink", ON_TLS)
def test_a_server_that_gets_the_client_certificate_it_wants(
    operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates, sink: str
) -> None:
    certificate, key = map(str, certificates.client)
    ours = {"ca_file": str(certificates.authority), "cert_file": certificate, "key_file": key}

    with tls_of(sink, certificates.server_context(asks_for_client=True), hec, node) as port:
        assert operator.checks(sink, url=f"{ON_TLS[sink]}://localhost:{port}", **ours) == 0


@pytest.mark.parametrize("sink", ON_TLS)
def test_a_port_that_does_not_speak_tls(operator: Operator, hec: Hec, node: ElasticNode, sink: str) -> None:
    port = node.port if sink == "elastic" else hec.port

    code = operator.checks(sink, url=f"{ON_TLS[sink]}://localhost:{port}")

    assert code == 69
    assert "TLS" in operator.said
    assert f"SK2SIEM_{sink.upper()}__URL" in operator.said


def test_another_fingerprint(operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates) -> None:
    with tls_of("elastic", certificates.server_context(), hec, node) as port:
        code = operator.checks("elastic", url=f"https://localhost:{port}", ca_fingerprint="ab" * 32)

    assert code == 69
    assert OURS in operator.said
    assert "SK2SIEM_ELASTIC__CA_FINGERPRINT" in operator.said


def test_an_authority_that_the_server_does_not_show(
    operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates
) -> None:
    alone = another(certificates, "alone", begins=LONG_AGO, ends=FAR_AWAY)

    with tls_of("elastic", alone, hec, node) as port:
        code = operator.checks(
            "elastic", url=f"https://localhost:{port}", ca_fingerprint=certificates.authority_fingerprint
        )

    assert code == 69
    assert f"it shows its {OURS}" in operator.said
    assert "alone, which has not the fingerprint in SK2SIEM_ELASTIC__CA_FINGERPRINT" in operator.said
    assert "SK2SIEM_ELASTIC__CA_FILE" in operator.said


@pytest.mark.parametrize("sink", ["splunk", "elastic"])
def test_a_port_that_wants_tls(
    operator: Operator, hec: Hec, node: ElasticNode, certificates: Certificates, sink: str
) -> None:
    with tls_of(sink, certificates.server_context(), hec, node) as port:
        code = operator.checks(sink, url=f"http://localhost:{port}")

    assert code == 69
    assert "does it want https?" in operator.said


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param({"token": "nonsense"}, "Invalid token: set SK2SIEM_SPLUNK__TOKEN", id="a wrong token"),
        pytest.param({"token": DISABLED_TOKEN}, "Token disabled: enable the token", id="a disabled token"),
        pytest.param(
            {"token": LIMITED_TOKEN, "index": "elsewhere"}, "Incorrect index: allow the index", id="a wrong index"
        ),
        pytest.param({"token": ACK_TOKEN}, "acknowledgement off for this token", id="acknowledgement on there"),
        pytest.param({"acknowledgement": "true"}, "acknowledgement on for this token", id="acknowledgement off there"),
    ],
)
def test_what_splunk_refuses(operator: Operator, hec: Hec, settings: dict[str, str], says: str) -> None:
    code = operator.checks("splunk", url=hec.url, **settings)

    assert code == 69
    assert says in operator.said


def test_of_several_collectors_the_one_that_refuses_is_named(operator: Operator, hec: Hec) -> None:
    second = hec.url.replace("127.0.0.1", "localhost")

    code = operator.checks("splunk", url=f"{hec.url},{second}", token=LIMITED_TOKEN, index="elsewhere")

    assert code == 69
    assert f"(at {hec.url})" in operator.said


def test_of_several_nodes_the_one_that_refuses_is_named(operator: Operator, node: ElasticNode) -> None:
    with elastic_node() as other:
        other.broken = 500
        code = operator.checks("elastic", url=f"{node.url},{other.url}")

    assert code == 69
    assert f"Elasticsearch answered 500 (at {other.url})" in operator.said


def test_an_index_that_may_be_written_to_is_proved_by_an_event_that_says_what_it_is(
    operator: Operator, hec: Hec
) -> None:
    http = urllib3.PoolManager()
    http.request("DELETE", f"{hec.url}/control/indexed")

    code = operator.checks("splunk", url=hec.url, token=LIMITED_TOKEN, index="main")

    (stored,) = http.request("GET", f"{hec.url}/control/indexed").data.splitlines()
    http.clear()
    assert code == 0
    assert b'"sourcetype":"sk2siem:check"' in stored
    assert "sk2siem:check" in operator.said


@pytest.mark.parametrize("ahead", [7230.0, -7230.0], ids=["ours is behind", "ours is ahead"])
@pytest.mark.parametrize("sink", ["splunk", "elastic"])
def test_clocks_that_differ(operator: Operator, node: ElasticNode, tmp_path: Path, sink: str, ahead: float) -> None:
    node.clock_ahead = ahead
    with Hec(free_port(), tmp_path, settings={"clock_ahead_seconds": ahead}) as wrong:
        code = operator.checks(sink, url=wrong.url if sink == "splunk" else node.url)

    assert code == 69
    assert "the clock of this machine is 7,2" in operator.said
    assert ("behind" if ahead > 0 else "ahead of") in operator.said


def test_a_missing_template(operator: Operator, node: ElasticNode) -> None:
    node.templates.clear()

    code = operator.checks("elastic", url=node.url)

    assert code == 69
    assert "the index template logs-ibmi is missing: run `sk2siem init elastic`" in operator.said
    assert "_rollover" not in operator.said


def test_a_template_that_is_missing_though_another_one_has_made_the_streams(
    operator: Operator, node: ElasticNode
) -> None:
    node.templates.clear()
    node.streams = {CONNECTIONS, "logs-ibmi.alert-default"}

    code = operator.checks("elastic", url=node.url)

    assert code == 69
    assert "logs-ibmi is missing: run `sk2siem init elastic`, then" in operator.said
    assert f"POST logs-ibmi.alert-default/_rollover, POST {CONNECTIONS}/_rollover" in operator.said


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param(
            "/_index_template/logs-ibmi", "the index template logs-ibmi is not the one of this release", id="index"
        ),
        pytest.param(
            "/_component_template/logs-ibmi@package",
            "the component template logs-ibmi@package is not the one of this release",
            id="component",
        ),
    ],
)
def test_a_template_that_is_not_ours(operator: Operator, node: ElasticNode, path: str, says: str) -> None:
    node.templates[path] = {**node.templates[path], "template": {}}

    code = operator.checks("elastic", url=node.url)

    assert code == 69
    assert f"{says}: run `sk2siem init elastic`" in operator.said
    assert "what is yours belongs in logs-ibmi@custom" in operator.said


def test_what_the_operator_adds_in_a_component_of_his_own_is_no_difference(
    operator: Operator, node: ElasticNode
) -> None:
    node.templates["/_component_template/logs-ibmi@custom"] = {"template": {"settings": {"number_of_replicas": 2}}}

    assert operator.checks("elastic", url=node.url, namespace="prod") == 0
    assert "logs-ibmi.connection-prod" in operator.said


@pytest.mark.parametrize(
    ("lacking", "says"),
    [
        pytest.param({"create_doc"}, "lacks create_doc on logs-ibmi.connection-default", id="may not write"),
        pytest.param({"auto_configure"}, "lacks auto_configure on logs-ibmi.connection-default", id="may not create"),
    ],
)
def test_a_missing_privilege(operator: Operator, node: ElasticNode, lacking: set[str], says: str) -> None:
    node.lacking = lacking

    code = operator.checks("elastic", url=node.url)

    assert code == 69
    assert says in operator.said


def test_a_login_that_may_only_write_is_enough(operator: Operator, node: ElasticNode) -> None:
    node.refuses = {"/", "/_cat", "/_resolve", "/_index_template", "/_component_template"}

    code = operator.checks("elastic", url=node.url)

    assert code == 0
    assert "may write to and not look at" in operator.said


def test_a_stream_that_is_there_needs_no_right_to_create_it(operator: Operator, node: ElasticNode) -> None:
    node.streams = {CONNECTIONS, "logs-ibmi.alert-default"}
    node.lacking = {"auto_configure"}

    assert operator.checks("elastic", url=node.url) == 0


def test_every_node_is_asked(operator: Operator, node: ElasticNode) -> None:
    code = operator.checks("elastic", url=f"{node.url},http://{NOBODY}")

    assert code == 69
    assert f"Elasticsearch at http://{NOBODY} cannot be reached" in operator.said
