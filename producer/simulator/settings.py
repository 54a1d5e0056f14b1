"""What kind of partition is simulated, how fast its clock runs, and where its journal ends."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from producer.settings import known_zone
from runtime.settings import SECTION

LONGEST_DAYS = 3_650


def _possible_start(start: datetime) -> datetime:
    if not 1990 <= start.year <= 2200:
        raise ValueError("a time between the years 1990 and 2200 expected")
    return start


class SimulatorSettings(BaseModel):
    """The journal that the reader `simulator` makes up. `speed` and `began` do not change what is in it."""

    model_config = SECTION

    seed: int = Field(default=1, description="Another seed gives another journal, the same seed always the same")
    start: Annotated[datetime, AfterValidator(_possible_start)] = Field(
        default=datetime(2026, 11, 2),
        description="Where the journal begins; without an offset it is the partition's local time",
    )
    days: float | None = Field(
        default=None, gt=0, le=LONGEST_DAYS, description="The journal ends after so many days (not set: ten years)"
    )
    entries: int | None = Field(
        default=None, gt=0, description="The journal ends after so many entries of the types SK and SV (not set: never)"
    )
    speed: float = Field(
        default=0.0, ge=0, description="Journal seconds in one real second; 0 is as fast as it can be read"
    )
    began: AwareDatetime | None = Field(
        default=None,
        description="The real moment at which the journal's clock stood at its start: entries keep coming while nobody "
        "reads (not set: the clock starts with the first read, where reading stopped the last time)",
    )
    scale: float = Field(default=1.0, gt=0, le=1000, description="How many times busier than a small company")
    zone: Annotated[str, AfterValidator(known_zone)] = Field(
        default="Europe/Berlin", description="IANA time zone of the simulated partition"
    )
    receiver_library: str = Field(
        default="AUDLIB", min_length=1, max_length=10, description="Library of the journal receivers"
    )
    receiver_entries: int = Field(
        default=100_000, ge=100, description="Journal entries of all types after which the receiver is changed"
    )
    audit_lapse_days: int = Field(
        default=7, ge=0, description="Once in so many days *NETSECURE is taken away for ten minutes; 0 is never"
    )
