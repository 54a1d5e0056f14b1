"""What the demo shows while it runs: a live picture on a terminal, plain lines everywhere else."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.demo.picture import Picture
from cli.report.tally import remote_end
from cli.terminal import COLOURS, cell
from schemas.records import VerdictKind

LINE_SECONDS = 3.0
FRAME_SECONDS = 0.5


@dataclass(slots=True)
class Pace:
    """How long it has taken, and how fast entries come at the moment."""

    started: float = field(default_factory=time.monotonic)
    _seen: tuple[float, int] = (0.0, 0)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def rate(self, entries: int) -> float:
        """Entries per second since the last call."""
        (then, before), now = self._seen, self.seconds
        self._seen = (now, entries)
        return (entries - before) / max(now - then, 0.001)


class View(Protocol):
    """Shown at most every `interval` seconds."""

    interval: float

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def show(self, picture: Picture, behind: Mapping[str, int]) -> None: ...


def view_on(console: Console) -> View:
    return LiveView(console) if console.is_terminal else PlainView(console)


class PlainView:
    """One line every few seconds: readable in a pipe, a log or a build."""

    interval = LINE_SECONDS

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pace = Pace()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left on the screen."""

    def show(self, picture: Picture, behind: Mapping[str, int]) -> None:
        waiting = ", ".join(f"{name} {count:,}" for name, count in behind.items())
        self._console.print(
            f"{self._pace.seconds:5.1f} s  {picture.entries:,} entries ({self._pace.rate(picture.entries):,.0f}/s), "
            f"{len(picture.connections):,} verdicts, {picture.count(VerdictKind.INSECURE):,} insecure, "
            f"{picture.alerts:,} alerts; records to go: {waiting}",
            highlight=False,
            soft_wrap=True,
        )


class LiveView:
    """Redrawn in place; gone when the demo ends, because the report takes its place."""

    interval = FRAME_SECONDS

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._pace = Pace()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, picture: Picture, behind: Mapping[str, int]) -> None:
        self._live.update(Group(self._headline(picture), "", frame(picture, behind)), refresh=True)

    def _headline(self, picture: Picture) -> Text:
        return Text(
            f"{self._pace.seconds:4.0f} s   {picture.entries:,} journal entries read   "
            f"{self._pace.rate(picture.entries):,.0f} a second   {picture.alerts:,} alerts",
            style="bold",
        )


def frame(picture: Picture, behind: Mapping[str, int]) -> Group:
    """What is below the headline: verdicts by reason, services, the newest alerts."""
    side = Table.grid(padding=(0, 4))
    side.add_row(_reasons(picture), _services(behind))
    return Group(side, "", _alerts(picture))


def _reasons(picture: Picture) -> Table:
    table = Table("verdict", "reason", title="Verdicts", title_justify="left")
    table.add_column("connections", justify="right")
    for (kind, reason), count in picture.reasons().most_common():
        table.add_row(Text(kind, style=COLOURS[kind]), cell(reason), f"{count:,}")
    return table


def _services(behind: Mapping[str, int]) -> Table:
    table = Table("service", title="Where each service stands", title_justify="left")
    table.add_column("records to go", justify="right")
    for name, count in behind.items():
        table.add_row(name, f"{count:,}" if count else "up to date")
    return table


def _alerts(picture: Picture) -> Table:
    table = Table("time (UTC)", "severity", "alert", "from or to", title="Newest alerts", title_justify="left")
    for alert in picture.newest:
        other = remote_end(alert.connection).address if alert.connection else None
        table.add_row(f"{alert.time:%Y-%m-%d %H:%M:%S}", alert.severity, cell(alert.title), cell(other or ""))
    return table
