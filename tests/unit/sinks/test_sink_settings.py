"""Settings of the sinks: what an operator may write, and that no secret shows."""

import base64

import pytest
from pydantic import BaseModel, ValidationError

from runtime.errors import ConfigError
from sinks import tls
from sinks.elastic.client import connect
from sinks.elastic.settings import ElasticSettings
from sinks.file.settings import FileSettings
from sinks.splunk.settings import SplunkSettings
from sinks.syslog.settings import SyslogSettings

TOKEN = "0000-secret"
SPLUNK = {"url": "https://splunk:8088", "token": TOKEN}
CLOUD_ID = "soc:" + base64.b64encode(b"eu-central-1.aws.example.com:9243$es-id$kibana-id").decode()
ELASTIC = {"url": "https://es:9200"}


def splunk(**changes: object) -> SplunkSettings:
    return SplunkSettings.model_validate({**SPLUNK, **changes})


def elastic(**changes: object) -> ElasticSettings:
    return ElasticSettings.model_validate({**ELASTIC, **changes})


@pytest.mark.parametrize("settings", [SplunkSettings, ElasticSettings, FileSettings, SyslogSettings])
def test_every_setting_is_described(settings: type[BaseModel]) -> None:
    assert [name for name, field in settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://splunk:8088", ("https://splunk:8088",), id="one"),
        pytest.param("https://a:8088, https://b:8088/", ("https://a:8088", "https://b:8088"), id="two"),
        pytest.param("https://a:8088/services/collector", ("https://a:8088",), id="with HEC's path"),
        pytest.param("https://a:8088/services/collector/", ("https://a:8088",), id="with HEC's path and a slash"),
        pytest.param("https://proxy/splunk/", ("https://proxy/splunk",), id="below a path"),
        pytest.param("https://[2001:db8::1]:8088", ("https://[2001:db8::1]:8088",), id="IPv6"),
        pytest.param("https://[fe80::1%eth0]:8088", ("https://[fe80::1%eth0]:8088",), id="IPv6 with a zone"),
        pytest.param("https://münchen.example.", ("https://münchen.example.",), id="other letters, a dot at the end"),
        pytest.param("https://splunk_1:8088", ("https://splunk_1:8088",), id="a name of a container"),
    ],
)
def test_urls_of_splunk(url: str, expected: tuple[str, ...]) -> None:
    assert splunk(url=url).urls == expected


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("splunk:8088", id="no scheme"),
        pytest.param("ftp://splunk", id="another scheme"),
        pytest.param("https://", id="no host"),
        pytest.param("https://a:8088,", id="nothing after a comma"),
        pytest.param("https://a:notaport", id="a port that is none"),
        pytest.param("https://user:secret@a:8088", id="a password in it"),
        pytest.param("https://a:8088?token=secret", id="a query"),
        pytest.param("https://secret..example.com:8088", id="an empty part in its name"),
        pytest.param("https://" + "secret" * 11 + ".example.com", id="a part of 66 letters"),
        pytest.param("https://secret host:8088", id="a blank in its name"),
        pytest.param("https://secret%zz:8088", id="a percent sign in its name"),
        pytest.param("", id="empty"),
    ],
)
def test_a_bad_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValidationError) as on_splunk:
        splunk(url=url)
    with pytest.raises(ValidationError) as on_elastic:
        elastic(url=url)

    assert "secret" not in str(on_splunk.value) + str(on_elastic.value)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://http-inputs-acme.splunkcloud.com", id="Cloud on AWS"),
        pytest.param("https://http-inputs-acme.splunkcloud.com:443", id="Cloud on AWS with its port"),
        pytest.param("https://http-inputs.acme.splunkcloud.com", id="Cloud on Google"),
        pytest.param("https://http-inputs-acme.splunkcloudgc.com", id="FedRAMP"),
        pytest.param("https://acme.splunkcloud.com:8088", id="a trial"),
    ],
)
def test_urls_of_splunk_cloud(url: str) -> None:
    assert splunk(url=url).urls == (url,)


