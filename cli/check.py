"""`sk2siem check SERVICE`: whether both ends of a service can be reached."""

import os
from collections.abc import Callable

import click

from cli.running import tool
from cli.services import SERVICES, service
from cli.settings import Settings, load
from cli.terminal import json_option, say_json
from cli.variables import name_of
from runtime.errors import CheckFailed, ConfigError, PipelineError

SECTIONS = {"producer": "ibmi"}


@click.command("check")
@click.argument("name", metavar="SERVICE", type=click.Choice(list(SERVICES)))
@json_option
def command(name: str, as_json: bool) -> None:
    """Check the broker and the other end of SERVICE, one line each; exit code 69 when one fails.

    \b
    Example:
      sk2siem check elastic
    """
    settings = load(os.environ)
    wired = service(name, settings)
    ends = {"broker": lambda: check_broker(name, settings), name: lambda: wired.check(settings)}
    failed = [end for end, check in ends.items() if not _passes(end, check, as_json=as_json)]
    if failed:
        sections = " and ".join(name_of((SECTIONS.get(end, end), "*")) for end in failed)
        raise CheckFailed(
            f"{' and '.join(failed)} failed; see that it runs and can be reached from here, and {sections}"
        )


def check_broker(name: str, settings: Settings) -> str:
    """One sentence on the broker. Raises what connecting and its check raise."""
    with tool(name, settings) as (broker, _):
        return broker.check()


def _passes(end: str, check: Callable[[], str], *, as_json: bool) -> bool:
    """Print what came out; settings that cannot work are not a failed check."""
    try:
        state, words = "ok", check()
    except ConfigError:
        raise
    except PipelineError as error:
        state, words = "failed", str(error)
    if as_json:
        say_json({"end": end, "state": state, "words": words})
    else:
        click.echo(f"{state:<6}  {end}: {words}")
    return state == "ok"
