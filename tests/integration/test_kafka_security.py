"""TLS and logins against a real Kafka: each way works, and each way to get it wrong is named and waited for."""

import gc
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from dev.kafka import Kafka
from runtime.broker import Subscription
from runtime.errors import ConfigError, Unavailable
from runtime.flow import Forgetful, Settled
from runtime.kafka import KafkaBroker
from runtime.record import Record
from runtime.settings import BrokerSettings
from schemas.topics import Topic, all_topics
from tests.fakes.running import running_as
from tests.integration.secured_kafka import CLIENT_ID, CLIENT_SECRET, PASSWORD, USER, SecuredKafka, TokenEndpoint
from tests.processes import ServiceProcess, wait_until

POLLS = 60
Settings = Mapping[str, object]
Made = Callable[[SecuredKafka, TokenEndpoint], Settings]
LOGIN = {"username": USER, "password": PASSWORD}


@pytest.fixture(scope="module")
def secured(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """`kafka` proves that Kafka can be had."""
    del kafka
    with SecuredKafka(tmp_path_factory.mktemp("secured")) as part:
        yield part


@pytest.fixture(autouse=True)
def quiet_client(caplog: pytest.LogCaptureFixture) -> None:
    """As runtime.logs does; a captured line would hold on to the sockets that it is about."""
    caplog.set_level(logging.CRITICAL, "kafka")


@pytest.fixture
def endpoint() -> TokenEndpoint:
    return TokenEndpoint()


def login(listener: str, mechanism: str, **changes: object) -> Made:
    return lambda secured, _: {
        "url": secured.url_of(listener),
        "sasl_mechanism": mechanism,
        **LOGIN,
        **changes,
    }


def oauth(**changes: object) -> Made:
    return lambda secured, endpoint: {
        "url": secured.url_of("OAUTH"),
        "sasl_mechanism": "OAUTHBEARER",
        "token_endpoint": endpoint.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **changes,
    }


def tls(listener: str = "TLS", **changes: object) -> Made:
    return lambda secured, _: {
        "url": secured.url_of(listener),
        "security": "tls",
        "ca_file": secured.certificates.authority,
        **changes,
    }


def both_certificates(secured: SecuredKafka, endpoint: TokenEndpoint) -> Settings:
    certificates = secured.certificates
    return {
        **tls("MUTUAL")(secured, endpoint),
        "cert_file": certificates.client,
        "key_file": certificates.client_key,
    }


def another_authority(secured: SecuredKafka, endpoint: TokenEndpoint) -> Settings:
    return {**tls()(secured, endpoint), "ca_file": secured.certificates.client}


def connected(settings: Settings) -> KafkaBroker:
    running = running_as(worker=f"worker-{uuid4().hex[:8]}")
    return KafkaBroker(BrokerSettings.model_validate(settings), running, batch_size=10)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(login("PLAIN", "PLAIN"), id="PLAIN"),
        pytest.param(login("SCRAM", "SCRAM-SHA-256"), id="SCRAM-SHA-256"),
        pytest.param(login("SCRAM", "SCRAM-SHA-512"), id="SCRAM-SHA-512"),
        pytest.param(oauth(scope="kafka"), id="OAUTHBEARER"),
        pytest.param(tls(), id="TLS"),
        pytest.param(both_certificates, id="TLS with a client certificate"),
        pytest.param(tls("SCRAMTLS", sasl_mechanism="SCRAM-SHA-512", **LOGIN), id="SCRAM-SHA-512 over TLS"),
    ],
)
def test_a_publisher_and_a_source_work(made: Made, secured: SecuredKafka, endpoint: TokenEndpoint) -> None:
    name = uuid4().hex[:8]
    with endpoint.serving():
        broker = connected(made(secured, endpoint))
        broker.ensure([Topic(f"numbers-{name}", 1, 7)])
        publisher = broker.publisher(f"publisher-{name}")
        source = broker.source(Subscription(f"service-{name}", name, (f"numbers-{name}",)), Forgetful())
        try:
            publisher.claim()
            publisher.publish([Record(f"numbers-{name}", b"key", b"one", "number")])

            batch = next(batch for _ in range(POLLS) if (batch := source.poll(0.5)) and batch.items)
            source.checkpoint(Settled(batch))

            assert [item.value for item in batch.items] == [b"one"]
        finally:
            source.close()
            publisher.close()
            broker.close()


