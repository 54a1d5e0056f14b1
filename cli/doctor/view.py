"""Findings as text for people and as JSON objects for machines."""

import textwrap
from collections.abc import Mapping

import click
import orjson

from cli.doctor.finding import Finding, State
from cli.terminal import inert

COLOURS = {State.OK: "green", State.NOTE: "cyan", State.WARN: "yellow", State.FAIL: "red", State.UNKNOWN: "magenta"}
WIDTH = 110
INDENT = 31


def as_text(finding: Finding) -> str:
    """One line; what is not well gets its reason and its command below."""
    head = f"{click.style(f'{finding.state:<8}', fg=COLOURS[finding.state])}{finding.check:<{INDENT - 8}}"
    lines = [head + _wrapped(finding.what)]
    if finding.state not in (State.OK, State.NOTE):
        lines.append(f"{'why':>{INDENT - 2}}  {_wrapped(finding.why)}")
    lines += [f"{'do':>{INDENT - 2}}  {inert(command)}" for command in finding.commands]
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


def _wrapped(text: str) -> str:
    return f"\n{' ' * INDENT}".join(textwrap.wrap(inert(text), WIDTH - INDENT + 20, break_on_hyphens=False))
