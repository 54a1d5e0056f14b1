"""What lies between the sink and Splunk: certificates of both sides, and proxies."""

import pytest

from dev.certificates import Certificates
from dev.hec import TOKEN, Hec
from runtime.errors import Unavailable
from runtime.metrics import Metrics
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink
from tests.fakes.relay import relay

LOGIN = "soc:proxy-password"


def check(**changes: object) -> str:
    settings = SplunkSettings.model_validate({"token": TOKEN, "timeout_seconds": 5, **changes})
    sink = SplunkSink(settings, Metrics("splunk"))
    try:
        return sink.check()
    finally:
        sink.close()


def test_a_certificate_of_an_own_authority_is_accepted(hec: Hec, certificates: Certificates) -> None:
    with relay(hec.port, certificates.server_context()) as front:
        said = check(url=f"https://localhost:{front.port}", ca_file=str(certificates.authority))

    assert "the token is accepted" in said


def test_a_certificate_that_is_not_to_be_checked_is_not(hec: Hec, certificates: Certificates) -> None:
    with relay(hec.port, certificates.server_context()) as front:
        assert check(url=f"https://localhost:{front.port}", verify_tls=False)


def test_a_server_that_asks_for_a_client_certificate_gets_it(hec: Hec, certificates: Certificates) -> None:
    certificate, key = certificates.client
    with relay(hec.port, certificates.server_context(asks_for_client=True)) as front:
        way = {"url": f"https://localhost:{front.port}", "ca_file": str(certificates.authority)}
        with pytest.raises(Unavailable):
            check(**way)
        said = check(**way, cert_file=str(certificate), key_file=str(key))

    assert "the token is accepted" in said


def test_a_proxy_is_asked_to_pass_on(hec: Hec) -> None:
    with relay(None) as proxy:
        said = check(url=hec.url, proxy=f"http://127.0.0.1:{proxy.port}")

    assert "the token is accepted" in said
    assert proxy.seen == [f"POST {hec.url}/services/collector/event HTTP/1.1"]


def test_tls_goes_through_a_proxy_that_wants_a_login(hec: Hec, certificates: Certificates) -> None:
    username, _, password = LOGIN.partition(":")
    with relay(hec.port, certificates.server_context()) as front, relay(None, login=LOGIN) as proxy:
        way = {
            "url": f"https://localhost:{front.port}",
            "ca_file": str(certificates.authority),
            "proxy": f"http://127.0.0.1:{proxy.port}",
        }
        asked = f"CONNECT localhost:{front.port}"
        with pytest.raises(Unavailable, match=r"407.*SK2SIEM_SPLUNK__PROXY") as refused:
            check(**way)
        said = check(**way, proxy_username=username, proxy_password=password)

    assert "the token is accepted" in said
    assert password not in str(refused.value)
    assert {line.rpartition(" ")[0] for line in proxy.seen} == {asked}


def test_a_proxy_that_is_away_is_named() -> None:
    with pytest.raises(Unavailable, match="SK2SIEM_SPLUNK__PROXY"):
        check(url="https://splunk.example.com:8088", proxy="http://127.0.0.1:1")
