"""The tables of `sk2siem netstat` can be read on a narrow screen, and what others wrote into a name does no harm."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from cli.netstat.look import Seen, connections
from cli.netstat.view import connections_table, span
from enricher.catalogue import load_catalogue
from enricher.names import Name
from enricher.policy_file import load_policy
from producer.netstat import Owner, Socket

CATALOGUE = load_catalogue()
POLICY = load_policy(Path("default"), CATALOGUE)
ALICE = Owner("222222/ALICE/QPADEV0001", "ALICE")
TELNET = Socket("tcp", "10.1.1.5", 23, "telnet", "10.9.8.7", 50123, None, "ESTABLISHED", 17 * 86_400, (ALICE, ALICE))


def shown(width: int, name: str = "till-7.example.com") -> str:
    (seen,) = connections([TELNET], "PROD1", CATALOGUE, POLICY)
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(connections_table([_named(seen, name)], width))
    return capture.get()


def _named(seen: Seen, name: str) -> Seen:
    return replace(seen, name=Name(name, "confirmed"))


@pytest.mark.parametrize(("width", "lines"), [(80, 4), (120, 3), (200, 2)])
def test_every_word_is_whole_on_any_screen(width: int, lines: int) -> None:
    text = shown(width)

    for word in ("insecure", "10.9.8.7 50123", "till-7.example.com", "telnet 23", "17 days", "ALICE"):
        assert word in text
    assert len(text.splitlines()) == lines


def test_what_others_wrote_is_only_shown() -> None:
    text = shown(200, "[red]evil\x1b[2J.example.com")

    assert "[red]evil" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(9.4, "9 s", id="seconds"),
        pytest.param(700, "12 min", id="minutes"),
        pytest.param(18_000, "5 h", id="hours"),
        pytest.param(17 * 86_400, "17 days", id="days"),
    ],
)
def test_a_span_is_told_in_one_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words
