"""What the canary saw, in lines."""

from cli.canary.connection import Opened
from cli.canary.course import Course, Hop, seconds_of
from cli.canary.plan import Plan
from cli.terminal import inert
from schemas.records import Verdict


def heading(plan: Plan, opened: Opened, system: str) -> str:
    """From where to where, and how the connection itself went."""
    service = f" ({plan.service})" if plan.service else ""
    tls = opened.tls or (f"no TLS handshake ({opened.trouble})" if opened.trouble else "no TLS")
    where = f"{opened.address} {opened.port} to {system}, {plan.host} port {plan.port}{service}"
    how = _line(opened.seconds, "connected", f"{opened.at:%Y-%m-%d %H:%M:%S} UTC, {tls}")
    return f"{inert(where)}\n{inert(how)}"


def hop_lines(course: Course) -> list[str]:
    """In the order of their times; the journal's is that of the partition's clock."""
    hops = sorted(course.hops.values(), key=lambda hop: hop.at)
    return [inert(_line(seconds_of(hop, course), hop.name, _detail(hop))) for hop in hops]


def judged(course: Course) -> str:
    """For example `20261122T…-PROD1-AUDRCV0001-… is secure (canary), from 10.1.1.9 port 61912`."""
    told, entry = course.verdict, course.entry
    if told is None or entry is None:
        return "it"
    what = f"{told.verdict} ({told.reason})" if isinstance(told, Verdict) else f"an event ({told.reason})"
    return inert(f"{told.id} is {what}, from {entry.remote_address} port {entry.remote_port}")


def _detail(hop: Hop) -> str:
    return f"{hop.detail}, by the partition's clock" if hop.name == "journal" else hop.detail


def _line(seconds: float, name: str, detail: str) -> str:
    return f"{seconds:>8.3f} s  {name:<16}{detail}"
