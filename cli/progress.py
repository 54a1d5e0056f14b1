"""How far a long command is, on standard error: a bar with rate and time left on a terminal, else plain lines."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

T = TypeVar("T")

LINE_SECONDS = 5.0
FRAME_SECONDS = 0.1
SETTLING_SECONDS = 1.0
"""Before that a rate says nothing about the time that is left."""


def follow(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The same items, counted as they go by; `total` is about how many there will be, None where that is not known."""
    with Meter(what, total) as meter:
        for item in items:
            yield item
            meter.advance()


class Meter:
    """Counts what is done. What ends within seconds says nothing where no terminal is."""

    def __init__(
        self,
        what: str,
        total: int | None = None,
        *,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._what = what
        self._total = total
        self._done = 0
        self._started = clock()
        self._bar: Progress | None = None
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._bar = _bar(self._console)
            self._task = self._bar.add_task(what, total=total, words="")
        self._due = self._started + self._interval

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, count: int = 1) -> None:
        self._done += count
        if (now := self._clock()) >= self._due:
            self._due = now + self._interval
            self._show(now)

    @property
    def _interval(self) -> float:
        return LINE_SECONDS if self._bar is None else FRAME_SECONDS

    def _show(self, now: float) -> None:
        words = _words(self._done, self._total, now - self._started)
        if self._bar is None:
            self._console.print(f"{self._what}: {words}", highlight=False, soft_wrap=True, markup=False)
        else:
            self._bar.update(self._task, completed=self._done, words=words, refresh=True)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[words]}"))
    return Progress(*columns, console=console, transient=True, auto_refresh=False)


def _words(done: int, total: int | None, seconds: float) -> str:
    """For example `45,000 of 120,000, 9,000/s, 8 s left`."""
    rate = done / max(seconds, 0.001)
    if total is None:
        return f"{done:,}, {rate:,.0f}/s"
    counted = f"{done:,} of {max(total, done):,}, {rate:,.0f}/s"
    if seconds < SETTLING_SECONDS:
        return counted
    return f"{counted}, {_duration(max(0, total - done) / max(rate, 0.001))} left"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.0f} h"
