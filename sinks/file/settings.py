"""What an operator can set of the file sink."""

from pydantic import BaseModel, ConfigDict, Field

from sinks.forward import EVERYTHING, Forward

STANDARD_OUTPUT = "-"


class FileSettings(BaseModel):
    """Where canonical records are written."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    path: str = Field(
        min_length=1,
        description="Folder for verdicts.ndjson, alerts.ndjson, events.ndjson and status.ndjson; "
        "created when missing; - is standard output",
    )

    forward: Forward = Field(EVERYTHING, description="Which records are forwarded")

    @property
    def to_standard_output(self) -> bool:
        return self.path == STANDARD_OUTPUT
