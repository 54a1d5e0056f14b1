"""The data streams: one for what happened, one for what pages somebody."""

from dataclasses import dataclass, field

from schemas.records import Alert
from sinks.elastic.fields import Json, constant, written
from sinks.sink import Forwarded

CONNECTION = "ibmi.connection"
ALERT = "ibmi.alert"


@dataclass(frozen=True, slots=True)
class Stream:
    """`logs-<dataset>-<namespace>`.

    `fields` are the constant ones that each of its documents carries; `create` begins the line before it, up to its id.
    """

    dataset: str
    namespace: str
    fields: Json = field(init=False)
    create: bytes = field(init=False)

    def __post_init__(self) -> None:
        fields = {"type": "logs", "dataset": self.dataset, "namespace": self.namespace}
        object.__setattr__(self, "fields", constant(fields))
        object.__setattr__(self, "create", b'{"create":{"_index":%b,"_id":' % written(self.name))

    @property
    def name(self) -> str:
        return f"logs-{self.dataset}-{self.namespace}"


@dataclass(frozen=True, slots=True)
class Streams:
    connection: Stream
    alert: Stream

    @classmethod
    def of(cls, namespace: str) -> "Streams":
        return cls(Stream(CONNECTION, namespace), Stream(ALERT, namespace))

    @property
    def names(self) -> tuple[str, str]:
        return self.connection.name, self.alert.name

    def of_content(self, content: Forwarded) -> Stream:
        return self.alert if isinstance(content, Alert) else self.connection
