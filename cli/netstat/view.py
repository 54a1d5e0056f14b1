"""Connections and listeners as tables, with a line of counts below."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from cli.netstat.look import Seen
from cli.terminal import COLOURS, cell, inert
from enricher.listeners import Listener
from schemas.records import Direction, VerdictKind

ARROWS = {Direction.INBOUND: "from", Direction.OUTBOUND: "to"}
HELPER = "helper"
ALL = "any address"
NEVER_BROKEN = 2
ONE_LINE = 150


def connections_table(seen: Sequence[Seen], width: int) -> Table:
    """One line for each; where the screen is too narrow for that, a few short ones."""
    if width >= ONE_LINE:
        table = _table("verdict", "", "other end", "name", "service", "server", "idle", "profile", "job")
    else:
        table = _table("verdict", "", "other end", "service", "idle", "owner")
    for one in seen:
        socket, opinion = one.socket, one.opinion
        end, name = f"{socket.remote_address} {socket.remote_port}", one.name.text or "" if one.name else ""
        service, server = _service(one), (socket.local_name if opinion.match.is_local else socket.remote_name) or ""
        profiles, jobs = ", ".join(dict.fromkeys(owner.profile or "" for owner in socket.owners)), _jobs(one)
        idle = span(socket.idle_seconds)
        cells: tuple[str, ...] = (_lines(end, name), _lines(service, server), idle, _lines(profiles, jobs))
        if width >= ONE_LINE:
            cells = (end, name, service, server, idle, profiles, jobs)
        table.add_row(_verdict(opinion.verdict), ARROWS[opinion.direction], *map(_cell, cells))
    return table


def listeners_table(listeners: Sequence[Listener]) -> Table:
    table = _table("verdict", "port", "service", "server", "bound to", "what to do")
    for listener in listeners:
        one, entry = listener.listening, listener.entry
        table.add_row(
            _verdict(listener.verdict),
            cell(f"{one.port} {one.transport}"),
            cell(entry.service if entry else ""),
            cell(one.name or ""),
            cell(", ".join(one.addresses) or ALL),
            cell(" ".join(listener.notes)),
        )
    return table


def change_line(word: str, one: Seen, now: datetime) -> str:
    """For example `02:15:00 opened  insecure  from 10.9.8.7 50123  telnet 23  QTVTELNET`."""
    socket, opinion = one.socket, one.opinion
    other = f"{ARROWS[opinion.direction]} {socket.remote_address} {socket.remote_port}"
    name = f" ({one.name.text})" if one.name and one.name.text else ""
    who = _jobs(one)
    verdict = opinion.verdict or HELPER
    return inert(f"{now:%H:%M:%S} {word:<6}  {verdict:<8}  {other}{name}  {_service(one)}  {who}".rstrip())


def advice_lines(seen: Iterable[Seen]) -> list[str]:
    """What to do about the insecure ones, each sentence once with how many it is about, most first."""
    told = Counter(
        one.opinion.advice
        for one in seen
        if one.opinion.verdict is VerdictKind.INSECURE and one.opinion.advice is not None
    )
    return [f"  {count:>5,}  {advice}" for advice, count in told.most_common()]


def counted(system: str, verdicts: Iterable[VerdictKind | None], what: str, now: datetime) -> str:
    """For example `PROD1 at 2026-11-22 02:15:00 UTC: 12 connections, 3 insecure, 9 secure`."""
    counts = Counter(verdicts)
    total = sum(counts.values())
    parts = [f"{counts[kind]:,} {kind}" for kind in VerdictKind if counts[kind]]
    helpers = [f"{counts[None]:,} of helper ports"] if counts[None] else []
    many = what if total != 1 else what.removesuffix("s")
    return f"{system} at {now:%Y-%m-%d %H:%M:%S} UTC: {', '.join([f'{total:,} {many}', *parts, *helpers])}"


def span(seconds: float) -> str:
    """Rounded: `9 s`, `12 min`, `5 h`, `17 days`."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86_400:.0f} days"


def _cell(lines: str) -> Text:
    return Text("\n").join(map(cell, lines.split("\n")))


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _jobs(one: Seen) -> str:
    """The first, and how many there are besides: a server's jobs share its listener."""
    jobs = [owner.job for owner in one.socket.owners]
    return jobs[0] + (f" and {len(jobs) - 1} more" if len(jobs) > 1 else "") if jobs else ""


def _service(one: Seen) -> str:
    match = one.opinion.match
    return f"{match.entry.service} {match.port}" if match.entry else f"port {match.port}"


def _verdict(kind: VerdictKind | None) -> Text:
    return Text(kind or HELPER, style=COLOURS.get(kind or "", ""))


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, title in enumerate(titles):
        table.add_column(title, no_wrap=number < NEVER_BROKEN, overflow="fold")
    return table
