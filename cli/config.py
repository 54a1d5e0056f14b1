"""`sk2siem config`: the effective settings, or the page that documents them."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence

import click
from pydantic import BaseModel

from cli.documentation import markdown
from cli.settings import Settings, load
from cli.values import HIDDEN, text_of
from cli.variables import Variable, name_of, variables

LOGIN_IN_URL = re.compile(r"://[^/@\s]+@")


@click.command("config")
@click.option("--markdown", "as_page", is_flag=True, help="Print the page docs/configuration.md instead.")
def command(as_page: bool) -> None:
    """Print the effective settings and where each comes from, secrets hidden.

    \b
    Example:
      sk2siem config
    """
    if as_page:
        click.echo(markdown(Settings), nl=False)
        return
    for line in effective(load(os.environ), os.environ):
        click.echo(line)


def effective(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """One line per variable: its name, its value, and `environment` or `default`; one per sink that is not used."""
    found = list(variables(Settings))
    width = max(len(variable.name) for variable in found)
    unused = {path for path in (variable.path[:-1] for variable in found) if _value(path, settings) is None}
    for variable in found:
        if variable.path[:-1] not in unused:
            origin = "environment" if environ.get(variable.name) else "default"
            yield f"{variable.name:<{width}}  {origin:<11}  {_shown(variable, settings)}"
    for path in sorted(path for path in unused if path[:-1] not in unused):
        yield f"{name_of((*path, '*')):<{width}}  not set      `run {path[-1]}` needs {_needed(path, found)}"


def _value(path: Sequence[str], settings: Settings) -> object:
    value: object = settings
    for part in path:
        value = getattr(value, part) if isinstance(value, BaseModel) else None
    return value


def _shown(variable: Variable, settings: Settings) -> str:
    return LOGIN_IN_URL.sub(f"://{HIDDEN}@", text_of(_value(variable.path, settings))) or "(not set)"


def _needed(path: Sequence[str], found: Sequence[Variable]) -> str:
    its = [one for one in found if one.path[:-1] == path]
    return " and ".join(one.name for one in its if one.field.is_required()) or its[0].name