@pytest.mark.parametrize("url", ["https://acme.splunkcloud.com", "https://acme.splunkcloud.com:8089"])
def test_the_web_address_of_a_cloud_stack_is_refused_with_the_right_one(url: str) -> None:
    with pytest.raises(ValidationError, match="http-inputs"):
        splunk(url=url)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"proxy": "proxy:3128"}, id="a proxy that is no URL"),
        pytest.param({"proxy": "http://a:1,http://b:1"}, id="two proxies"),
        pytest.param({"proxy": "http://u:secret@a:1"}, id="a password in the URL of a proxy"),
        pytest.param({"proxy": "http://a:1", "proxy_username": "u"}, id="a user of a proxy without a password"),
        pytest.param({"proxy_username": "u", "proxy_password": "p"}, id="a user of no proxy"),
        pytest.param({"key_file": "key.pem"}, id="a key without a certificate"),
        pytest.param({"search_url": "https://a:8089"}, id="a search head without a token"),
        pytest.param({"search_token": "secret"}, id="a search token without its search head"),
        pytest.param({"search_url": "https://a:8089,https://b:8089", "search_token": "t"}, id="two search heads"),
    ],
)
def test_settings_of_splunk_that_cannot_work_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        splunk(**changes)

    assert "secret" not in str(refused.value)


def test_a_client_certificate_that_cannot_be_read_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"SK2SIEM_SPLUNK__CERT_FILE /nowhere/client\.pem"):
        tls.context(None, "SK2SIEM_SPLUNK__", verify=True, cert_file="/nowhere/client.pem")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n", id="blank"),
        pytest.param("two words", id="a blank inside"),
        pytest.param("a\nb", id="a line break inside"),
        pytest.param("schlüssel", id="not ASCII"),
    ],
)
def test_a_token_that_no_header_can_carry_is_refused(token: str) -> None:
    with pytest.raises(ValidationError):
        splunk(token=token)


def test_the_line_break_at_the_end_of_a_mounted_secret_is_taken_off() -> None:
    assert splunk(token=TOKEN + "\n").token.get_secret_value() == TOKEN


def test_secrets_do_not_show() -> None:
    assert TOKEN not in repr(splunk())
    assert TOKEN not in repr(elastic(api_key=TOKEN))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"username": "u"}, id="a user without a password"),
        pytest.param({"password": "p"}, id="a password without a user"),
        pytest.param({"api_key": "k", "username": "u", "password": "p"}, id="two ways to log in"),
        pytest.param({"api_key": "k", "bearer_token": "t"}, id="a key and a token"),
        pytest.param({"cloud_id": CLOUD_ID}, id="a URL and a cloud"),
        pytest.param({"url": None}, id="neither"),
        pytest.param({"url": None, "cloud_id": "soc"}, id="a Cloud ID without its code"),
        pytest.param({"url": None, "cloud_id": "soc:bm9ib2R5"}, id="a Cloud ID without Elasticsearch in it"),
        pytest.param({"ca_fingerprint": "abcd"}, id="a fingerprint that is too short"),
        pytest.param({"ca_fingerprint": "ab" * 32, "ca_file": "ca.pem"}, id="a fingerprint and a file"),
        pytest.param({"ca_fingerprint": "ab" * 32, "verify_tls": False}, id="a fingerprint that nobody looks at"),
        pytest.param({"url": "http://[fe80::1%eth0]:9200"}, id="an address with a zone"),
        pytest.param({"namespace": "with-hyphen"}, id="a hyphen in the namespace"),
        pytest.param({"namespace": "Upper"}, id="a namespace in upper case"),
        pytest.param({"namespace": ""}, id="no namespace"),
        pytest.param({"batch_events": 0}, id="requests of no events"),
        pytest.param({"unheard_of": 1}, id="an unknown setting"),
    ],
)
def test_settings_of_elastic_that_cannot_work_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        elastic(**changes)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        pytest.param("tls://syslog.example.com", ("syslog.example.com", 6514), id="TLS"),
        pytest.param("tcp://syslog.example.com", ("syslog.example.com", 514), id="TCP"),
        pytest.param("tcp://[2001:db8::1]:1514/", ("2001:db8::1", 1514), id="IPv6 and a port"),
    ],
)
def test_addresses_of_syslog(url: str, address: tuple[str, int]) -> None:
    assert SyslogSettings(url=url).address == address


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"url": "udp://syslog:514"}, id="UDP"),
        pytest.param({"url": "syslog:514"}, id="no scheme"),
        pytest.param({"url": "tls://syslog:port"}, id="a port that is none"),
        pytest.param({"url": "tls://u:secret@syslog"}, id="a login in it"),
        pytest.param({"url": "tcp://secret..example.com:514"}, id="an empty part in its name"),
        pytest.param({"url": "tls://syslog", "framing": "newline"}, id="line breaks with TLS"),
        pytest.param({"url": "tls://syslog", "key_file": "key.pem"}, id="a key without a certificate"),
        pytest.param({"url": "tls://syslog", "facility": 24}, id="a facility that is none"),
    ],
)
def test_settings_of_syslog_that_cannot_work_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        SyslogSettings.model_validate(changes)

    assert "secret" not in str(refused.value)