@pytest.mark.parametrize(
    ("made", "named"),
    [
        pytest.param(login("PLAIN", "PLAIN", password="wrong-one"), "credentials", id="wrong password, PLAIN"),
        pytest.param(login("SCRAM", "SCRAM-SHA-512", password="wrong-one"), "credentials", id="wrong password, SCRAM"),
        pytest.param(login("SCRAM", "SCRAM-SHA-512", username="nobody"), "credentials", id="unknown user"),
        pytest.param(login("PLAIN", "SCRAM-SHA-512"), "SASL_MECHANISM", id="mechanism that the listener lacks"),
        pytest.param(oauth(client_secret="wrong-one"), "CLIENT_SECRET", id="token refused"),
        pytest.param(oauth(token_endpoint="http://127.0.0.1:1/"), "TOKEN_ENDPOINT", id="token endpoint away"),
        pytest.param(another_authority, "CA_FILE", id="another authority"),
        pytest.param(tls(ca_file=None), "CA_FILE", id="the system's authorities only"),
        pytest.param(tls("MUTUAL"), "CERT_FILE", id="no client certificate"),
        pytest.param(tls("PLAINTEXT"), "SECURITY", id="TLS with a listener in plaintext"),
        pytest.param(lambda secured, _: {"url": secured.url_of("TLS")}, "SECURITY", id="plaintext with TLS"),
        pytest.param(lambda secured, _: {"url": secured.url_of("PLAIN")}, "SASL_MECHANISM", id="no login"),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_wrong_is_named_in_one_line_and_waited_for(
    made: Made, named: str, secured: SecuredKafka, endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.kafka.client.BOOTSTRAP_TIMEOUT_MS", 1_500)
    with endpoint.serving():
        broker = connected(made(secured, endpoint))

        with pytest.raises(Unavailable) as caught:
            broker.check()
        broker.close()
    gc.collect()  # kafka-python leaves the sockets of refused connections to the collector

    words = str(caught.value)
    assert "SK2SIEM_BROKER__" in words
    assert named in words
    assert "\n" not in words
    assert "wrong-one" not in words


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        pytest.param({"ca_file": "missing.pem"}, "SK2SIEM_BROKER__CA_FILE", id="missing"),
        pytest.param({"ca_file": __file__}, "SK2SIEM_BROKER__CA_FILE", id="no certificate"),
        pytest.param({"cert_file": __file__, "key_file": __file__}, "SK2SIEM_BROKER__KEY_FILE", id="no key"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_refused_at_the_start(changes: Settings, variable: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        connected({"url": "kafka://127.0.0.1:1", "security": "tls", **changes})


def test_a_service_whose_token_is_refused_waits_and_goes_on_when_it_is_granted(
    secured: SecuredKafka, endpoint: TokenEndpoint, tmp_path: Path
) -> None:
    plain = connected({"url": secured.url})
    plain.ensure(all_topics())
    plain.close()
    settings = {f"SK2SIEM_BROKER__{name.upper()}": str(value) for name, value in oauth()(secured, endpoint).items()}
    service = ServiceProcess("enricher", {**settings, "SK2SIEM_LOOP__BACKOFF_LONGEST": "1"}, tmp_path)

    with service:
        wait_until("it says why it waits", lambda: "SK2SIEM_BROKER__TOKEN_ENDPOINT" in service.get("/readyz")[1], 60)
        waiting = service.get("/livez")[0], service.get("/readyz")[0]
        with endpoint.serving():
            wait_until("it goes on", lambda: service.get("/readyz")[0] == 200, 60)
        exit_code = service.stop()

    assert waiting == (200, 503)
    assert exit_code == 0
    assert CLIENT_SECRET not in service.log_text()
    assert endpoint.granted > 0
