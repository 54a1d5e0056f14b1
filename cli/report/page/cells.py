"""The cells that several tables of the page have."""

from collections.abc import Mapping
from datetime import UTC, datetime

from cli.report.findings import Findings, Remote
from cli.report.lines import UNLISTED, Line
from cli.report.page.markup import Cell, Markup, element, join
from schemas.records import Direction, VerdictKind

LONGEST_WHOLE = 30


def verdict_cell(kind: VerdictKind) -> Cell:
    return Cell(element("span", kind.value, class_=f"verdict {kind.value}"), kind.value)


def time_cell(seconds: int) -> Cell:
    return Cell(element("span", f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}", class_="whole"), seconds)


def remote_cell(remote: Remote, findings: Findings) -> Cell:
    """The address, and below it its name, which whoever owns the address could choose."""
    shown: list[Markup | str] = [f"{'to ' if remote.direction is Direction.OUTBOUND else ''}{remote.address}"]
    known = findings.tally.names.get(remote.address)
    if known is not None:
        name, status = known
        shown.append(_below(name if status == "confirmed" else f"{name} (not confirmed)"))
    return Cell(join([*shown, *_system(remote.system, findings)]), remote.address)


def remote_of(line: Line) -> Remote:
    """Of a line whose first key is the address."""
    return Remote(line.who.system, line.who.direction, line.key[0])


def service_cell(line: Line, place: int, findings: Findings) -> Cell:
    """The service that the key has at that place."""
    return Cell(join([_whole(line.key[place]), *_system(line.who.system, findings)]), line.key[place])


def timed_service_cell(line: Line, recurs: Mapping[tuple[Remote, str], list[str]]) -> Cell:
    """The service of a line by remote and service, and below it when it comes, where that is by the clock."""
    said = recurs.get((remote_of(line), line.who.service or UNLISTED), [])
    return Cell(join([_whole(line.key[1]), *map(_below, said)]), line.key[1])


def _system(system: str, findings: Findings) -> list[Markup]:
    """Where there are several."""
    return [_below(f"on {system}")] if len(findings.systems) > 1 else []


def _whole(text: str) -> Markup:
    """On one line, unless it is so long that the table would not fit."""
    return element("span", text, **({"class_": "whole"} if len(text) <= LONGEST_WHOLE else {}))


def _below(text: str) -> Markup:
    return element("span", text, class_="name")
