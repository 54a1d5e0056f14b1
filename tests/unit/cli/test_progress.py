"""How far a long command is: plain lines where no terminal is, a bar on one, and never a word among the results."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from cli.progress import Meter, follow


class Clock:
    """Moved by a test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def plain(*, total: int | None, steps: list[tuple[float, int]]) -> list[str]:
    """The lines of a meter that is advanced at these times by these counts."""
    clock, out = Clock(), io.StringIO()
    with Meter("reading", total, console=Console(file=out), clock=clock) as meter:
        for clock.now, count in steps:
            meter.advance(count)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("total", "steps", "lines"),
    [
        pytest.param(100, [(1, 50), (4.9, 50)], [], id="what ends within seconds says nothing"),
        pytest.param(
            20_000, [(5, 5_000), (6, 1), (10, 4_999)],
            ["reading: 5,000 of 20,000, 1,000/s, 15 s left", "reading: 10,000 of 20,000, 1,000/s, 10 s left"],
            id="a line every five seconds, with rate and time left",
        ),
        pytest.param(None, [(10, 5_000)], ["reading: 5,000, 500/s"], id="no time left where the end is not known"),
        pytest.param(10, [(10, 20)], ["reading: 20 of 20, 2/s, 0 s left"], id="more than were expected"),
        pytest.param(100_000, [(10, 1_000)], ["reading: 1,000 of 100,000, 100/s, 16 min left"], id="minutes"),
        pytest.param(10_000_000, [(10, 1_000)], ["reading: 1,000 of 10,000,000, 100/s, 28 h left"], id="hours"),
    ],
)  # fmt: skip
def test_without_a_terminal_there_are_plain_lines(
    total: int | None, steps: list[tuple[float, int]], lines: list[str]
) -> None:
    assert plain(total=total, steps=steps) == lines


def test_on_a_terminal_there_is_a_bar_that_is_gone_at_the_end() -> None:
    clock, out = Clock(), io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, _environ={})

    with Meter("reading", 200, console=console, clock=clock) as meter:
        clock.now = 1.0
        meter.advance(50)
        shown = out.getvalue()

    assert "reading" in shown
    assert "50 of 200, 50/s, 3 s left" in shown
    assert "━" in shown
    assert out.getvalue().endswith("\x1b[2K")


def test_items_go_by_unchanged_and_the_source_is_left_when_the_reader_stops(
    capsys: pytest.CaptureFixture[str],
) -> None:
    left = []

    def numbers() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            left.append(True)

    assert list(follow(numbers(), "counting", 10)) == list(range(10))
    followed = follow(numbers(), "counting")
    assert next(followed) == 0
    followed.close()  # type: ignore[attr-defined]

    assert left == [True, True]
    assert capsys.readouterr().out == ""
