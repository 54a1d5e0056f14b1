"""Findings as text for people and as JSON objects for machines."""

import textwrap
from collections.abc import Mapping

import click
import orjson

from cli.doctor.finding import Finding, State
from cli.terminal import inert

COLOURS = {State.OK: "green", State.NOTE: "cyan", State.WARN: "yellow", State.FAIL: "red", State.UNKNOWN: "magenta"}
INDENT = 31
WIDEST, NARROWEST = 130, 70


def as_text(finding: Finding, width: int) -> str:
    """What was found; what is not well gets its reason below. Commands are never broken; those of a note may be run."""
    head = f"{click.style(f'{finding.state:<8}', fg=COLOURS[finding.state])}{finding.check:<{INDENT - 8}}"
    lines = [head + _wrapped(finding.what, width)]
    if finding.state not in (State.OK, State.NOTE):
        lines.append(f"{'why':>{INDENT - 2}}  {_wrapped(finding.why, width)}")
    label = "how" if finding.state is State.NOTE else "do"
    lines += [f"{label:>{INDENT - 2}}  {inert(command)}" for command in finding.commands]
    return "\n".join(lines)


def as_line(heading: str, finding: Finding) -> bytes:
    return orjson.dumps(
        {
            "part": heading,
            "check": finding.check,
            "state": finding.state,
            "what": finding.what,
            "why": finding.why,
            "commands": finding.commands,
        }
    )


def summed_up(states: Mapping[State, int]) -> str:
    parts = [f"{states[state]} {state}" for state in State if states.get(state)]
    return f"\n{sum(states.values())} findings: {', '.join(parts)}"


def _wrapped(text: str, width: int) -> str:
    """Each line of the text begins a line."""
    room = min(max(width, NARROWEST), WIDEST) - INDENT
    wrapped = (textwrap.wrap(inert(line), room, break_on_hyphens=False) for line in text.splitlines())
    return f"\n{' ' * INDENT}".join(line for lines in wrapped for line in lines)
