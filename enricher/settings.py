"""The settings of the enricher: which policy it judges by."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class EnricherSettings(BaseModel):
    """Files are read once, at the start."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    policy: Path | None = Field(default=None, description="Policy file (TOML); without it, the policy that ships.")
    ports: Path | None = Field(
        default=None, description="Port catalogue of this site (TOML), merged over the one that ships."
    )
