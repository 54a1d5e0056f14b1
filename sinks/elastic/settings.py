"""What an operator can set of the Elasticsearch sink."""

import base64
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from runtime.settings import Form
from sinks.addresses import addresses, require_use
from sinks.forward import EVERYTHING, Forward
from sinks.secrets import Secret

PREFIX = "SK2SIEM_ELASTIC__"
"""Of the variables, in words for the operator."""

NAMESPACE = Form(
    r'[^A-Z\-\\/*?"<>| ,#:]{1,100}',
    "1 to 100 characters without capitals, blanks, hyphens and any of "
    r"""\ / * ? " < > | , # :""",
)


def _checked(url: str) -> str:
    found = addresses(url)
    if any("%" in (urlsplit(one).hostname or "") for one in found):
        raise ValueError("an address with a zone (%) is none for the client: write another address of the node")
    return ",".join(found)


def _cloud(text: str) -> str:
    """`name:` and the Base64 of host, Elasticsearch's id and Kibana's id, with dollar signs between them."""
    name, _, packed = text.partition(":")
    try:
        parts = base64.b64decode(packed, validate=True).decode("ascii").split("$")
    except ValueError:
        parts = []
    if not name or len(parts) < 2 or not all(parts[:2]):
        raise ValueError("not a Cloud ID: copy it whole from the deployment's page, with its name and the colon")
    return text


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", plain):
        raise ValueError("a SHA-256 fingerprint has 64 hexadecimal digits, with or without colons")
    return plain


class ElasticSettings(BaseModel):
    """The cluster that documents go to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_checked)] | None = Field(
        None,
        description="URL of a node, for example https://es.example.com:9200; several are separated by commas "
        "and used in turn; this or a cloud_id must be set",
    )
    cloud_id: Annotated[str, AfterValidator(_cloud)] | None = Field(
        None, description="Cloud ID of a deployment on Elastic Cloud, instead of a URL"
    )
    api_key: Secret | None = Field(
        None, description="API key (the encoded form) with create_doc on logs-ibmi.*-*; or a user name and a password"
    )
    bearer_token: Secret | None = Field(None, description="Bearer token, where neither key nor password is used")
    username: str | None = Field(None, min_length=1, description="User name, when there is no API key")
    password: SecretStr | None = Field(None, description="Password of that user")
    ca_file: str | None = Field(
        None, description="PEM file of the authorities that may sign the server's certificate; by default the system's"
    )
    ca_fingerprint: Annotated[str, AfterValidator(_fingerprint)] | None = Field(
        None,
        description="SHA-256 fingerprint of an authority that must be in the server's chain, instead of a file: "
        "Elasticsearch prints it at its first start",
    )
    cert_file: str | None = Field(None, description="PEM file of a client certificate, where the server asks for one")
    key_file: str | None = Field(None, description="PEM file of its key; by default the certificate's file holds it")
    verify_tls: bool = Field(True, description="Whether the server's certificate is checked; false only for trials")
    namespace: Annotated[str, NAMESPACE] = Field(
        "default",
        description="Last part of the data streams' names, logs-ibmi.connection-<namespace> and "
        "logs-ibmi.alert-<namespace>",
    )
    batch_events: int = Field(500, ge=1, le=20_000, description="Documents in one request, at most")
    batch_bytes: int = Field(
        5_242_880, ge=1024, le=52_428_800, description="Size of one request before compression in bytes, at most"
    )
    timeout_seconds: float = Field(30.0, gt=0, le=50, description="How long to wait for an answer, all of it")
    requests_in_parallel: int = Field(2, ge=1, le=16, description="Requests under way at the same time")
    http_compress: bool = Field(True, description="Whether requests are compressed")

    forward: Forward = Field(EVERYTHING, description="Which records are forwarded")

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(self.url.split(",")) if self.url else ()

    @property
    def where(self) -> str:
        """In words for people."""
        return self.url or f"Elastic Cloud deployment {(self.cloud_id or '').partition(':')[0]}"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.url is None) == (self.cloud_id is None):
            raise ValueError("set either a url or a cloud_id")
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: set both, or an api_key alone")
        if sum(way is not None for way in (self.api_key, self.bearer_token, self.username)) > 1:
            raise ValueError("set one of api_key, bearer_token, or username with password")
        if self.ca_fingerprint is not None and (self.ca_file is not None or not self.verify_tls):
            raise ValueError("ca_fingerprint is instead of a ca_file, and needs verify_tls")
        require_use(self, "https://", self.urls if self.cloud_id is None else ("https://",))
        return self
