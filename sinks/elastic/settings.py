"""What an operator can set of the Elasticsearch sink."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from sinks.addresses import addresses
from sinks.forward import EVERYTHING, Forward
from sinks.secrets import Secret


def _checked(url: str) -> str:
    return ",".join(addresses(url))


class ElasticSettings(BaseModel):
    """The cluster that documents go to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_checked)] = Field(
        description="URL of a node, for example https://es.example.com:9200; several are separated by commas "
        "and used in turn"
    )
    api_key: Secret | None = Field(
        None, description="API key (the encoded form) with create_doc on logs-ibmi.*-*; or a user name and a password"
    )
    username: str | None = Field(None, min_length=1, description="User name, when there is no API key")
    password: SecretStr | None = Field(None, description="Password of that user")
    ca_file: str | None = Field(
        None, description="PEM file of the authorities that may sign the server's certificate; by default the system's"
    )
    verify_tls: bool = Field(True, description="Whether the server's certificate is checked; false only for trials")
    namespace: str = Field(
        "default",
        pattern=r'^[^A-Z\-\\/*?"<>| ,#:]{1,100}$',
        description="Last part of the data streams' names, logs-ibmi.connection-<namespace> and "
        "logs-ibmi.alert-<namespace>",
    )
    batch_events: int = Field(500, ge=1, le=20_000, description="Documents in one request, at most")
    batch_bytes: int = Field(
        5_242_880, ge=1024, le=52_428_800, description="Size of one request before compression in bytes, at most"
    )
    timeout_seconds: float = Field(30.0, gt=0, le=50, description="How long to wait for an answer")
    requests_in_parallel: int = Field(2, ge=1, le=16, description="Requests under way at the same time")
    http_compress: bool = Field(True, description="Whether requests are compressed")

    forward: Forward = Field(EVERYTHING, description="Which records are forwarded")

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(self.url.split(","))

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: set both, or an api_key alone")
        if self.api_key is not None and self.username is not None:
            raise ValueError("set an api_key or a username with a password, not both")
        return self