PLAIN: dict[str, tuple[type[BaseModel], dict[str, object]]] = {
    "splunk": (SplunkSettings, {**SPLUNK, "url": "http://splunk:8088"}),
    "elastic": (ElasticSettings, {"url": "http://es:9200"}),
    "syslog": (SyslogSettings, {"url": "tcp://syslog"}),
}


@pytest.mark.parametrize("sink", PLAIN)
@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
def test_certificates_that_no_address_uses_are_refused(sink: str, name: str) -> None:
    kind, way = PLAIN[sink]

    with pytest.raises(ValidationError, match=f"{name} is used with (https|tls):// alone"):
        kind.model_validate({**way, name: "file.pem"})


def test_certificates_are_for_any_address_that_uses_them() -> None:
    assert splunk(url="http://a:8088,HTTPS://b:8088", ca_file="ca.pem").ca_file
    assert splunk(url="http://a:8088", search_url="https://b:8089", search_token="t", ca_file="ca.pem").ca_file
    assert elastic(url=None, cloud_id=CLOUD_ID, ca_fingerprint="ab" * 32).ca_fingerprint
    with pytest.raises(ValidationError, match="ca_fingerprint is used with https:// alone"):
        elastic(url="http://es:9200", ca_fingerprint="ab" * 32)


def test_a_namespace_is_refused_in_words() -> None:
    with pytest.raises(ValidationError, match=r"without capitals, blanks, hyphens and any of \\ / \* \?"):
        elastic(namespace="Upper-Case")


@pytest.mark.parametrize("rotation", [{"rotate_bytes": 4096}, {"rotate_hours": 24}], ids=["size", "time"])
def test_files_are_kept_only_where_files_are_put_aside(rotation: dict[str, float]) -> None:
    assert FileSettings.model_validate({"path": "out", "keep_files": 7, **rotation}).keep_files == 7
    with pytest.raises(ValidationError, match="set rotate_bytes or rotate_hours too"):
        FileSettings(path="out", keep_files=7)


def test_a_cloud_id_leads_to_its_node() -> None:
    settings = ElasticSettings.model_validate({"cloud_id": CLOUD_ID, "bearer_token": TOKEN})

    with connect(settings) as client:
        (node,) = client.transport.node_pool.all()

    assert node.base_url == "https://es-id.eu-central-1.aws.example.com:9243"
    assert settings.where == "Elastic Cloud deployment soc"


def test_a_fingerprint_may_have_colons() -> None:
    assert elastic(ca_fingerprint=":".join(["AB"] * 32)).ca_fingerprint == "ab" * 32


def test_a_ca_file_that_cannot_be_read_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"SK2SIEM_ELASTIC__CA_FILE /nowhere/ca\.pem"):
        tls.context("/nowhere/ca.pem", "SK2SIEM_ELASTIC__", verify=True)
