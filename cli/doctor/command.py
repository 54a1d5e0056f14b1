"""`sk2siem doctor`: look before it runs, and again when it does not.

What only this command needs is imported where it is used: a sink's worker starts without it.
"""

import os
import shutil
from collections import Counter

import click

from cli.interruption import interruptible
from cli.running import running_of
from cli.settings import load
from runtime.errors import CheckFailed


@click.command("doctor")
@click.option("--json", "json", is_flag=True, help="One JSON object a line.")
@click.option("--brief", is_flag=True, help="Only what is to be done, and what could not be looked at.")
def command(json: bool, brief: bool) -> None:
    """Examine the IBM i, the broker and every SIEM that is configured; nothing on the IBM i is changed.

    Each finding says what was found, why it matters and the command that changes it. Exit code 69 when one fails.

    \b
    Example:
      sk2siem doctor --brief
    """
    from cli.doctor.examination import examine
    from cli.doctor.finding import State
    from cli.doctor.view import WIDEST, as_line, as_text, summed_up

    settings = load(os.environ)
    running = running_of("doctor", settings)
    states: Counter[State] = Counter()
    shown, width = "", shutil.get_terminal_size((WIDEST, 24)).columns
    with interruptible(running.shutdown), running.resources:
        for heading, finding in examine(settings, running):
            states[finding.state] += 1
            if json:
                click.echo(as_line(heading, finding))
            elif not brief or finding.state not in (State.OK, State.NOTE):
                if heading != shown:
                    click.secho(f"{'' if not shown else chr(10)}{heading}", bold=True)
                    shown = heading
                click.echo(as_text(finding, width))
    if not json:
        click.echo(summed_up(states))
    if states[State.FAIL]:
        raise CheckFailed(f"{states[State.FAIL]} of {states.total()} findings fail")
