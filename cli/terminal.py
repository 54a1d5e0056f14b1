"""The terminal of whoever looks: a console that does not break lines in files, tables, text that cannot harm it."""

import io
import json
import sys
from collections.abc import Callable, Sequence

import click
import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runtime.errors import CheckFailed

COLOURS = {"secure": "green", "insecure": "red", "unknown": "yellow", "failed": "magenta"}
WIDE = 200
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def console() -> Console:
    """On standard output; as wide as its tables need to be where that is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


class ClosedOutput(io.TextIOBase):
    """Standard output that was closed when we began: whoever prints fails, and a service, which does not, runs."""

    encoding = "utf-8"
    errors = "strict"

    @property
    def buffer(self) -> "ClosedOutput":
        return self

    def write(self, _: object) -> int:
        raise CheckFailed("what was to be printed could not be written: standard output is closed")


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
"""What every command has whose words a machine may want."""


def say_json(document: object) -> None:
    """One line for a machine, which may be shown on a terminal all the same: what `inert` replaces is escaped."""
    text = orjson.dumps(document, option=orjson.OPT_UTC_Z).decode()
    click.echo(_printable(text, lambda one: json.dumps(one)[1:-1]))


def inert(text: str) -> str:
    """Without control characters and marks that turn the direction of writing: what others wrote is only shown."""
    return _printable(text, lambda _: REPLACEMENT)


def _printable(text: str, instead: Callable[[str], str]) -> str:
    """Nearly every text is as it should be, and is not looked at character by character."""
    return text if text.isprintable() else "".join(one if one.isprintable() else instead(one) for one in text)


def cell(text: str) -> Text:
    """For a table: inert, and never read as markup."""
    return Text(inert(text))


def captioned(made: Table, caption: str) -> Table:
    """The table with a line below it, where there is one to say, and a blank line below that."""
    made.caption, made.caption_justify = (f"{caption}\n" if caption else None), "left"
    return made


def table(title: str, *texts: str, numbers: Sequence[str] = ()) -> Table:
    """A table of ours: texts on the left, numbers on the right."""
    made = Table(title=Text(title, style="bold"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in texts:
        made.add_column(heading, overflow="fold")
    for heading in numbers:
        made.add_column(heading, justify="right", no_wrap=True)
    return made
