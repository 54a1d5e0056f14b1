"""Ways to a cluster: certificates, logins, several nodes; and what `sk2siem init` puts there."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from dev.certificates import Certificates, make
from runtime.errors import Unavailable
from runtime.metrics import Metrics
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.sink import Parcel
from tests.fakes.elastic_node import ElasticNode, RequestFault, elastic_node
from tests.fakes.relay import relay
from tests.unit.sinks.samples import parcel, verdict

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def node() -> Iterator[ElasticNode]:
    with elastic_node() as made:
        yield made


def send(parcels: list[Parcel], **changes: object) -> None:
    sink = ElasticSink(ElasticSettings.model_validate({"timeout_seconds": 5, **changes}), Metrics("elastic"))
    try:
        outcome = sink.send(parcels)
    finally:
        sink.close()
    assert (outcome.rejected, outcome.deferred) == ([], [])


def parcels(count: int) -> list[Parcel]:
    return [parcel(verdict(number), offset=number) for number in range(count)]


def test_a_fingerprint_of_the_authority_is_enough(node: ElasticNode, certificates: Certificates) -> None:
    with relay(node.port, certificates.server_context()) as front:
        send(parcels(3), url=f"https://localhost:{front.port}", ca_fingerprint=certificates.authority_fingerprint)

    assert len(node.documents) == 3


def test_another_fingerprint_is_refused(node: ElasticNode, certificates: Certificates) -> None:
    with (
        relay(node.port, certificates.server_context()) as front,
        pytest.raises(Unavailable, match="SK2SIEM_ELASTIC__CA_FINGERPRINT"),
    ):
        send(parcels(3), url=f"https://localhost:{front.port}", ca_fingerprint="ab" * 32)

    assert node.documents == {}


def test_another_authority_of_the_same_name_is_refused_though_it_shows_the_true_certificate(
    node: ElasticNode, certificates: Certificates, tmp_path: Path
) -> None:
    false = make(tmp_path / "false")
    chain, _ = false.server
    chain.write_text(chain.read_text() + certificates.authority.read_text())

    with relay(node.port, false.server_context()) as front:
        ours = {"url": f"https://localhost:{front.port}", "ca_fingerprint": certificates.authority_fingerprint}
        with pytest.raises(Unavailable, match="no TLS with Elasticsearch"):
            send(parcels(3), api_key="a2V5", **ours)

    assert (node.logins, node.documents) == ([], {})


@pytest.mark.parametrize("way", ["fingerprint", "file", "unverified"])
def test_a_client_certificate_is_shown_however_the_server_is_known(
    node: ElasticNode, certificates: Certificates, way: str
) -> None:
    ways: Mapping[str, dict[str, object]] = {
        "fingerprint": {"ca_fingerprint": certificates.authority_fingerprint},
        "file": {"ca_file": str(certificates.authority)},
        "unverified": {"verify_tls": False},
    }
    cert_file, key_file = map(str, certificates.client)

    with relay(node.port, certificates.server_context(asks_for_client=True)) as front:
        send(parcels(3), url=f"https://localhost:{front.port}", cert_file=cert_file, key_file=key_file, **ways[way])

    assert len(node.documents) == 3


@pytest.mark.parametrize(
    ("login", "header"),
    [
        pytest.param({"api_key": "a2V5"}, "ApiKey a2V5", id="API key"),
        pytest.param({"bearer_token": "token"}, "Bearer token", id="bearer token"),
        pytest.param(
            {"username": "soc", "password": "pw"}, f"Basic {base64.b64encode(b'soc:pw').decode()}", id="password"
        ),
        pytest.param({}, None, id="none"),
    ],
)
def test_each_way_to_log_in(node: ElasticNode, login: dict[str, str], header: str | None) -> None:
    send(parcels(1), url=node.url, **login)

    assert set(node.logins) == {header}


def test_a_node_that_is_down_is_passed_over(node: ElasticNode) -> None:
    send(parcels(20), url=f"{NOBODY},{node.url}", batch_events=2, requests_in_parallel=1)

    assert len(node.documents) == 20


def test_a_node_that_is_overloaded_is_passed_over(node: ElasticNode) -> None:
    with elastic_node() as busy:
        busy.fault(RequestFault(429, "es_rejected_execution_exception", times=None))
        send(parcels(20), url=f"{busy.url},{node.url}", batch_events=2, requests_in_parallel=1)

    assert len(node.documents) == 20


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param(RequestFault(401, "security_exception", times=None), "the login is refused", id="a refusal"),
        pytest.param(RequestFault(page=True, times=None), "is not Elasticsearch", id="a page of a proxy"),
    ],
)
def test_of_several_nodes_the_one_that_refuses_is_named(node: ElasticNode, fault: RequestFault, says: str) -> None:
    node.fault(fault)

    with pytest.raises(Unavailable, match=says) as held:
        send(parcels(3), url=f"{node.url},{node.url.replace('127.0.0.1', 'localhost')}", requests_in_parallel=1)

    said = str(held.value)
    assert (node.url in said) != (node.url.replace("127.0.0.1", "localhost") in said)


def test_without_our_template_no_first_document_is_sent(node: ElasticNode) -> None:
    node.templates.clear()

    with pytest.raises(Unavailable, match="run `sk2siem init elastic`") as held:
        send(parcels(20), url=node.url, batch_events=2)

    assert held.value.retry_after == 30.0
    assert node.received.total() == 0


@pytest.mark.parametrize(
    ("namespace", "streams"),
    [
        pytest.param("default", {"logs-ibmi.connection-default"}, id="a stream is there"),
        pytest.param("prod", {"logs-ibmi.alert-prod"}, id="of another namespace"),
    ],
)
def test_a_stream_that_is_there_gets_documents_whatever_made_it(
    node: ElasticNode, namespace: str, streams: set[str]
) -> None:
    node.templates.clear()
    node.streams = streams

    send(parcels(3), url=node.url, namespace=namespace)

    assert len(node.documents) == 3


def test_a_login_that_may_only_write_does_so_and_asks_once(node: ElasticNode) -> None:
    node.templates.clear()
    node.refuses = {"/_index_template", "/_resolve"}

    send(parcels(20), url=node.url, batch_events=2, requests_in_parallel=1, api_key="a2V5")

    assert len(node.documents) == 20
    assert len(node.logins) == 10 + 1


def test_a_template_that_is_there_is_looked_for_once(node: ElasticNode) -> None:
    send(parcels(20), url=node.url, batch_events=2, requests_in_parallel=1)

    assert len(node.logins) == 10 + 1


@pytest.fixture
def environment(node: ElasticNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ElasticNode:
    node.templates.clear()
    monkeypatch.setenv("SK2SIEM_BROKER__URL", f"sqlite:///{tmp_path}/broker.db")
    monkeypatch.setenv("SK2SIEM_ELASTIC__URL", node.url)
    return node


def test_init_shows_before_it_installs_and_updates_what_differs(
    environment: ElasticNode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["init", "--dry-run"]) == 0
    shown, untouched = capsys.readouterr().out, dict(environment.templates)
    assert run_command(["init"]) == 0
    installed = capsys.readouterr().out
    environment.templates["/_index_template/logs-ibmi"]["priority"] = 1
    assert run_command(["init", "elastic"]) == 0
    updated = capsys.readouterr().out

    assert untouched == {}
    assert "index template logs-ibmi: missing" in shown
    assert '"data_retention": "90d"' in shown
    assert "sk.verdicts" in shown
    assert "component template logs-ibmi@package: installed" in installed
    assert "index template logs-ibmi: updated" in updated
    assert "component template logs-ibmi@package: ok" in updated
    assert "sk.verdicts" not in updated


def test_templates_shown_as_json_are_one_object_a_line(
    environment: ElasticNode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["init", "elastic", "--dry-run", "--json"]) == 0

    shown = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["state"] for one in shown] == ["missing", "missing"]
    assert "mappings" in shown[0]["content"]["template"]


def test_a_login_that_may_not_install_templates_is_told_what_it_lacks(
    environment: ElasticNode, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.refuses = {"/_component_template", "/_index_template"}

    assert run_command(["init", "elastic"]) != 0

    assert "manage_index_templates" in capsys.readouterr().err


def test_a_serverless_project_gets_no_setting_that_it_refuses(environment: ElasticNode) -> None:
    environment.flavour = "serverless"

    assert run_command(["init", "elastic"]) == 0

    assert "settings" not in environment.templates["/_component_template/logs-ibmi@package"]["template"]


def test_init_of_elastic_without_its_settings_is_a_wrong_command_line(
    environment: ElasticNode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SK2SIEM_ELASTIC__URL")

    assert run_command(["init", "elastic"]) == 2
    assert "SK2SIEM_ELASTIC__URL" in capsys.readouterr().err
