"""The partition itself: its release, the services of its Db2, the authorities beside the journal, its clock."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, Refusal, State
from producer.odbc_errors import Lacking
from producer.settings import ProducerSettings
from producer.survey import PartitionClock

LEAST_RELEASE = (7, 3)
SKEWED, FAR_OFF = timedelta(seconds=5), timedelta(seconds=60)
NEEDED = {
    "QSYS2.JOURNAL_INFO": "journal",
    "QSYS2.JOURNAL_RECEIVER_INFO": "chain",
    "QSYS2.DISPLAY_JOURNAL": "sample",
    "QSYS2.SYSTEM_VALUE_INFO": "values",
}
HELPFUL = {"QSYS2.NETSTAT_INFO": "sockets", "QSYS2.SCHEDULED_JOB_INFO": "scheduled"}


def release(facts: Facts) -> Iterator[Finding]:
    why = "Entries of TLS handshakes (S, X) are written from IBM i 7.3 on."
    environment = facts.environment
    if isinstance(environment, Refusal):
        yield Finding("release", State.UNKNOWN, f"the release cannot be read: {environment}", why)
        return
    what = f"{environment.name} runs IBM i {environment.version}.{environment.release}"
    is_new = (environment.version, environment.release) >= LEAST_RELEASE
    yield Finding(
        "release", State.OK if is_new else State.FAIL, what, why, () if is_new else ("upgrade to IBM i 7.3 or newer",)
    )
    yield _db2_level(facts, environment.ptf_group)


def services(facts: Facts) -> Iterator[Finding]:
    why = "They are how journal and system are asked; a level of Db2 PTFs that lacks one cannot be read."
    for names, worst in ((NEEDED, State.FAIL), (HELPFUL, State.WARN)):
        lacking = [service for service, field in names.items() if _lacks(getattr(facts, field))]
        check = "services" if worst is State.FAIL else "more-services"
        if lacking:
            what = f"{', '.join(lacking)} {'are' if len(lacking) > 1 else 'is'} not there"
            yield Finding(check, worst, what, why, ("WRKPTFGRP  /* install the current group of Db2 for i */",))
        else:
            yield Finding(check, State.OK, f"{', '.join(name.partition('.')[2] for name in names)} are there", why)


def reader(facts: Facts, settings: ProducerSettings) -> Iterator[Finding]:
    """Whether the reader that is set can be used here."""
    name = settings.reader
    why = "docs/readers.md says which reader is for what; `display-journal` works on every release from 7.3 on."
    command = ("SK2SIEM_PRODUCER__READER=display-journal",)
    if name == "audit-journal-sk" and facts.has_audit_journal_sk is not True:
        more = f" ({facts.has_audit_journal_sk})" if isinstance(facts.has_audit_journal_sk, Refusal) else ""
        what = f"the reader {name} needs SYSTOOLS.AUDIT_JOURNAL_SK, which is not there{more}"
        yield Finding("reader", State.FAIL, what, why, command)
    elif name == "cpyaudjrne" and (isinstance(facts.values, Refusal) or facts.values.get("QAUDLVL") is None):
        what = f"the reader {name} runs CPYAUDJRNE, which needs special authority *AUDIT"
        yield Finding("reader", State.FAIL, what, why, command)
    else:
        yield Finding("reader", State.OK, f"the reader {name} can be used", why)


def authorities(facts: Facts, profile: str) -> Iterator[Finding]:
    """Those that only tools need."""
    yield _connections(facts)
    why = "The report names the scheduled job behind what this system opens every night."
    scheduled = facts.scheduled
    command = f"CHGUSRPRF USRPRF({profile}) SPCAUT(*JOBCTL)  /* with the special authorities that it has */"
    if isinstance(scheduled, Refusal):
        yield Finding("scheduled-jobs", State.UNKNOWN, f"scheduled jobs cannot be seen: {scheduled}", why)
    elif scheduled.with_time < scheduled.entries:
        hidden = scheduled.entries - scheduled.with_time
        what = f"of {scheduled.entries} scheduled jobs {hidden} do not show their time: special authority *JOBCTL"
        yield Finding("scheduled-jobs", State.WARN, what, why, (command,))
    else:
        yield Finding("scheduled-jobs", State.OK, f"{scheduled.entries} scheduled jobs can be seen", why)


def clock(facts: Facts, settings: ProducerSettings) -> Iterator[Finding]:
    answer = facts.clock
    if isinstance(answer, Refusal):
        yield Finding("clock", State.UNKNOWN, f"the time cannot be asked: {answer}", _CLOCK_WHY)
        return
    yield _skew(answer)
    yield _zone(answer, settings.time_zone)


_CLOCK_WHY = (
    "Times of connections are those of the partition's clock: a SIEM compares them with those of other sources."
)


def _skew(answer: PartitionClock) -> Finding:
    if answer.ahead is None:
        return Finding("clock", State.UNKNOWN, "the partition does not say how far its clock is from UTC", _CLOCK_WHY)
    seconds = answer.ahead.total_seconds()
    apart = abs(answer.ahead)
    what = f"the partition's clock is {abs(seconds):,.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    if apart < SKEWED:
        return Finding("clock", State.OK, what, _CLOCK_WHY)
    state = State.FAIL if apart > FAR_OFF else State.WARN
    return Finding("clock", state, what, _CLOCK_WHY, ("CHGNTPA  /* name a time server */", "STRTCPSVR SERVER(*NTP)"))


def _zone(answer: PartitionClock, zone: str) -> Finding:
    why = "The journal writes local time without its zone: with the wrong one every time is off by hours."
    stated = None if answer.offset is None else _offset(answer.offset)
    if not zone:
        what = f"SK2SIEM_PRODUCER__TIME_ZONE is not set; the partition states {stated or 'no offset'}"
        more = f"{why} Without it, the hour that comes twice in autumn can be taken for the other one."
        return Finding("time-zone", State.WARN, what, more, ("SK2SIEM_PRODUCER__TIME_ZONE=Europe/Berlin  # yours",))
    expected = ZoneInfo(zone).utcoffset(answer.local)
    if answer.offset is not None and expected != answer.offset:
        what = f"the partition states {stated}, and {zone} has {_offset(expected or timedelta())} now"
        commands = (
            "SK2SIEM_PRODUCER__TIME_ZONE=...  # the partition's",
            "CHGSYSVAL SYSVAL(QTIMZON) VALUE(...)  /* or that */",
        )
        return Finding("time-zone", State.FAIL, what, why, commands)
    return Finding("time-zone", State.OK, f"{zone}, as the partition states ({stated or 'no offset'})", why)


def _db2_level(facts: Facts, group: str | None) -> Finding:
    why = "Services of Db2 for i come with its PTF group; an old level may lack a column or a parameter."
    if group is None:
        return Finding("db2-level", State.UNKNOWN, "the PTF group of Db2 is not known for this release", why)
    if isinstance(facts.db2_level, Refusal):
        return Finding("db2-level", State.UNKNOWN, f"the level of {group} cannot be seen: {facts.db2_level}", why)
    if facts.db2_level is None:
        what = f"no level of {group} (Db2 for i) is installed as a whole"
        return Finding("db2-level", State.WARN, what, why, (f"WRKPTFGRP PTFGRP({group})",))
    return Finding("db2-level", State.OK, f"{group} (Db2 for i) is at level {facts.db2_level}", why)


def _connections(facts: Facts) -> Finding:
    why = "`sk2siem netstat` names job and profile behind a connection, and what is older than the auditing."
    if isinstance(facts.sockets, Refusal):
        state = State.UNKNOWN if _lacks(facts.sockets) else State.WARN
        text, _, command = str(facts.sockets).partition("; let a security officer run ")
        return Finding("connections-authority", state, text, why, (command,) if command else ())
    count = sum(one.is_connection for one in facts.sockets)
    return Finding("connections-authority", State.OK, f"{count:,} open connections can be seen", why)


def _lacks(answer: object) -> bool:
    return isinstance(answer, Refusal) and isinstance(answer.error, Lacking)


def _offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
