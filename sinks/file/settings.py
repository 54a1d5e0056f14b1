"""What an operator can set of the file sink."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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

    rotate_bytes: int | None = Field(
        None, ge=1024, description="Size of a file in bytes from which on a new one is begun; not set: never"
    )
    rotate_hours: float | None = Field(
        None,
        gt=0,
        description="Begin a new file every so many hours, 1 at each full hour, 24 at midnight UTC; not set: never",
    )
    keep_files: int = Field(
        0, ge=0, description="How many files that were put aside are kept, of each kind; 0: all of them"
    )
    forward: Forward = Field(EVERYTHING, description="Which records are forwarded")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.keep_files and self.rotate_bytes is None and self.rotate_hours is None:
            raise ValueError(
                "keep_files deletes what was put aside, and nothing is: set rotate_bytes or rotate_hours too"
            )
        return self

    @property
    def to_standard_output(self) -> bool:
        return self.path == STANDARD_OUTPUT
