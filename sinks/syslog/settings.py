"""What an operator can set of the syslog sink."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from runtime.settings import Expected
from sinks.addresses import require_host, require_use
from sinks.forward import EVERYTHING, Forward

PREFIX = "SK2SIEM_SYSLOG__"
"""Of the variables, in words for the operator."""

PORTS = {"tls": 6514, "tcp": 514}  # RFC 5425 §4.1; what most receivers listen on


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Expected("not a URL: write for example tls://syslog.example.com:6514") from error
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise Expected("write tls://host:port, or tcp://host:port")
    require_host(parts.hostname)
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise Expected("only a host and a port")
    return url.rstrip("/")


class SyslogSettings(BaseModel):
    """The receiver that messages go to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_checked)] = Field(
        description="Where the receiver is: tls://syslog.example.com:6514, or tcp://syslog.example.com:514 without "
        "encryption"
    )
    format: Literal["cef", "leef"] = Field("cef", description="Body of a message: CEF, or LEEF 2.0 for QRadar")
    framing: Literal["octet-counting", "newline"] = Field(
        "octet-counting",
        description="How messages are told apart: by their length, as RFC 5425 demands with TLS, or by line breaks, "
        "for old receivers on TCP",
    )
    facility: int = Field(16, ge=0, le=23, description="Syslog facility; 16 is local0, 13 is log audit")
    ca_file: str | None = Field(
        None,
        description="PEM file of the authorities that may sign its certificate; by default the system's",
    )
    cert_file: str | None = Field(None, description="PEM file of a client certificate, where the receiver asks for one")
    key_file: str | None = Field(None, description="PEM file of its key; by default the certificate's file holds it")
    verify_tls: bool = Field(True, description="Whether the receiver's certificate is checked; false only for trials")
    timeout_seconds: float = Field(
        30.0, gt=0, le=50, description="How long the receiver may take to connect, and to take a part of a batch"
    )
    forward: Forward = Field(EVERYTHING, description="Which records are forwarded")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        require_use(self, "tls://", (self.url,))
        if self.encrypted and self.framing != "octet-counting":
            raise ValueError("with tls:// messages are told apart by octet-counting (RFC 5425)")
        return self

    @property
    def encrypted(self) -> bool:
        return self.url.startswith("tls:")

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or PORTS[parts.scheme]
