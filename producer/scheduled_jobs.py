"""The partition's own job scheduler (WRKJOBSCDE): QSYS2.SCHEDULED_JOB_INFO."""

from dataclasses import dataclass
from datetime import time

from producer.journal_sql import text
from producer.odbc import Odbc

_JOBS = "SELECT SCHEDULED_JOB_NAME, SCHEDULED_TIME, SCHEDULED_DAYS, FREQUENCY FROM QSYS2.SCHEDULED_JOB_INFO"


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """An entry. `second` is of the day, by the partition's clock. `days` is `*ALL`, or such as `*MON, *TUE`."""

    name: str
    second: int
    days: str
    frequency: str


def scheduled_jobs(odbc: Odbc) -> list[ScheduledJob]:
    """Those whose time this profile may see: it needs *JOBCTL for the jobs of others. Raises like `Odbc.query`."""
    found = odbc.query("asking for scheduled jobs", _JOBS)
    return [
        ScheduledJob(text(name) or "", _second(at), text(days) or "", text(frequency) or "")
        for name, at, days, frequency in found
        if isinstance(at, time)
    ]


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
