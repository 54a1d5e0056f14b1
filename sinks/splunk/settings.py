"""What an operator can set of the Splunk sink."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sinks.addresses import addresses
from sinks.forward import EVERYTHING, Forward
from sinks.secrets import Secret

COLLECTOR = "/services/collector"


def _checked(url: str) -> str:
    return ",".join(addresses(url, without=COLLECTOR))


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
    ca_file: str | None = Field(
        None, description="PEM file of the authorities that may sign the server's certificate; by default the system's"
    )
    verify_tls: bool = Field(True, description="Whether the server's certificate is checked; false only for trials")
    gzip: bool = Field(True, description="Whether requests are compressed")
    batch_events: int = Field(500, ge=1, le=10_000, description="Events in one request, at most")
    batch_bytes: int = Field(
        1_048_576, ge=1024, le=5_242_880, description="Size of one request before compression in bytes, at most"
    )
    timeout_seconds: float = Field(30.0, gt=0, le=50, description="How long to wait for an answer")
    requests_in_parallel: int = Field(2, ge=1, le=16, description="Requests under way at the same time")

    forward: Forward = Field(EVERYTHING, description="Which records are forwarded")

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(self.url.split(","))
