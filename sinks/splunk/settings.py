"""What an operator can set of the Splunk sink."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from sinks.addresses import addresses, require_use
from sinks.forward import EVERYTHING, Forward
from sinks.secrets import Secret

PREFIX = "SK2SIEM_SPLUNK__"
"""Of the variables, in words for the operator."""

COLLECTOR = "/services/collector"
SEARCH = "/services/search/jobs/export"
CLOUD = (".splunkcloud.com", ".splunkcloudgc.com")
CLOUD_INPUTS = "http-inputs"
TRIAL_PORT = 8088


def _checked(url: str) -> str:
    found = addresses(url, without=COLLECTOR)
    for one in found:
        _require_inputs_of_cloud(one)
    return ",".join(found)


def _require_inputs_of_cloud(url: str) -> None:
    """The address of a Splunk Cloud stack is its web interface; events go elsewhere."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.endswith(CLOUD) and not host.startswith(CLOUD_INPUTS) and parts.port != TRIAL_PORT:
        raise ValueError(
            "Splunk Cloud takes events at https://http-inputs-<stack>.splunkcloud.com (AWS), "
            "https://http-inputs.<stack>.splunkcloud.com (Google Cloud) or https://<stack>.splunkcloud.com:8088 (trial)"
        )


def _one(url: str) -> str:
    (only,) = addresses(url) if "," not in url else ("",)
    if not only:
        raise ValueError("one proxy alone")
    return only


def _search_url(url: str) -> str:
    (only,) = addresses(url, without=SEARCH) if "," not in url else ("",)
    if not only:
        raise ValueError("one search head alone")
    return only


class SplunkSettings(BaseModel):
    """The HTTP Event Collector that events go to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_checked)] = Field(
        description="Base URL of the HTTP Event Collector, for example https://splunk.example.com:8088; "
        "several are separated by commas and used in turn"
    )
    token: Secret = Field(description="The HEC token")
    index: str | None = Field(
        None, min_length=1, description="Index to write to; by default the one that the token is configured with"
    )
    search_url: Annotated[str, AfterValidator(_search_url)] | None = Field(
        None,
        description="URL of a search head's management port, for example https://splunk.example.com:8089, for "
        "`sk2siem reconcile`; no service uses it",
    )
    search_token: Secret | None = Field(
        None, description="Authentication token of a Splunk user who may search the index, for the search_url"
    )
    ca_file: str | None = Field(
        None, description="PEM file of the authorities that may sign the server's certificate; by default the system's"
    )
    cert_file: str | None = Field(None, description="PEM file of a client certificate, where the server asks for one")
    key_file: str | None = Field(None, description="PEM file of its key; by default the certificate's file holds it")
    proxy: Annotated[str, AfterValidator(_one)] | None = Field(
        None, description="URL of a proxy on the way to Splunk, for example http://proxy.example.com:3128"
    )
    proxy_username: str | None = Field(None, min_length=1, description="User name for the proxy")
    proxy_password: SecretStr | None = Field(None, description="Password for the proxy")
    acknowledgement: bool = Field(
        False,
        description="Whether an event counts as delivered only when Splunk has it on disk (indexer acknowledgement, "
        "which the token must have too)",
    )
    acknowledgement_seconds: float = Field(
        300.0, ge=1, le=3600, description="How long to wait for an acknowledgement before the events are sent again"
    )
    verify_tls: bool = Field(True, description="Whether the server's certificate is checked; false only for trials")
    gzip: bool = Field(True, description="Whether requests are compressed")
    batch_events: int = Field(500, ge=1, le=10_000, description="Events in one request, at most")
    batch_bytes: int = Field(
        1_048_576, ge=1024, le=5_242_880, description="Size of one request before compression in bytes, at most"
    )
    timeout_seconds: float = Field(30.0, gt=0, le=50, description="How long to wait for an answer, all of it")
    requests_in_parallel: int = Field(2, ge=1, le=16, description="Requests under way at the same time")

    forward: Forward = Field(EVERYTHING, description="Which records are forwarded")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.proxy_username is None) != (self.proxy_password is None):
            raise ValueError("proxy_username and proxy_password go together: set both or none")
        if self.proxy is None and self.proxy_username is not None:
            raise ValueError("proxy_username is for a proxy: set that too")
        if (self.search_url is None) != (self.search_token is None):
            raise ValueError("search_url and search_token go together: set both or none")
        require_use(self, "https://", (*self.urls, self.search_url or ""))
        return self

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(self.url.split(","))
