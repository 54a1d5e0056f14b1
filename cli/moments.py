"""`--since` and `--until`: the span of time that a command is about."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
AGO = re.compile(r"(\d{1,4})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
FORMS = "2026-11-22, 2026-11-22T02:15 (UTC), 2026-11-22T03:15:00+01:00, or 90m, 12h or 7d ago"


class Moment(click.ParamType[datetime]):
    """A time as text, in one of FORMS: without a zone it is UTC."""

    name = "time"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        if ago := AGO.fullmatch(value):
            return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as {FORMS}", param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def since_option(what: str) -> Callable[[Command], Command]:
    """`--since`, of `what` happened at or after it."""
    return click.option("--since", type=Moment(), callback=_in_order, help=f"Only {what} since then: {FORMS}.")


def until_option(what: str) -> Callable[[Command], Command]:
    """`--until`, of `what` happened before it."""
    return click.option("--until", type=Moment(), callback=_in_order, help=f"Only {what} before this time.")


def _in_order(ctx: click.Context, param: click.Parameter, value: datetime | None) -> datetime | None:
    """Whichever of the two is read last knows both."""
    span = {**ctx.params, str(param.name): value}
    since, until = span.get("since"), span.get("until")
    if since and until and since >= until:
        ends = (one.isoformat(timespec="seconds") for one in (since, until))
        raise click.UsageError("nothing is between --since {} and --until {}".format(*ends), ctx)
    return value
