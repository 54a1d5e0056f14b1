"""The settings that every service has: broker, probes and metrics, logs, and the loop."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from runtime.logs import Format, Level

SECTION = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
"""How every section of settings behaves: never changed, nothing unknown, no value in an error."""

EMBEDDED = "sqlite:///"
KAFKA_HOST = r"\s*(\[[0-9A-Fa-f:.]+\]:\d{1,5}|[^\s,:/@\[\]]+(:\d{1,5})?)\s*"
KNOWN_URL = re.compile(rf"{EMBEDDED}.+|kafka://{KAFKA_HOST}(,{KAFKA_HOST})*/?")


class Expected(ValueError):
    """What a setting must look like, in words that never depend on what was given: they hold nothing to hide."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a text must look like: a regular expression, and the same in words, which are what the error says."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise Expected(f"{self.words} expected")
        return text


SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


def _known_url(url: str) -> str:
    if not KNOWN_URL.fullmatch(url):
        raise Expected("kafka://host:port,host:port or sqlite:///file expected")
    return url


class BrokerSettings(BaseModel):
    """Which broker the services share, and how Kafka is reached."""

    model_config = SECTION

    url: Annotated[str, AfterValidator(_known_url)] = Field(
        default="sqlite:///sk2siem.db",
        description="`kafka://host:port,host:port`, or `sqlite:///file` (four slashes: an absolute path) for the "
        "embedded broker on one machine",
    )
    security: Literal["plaintext", "tls"] = Field(default="plaintext", description="Kafka: encrypt the connection")
    ca_file: Path | None = Field(
        default=None, description="Kafka: PEM file of the authorities to trust (not set: the system's)"
    )
    cert_file: Path | None = Field(default=None, description="Kafka: PEM file of the client certificate")
    key_file: Path | None = Field(default=None, description="Kafka: PEM file of the client certificate's key")
    sasl_mechanism: SaslMechanism | None = Field(default=None, description="Kafka: how to log in (not set: no login)")
    username: str | None = Field(default=None, description="Kafka: user name, for PLAIN and SCRAM")
    password: SecretStr | None = Field(default=None, description="Kafka: password, for PLAIN and SCRAM")
    token_endpoint: str | None = Field(default=None, description="Kafka: where OAUTHBEARER gets its token (an URL)")
    client_id: str | None = Field(default=None, description="Kafka: client id, for OAUTHBEARER")
    client_secret: SecretStr | None = Field(default=None, description="Kafka: client secret, for OAUTHBEARER")
    scope: str | None = Field(default=None, description="Kafka: scope to ask for, for OAUTHBEARER")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """A login or a certificate with a part missing is refused here, not by the first connection."""
        missing = [f"SK2SIEM_BROKER__{name.upper()}" for name in self._needed() if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{' and '.join(missing)} must be set as well")
        if self.security == "plaintext" and (self.ca_file or self.cert_file):
            raise ValueError("certificates are used with SK2SIEM_BROKER__SECURITY=tls only; set it")
        return self

    def _needed(self) -> tuple[str, ...]:
        certificate = ("cert_file", "key_file") if self.cert_file or self.key_file else ()
        if self.sasl_mechanism is None:
            return certificate
        if self.sasl_mechanism == "OAUTHBEARER":
            return (*certificate, "token_endpoint", "client_id", "client_secret")
        return (*certificate, "username", "password")


class OpsSettings(BaseModel):
    """Where /livez, /readyz and /metrics are served."""

    model_config = SECTION

    host: str = Field(default="127.0.0.1", description="Address to listen on; `0.0.0.0` in a container")
    port: int = Field(
        default=9464, ge=0, le=65535, description="Port to listen on; 0 takes any; `run all` counts up from it"
    )


class LogSettings(BaseModel):
    """What is logged, on standard error."""

    model_config = SECTION

    level: Level = Field(default="info", description="The least severe level that is logged")
    format: Format = Field(default="auto", description="`auto`: text on a terminal, else JSON")


class LoopSettings(BaseModel):
    """How the loop of a service takes batches, waits, and when it gives up."""

    model_config = SECTION

    batch_size: int = Field(default=1000, ge=1, le=100_000, description="Most records in one batch")
    stuck_after: float = Field(
        default=180.0, gt=0, description="Seconds after which a call that never returned ends the process (exit 75)"
    )
    grace: float = Field(default=10.0, gt=0, description="Seconds that a call in hand still gets after SIGTERM")
    rejection_share: float = Field(
        default=0.5, gt=0, le=1, description="Halt when more than this share of the recent items was rejected"
    )
    rejection_at_least: int = Field(
        default=200, ge=1, description="The share counts only once so many items were received of late"
    )
    rejections_in_a_row: int = Field(default=100, ge=1, description="Halt when so many items in a row were rejected")
    backoff_first: float = Field(default=0.25, gt=0, description="Seconds to wait before the first new try, at most")
    backoff_longest: float = Field(default=8.0, gt=0, description="Seconds to wait between tries, at most")
