"""The producer's settings: which journal it reads, how, and how it reaches the IBM i."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, SecretStr, model_validator

from runtime.settings import SECTION, Expected, Form
from schemas.topics import DEFAULT_PARTITIONS

WORD = re.compile(r"\*[A-Z0-9]+")
"""A value of QAUDLVL, such as *NETSCK."""

SYSTEM_NAME = Form(r"(|[A-Z0-9$#@_.]{1,8})", "1 to 8 upper-case letters, digits or characters of $ # @ _ .")
OBJECT_NAME = Form(r"[A-Z$#@][A-Z0-9$#@_.]{0,9}", "an IBM i object name of up to 10 upper-case characters")


def known_zone(name: str) -> str:
    """The name, where it is one of an IANA time zone; ValueError otherwise."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Expected("an IANA time zone expected, such as Europe/Berlin") from error
    return name


def _known_zone_or_none(name: str) -> str:
    return known_zone(name) if name else name


def _levels(levels: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [level for level in levels if not WORD.fullmatch(level)]:
        raise ValueError(
            f"an audit level begins with a star and is in upper case; {len(wrong)} of these look otherwise"
        )
    return tuple(sorted(set(levels)))


class ProducerSettings(BaseModel):
    """Which journal is read, and how."""

    model_config = SECTION

    system: Annotated[str, SYSTEM_NAME] = Field(
        default="",
        description="Name of the partition in every record: 1 to 8 upper-case characters. `run producer` needs it",
    )
    reader: Literal["display-journal", "audit-journal-sk", "cpyaudjrne", "file", "simulator"] = Field(
        default="display-journal",
        description="How the journal is read; docs/readers.md says which one when",
    )
    file: Path | None = Field(default=None, description="The saved journal that the reader `file` reads")
    file_format: Literal["auto", "ndjson", "csv", "type5"] = Field(
        default="auto", description="Its form; `auto` tells by how it begins"
    )
    journal_library: Annotated[str, OBJECT_NAME] = Field(default="QSYS", description="Library of the journal")
    journal_name: Annotated[str, OBJECT_NAME] = Field(default="QAUDJRN", description="Name of the journal")
    connections: int = Field(
        default=4, ge=1, le=16, description="Connections to the IBM i that read while the producer is behind"
    )
    read_share: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="Share of the time that reading may take, 1 for all; lifted while the lag does not shrink, would "
        "last longer than an hour, or entries are about to be deleted",
    )
    page_size: int = Field(default=1000, ge=1, le=100_000, description="Most entries that one read brings")
    time_zone: Annotated[str, AfterValidator(_known_zone_or_none)] = Field(
        default="",
        description="IANA time zone of the partition, such as `Europe/Berlin` (not set: the offset that the "
        "partition has at the moment)",
    )
    audited: Annotated[tuple[str, ...], AfterValidator(_levels)] = Field(
        default=(),
        description="Audit levels that you vouch for where nobody can say what is in force, for example "
        "`*NETSCK,*NETTELSVR,*NETSECURE`; records that rest on it say so",
    )
    partitions: int = Field(
        default=DEFAULT_PARTITIONS,
        ge=1,
        le=1000,
        description="Partitions of the topics, when `init` creates them; what the first position records is kept",
    )
    take_over: bool = Field(
        default=False, description="Start although another producer of the same journal seems to be alive"
    )
    poll_seconds: float = Field(
        default=1.0,
        ge=0.1,
        le=60,
        description="Seconds between reads at the journal's end; IBM warns against less than 1",
    )
    recovery: Literal["oldest", "halt", "newest", "timestamp"] = Field(
        default="oldest",
        description="Where to go on when the position is lost: the oldest entry not read yet, the newest, the first "
        "one of a time, or nowhere",
    )
    recovery_timestamp: AwareDatetime | None = Field(
        default=None, description="The time of RECOVERY=timestamp, with its zone, such as 2026-11-22T02:00:00Z"
    )

    @model_validator(mode="after")
    def _has_its_timestamp(self) -> Self:
        if self.recovery == "timestamp" and self.recovery_timestamp is None:
            raise ValueError("RECOVERY=timestamp needs RECOVERY_TIMESTAMP")
        return self


class IbmiSettings(BaseModel):
    """How the readers `display-journal`, `audit-journal-sk` and `cpyaudjrne` reach the IBM i."""

    model_config = SECTION

    system: str = Field(default="", description="Host name or address of the IBM i")
    username: str = Field(default="", description="User profile; what it needs is in docs/operations.md")
    password: SecretStr | None = Field(default=None, description="Password of the user profile")
    tls: bool = Field(default=True, description="Encrypt the connection (port 9471 instead of 8471)")
    dsn: str | None = Field(
        default=None,
        description="Name of a data source in odbc.ini, used instead of system and driver; it may hold user and "
        "password",
    )
    connection_string: SecretStr | None = Field(
        default=None, description="A whole ODBC connection string, used instead of everything above"
    )
    driver: str = Field(default="IBM i Access ODBC Driver", description="Name of the ODBC driver in odbcinst.ini")
