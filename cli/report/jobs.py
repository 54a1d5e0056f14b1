"""Which entries of the job scheduler may be behind what a system opens itself, again and again."""

from collections.abc import Sequence
from dataclasses import replace

from cli.report.findings import Findings, Recurring
from cli.report.recurrence import DAY, HOUR
from cli.settings import Settings
from producer.asking import asking
from producer.scheduled_jobs import ScheduledJob, scheduled_jobs
from runtime.service import Running
from schemas.records import Direction

BEFORE = 900
"""A job may work for so long before it connects."""
DAYS = {name: number for number, name in enumerate(("*MON", "*TUE", "*WED", "*THU", "*FRI", "*SAT", "*SUN"))}


def ask_for_jobs(settings: Settings, running: Running) -> list[ScheduledJob]:
    """Of the IBM i that is configured. Raises ConfigError, Unavailable and Halt."""
    with asking(settings.ibmi, running) as odbc:
        return scheduled_jobs(odbc)


def with_jobs(findings: Findings, jobs: Sequence[ScheduledJob], system: str) -> Findings:
    """The findings with the scheduled jobs of `system` beside what recurs there and goes out."""
    recurring = [
        replace(one, jobs=tuple(_text(job) for job in jobs if _may_be_behind(job, one)))
        if one.remote.direction is Direction.OUTBOUND and one.remote.system == system
        else one
        for one in findings.recurring
    ]
    return replace(findings, recurring=recurring)


def _may_be_behind(job: ScheduledJob, one: Recurring) -> bool:
    recurrence = one.recurrence
    if recurrence.second is None:
        return False
    later = (recurrence.second - job.second) % DAY
    is_near = later <= BEFORE or DAY - later <= recurrence.within
    days = {DAYS[word] for word in job.days.replace(",", " ").split() if word in DAYS}
    return is_near and (not days or bool(days & recurrence.weekdays))


def _text(job: ScheduledJob) -> str:
    """For example `NIGHTSYNC at 02:00 (*ALL)`."""
    clock = f"{job.second // HOUR:02d}:{job.second % HOUR // 60:02d}"
    return f"{job.name} at {clock} ({job.days or job.frequency})"
