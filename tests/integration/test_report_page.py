"""The page of a report in a real browser: it asks for nothing, runs nothing of others, and counts right."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cli.main import run_command
from dev.chromium import Chromium
from dev.chromium.page import Page
from dev.part import STACK
from schemas.codec import encode
from schemas.records import AnyRecord, Endpoint, VerdictKind
from tests.missing import or_give_up
from tests.unit.cli.report.reported import MONDAY, correction, event, gap, outbound, status, verdict

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
PICTURES = STACK / "pictures"
ATTACKS = (
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=document.title='owned'>",
    "</script><script>document.title='owned'</script>",
    "<svg onload=document.title='owned'>",
    "<style>@import 'http://example.com/x.css';</style>",
    "<iframe src='http://example.com/'></iframe>",
    "javascript:document.title='owned'",
    "&lt;script&gt;",
    "\x1b[31mred\u202egnp.exe",
)
SECURE: dict[str, Any] = {"service": "telnet-ssl", "verdict": VerdictKind.SECURE, "reason": "tls", "advice": None}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks: a nightly job, people, what the system opens, attacks in the place of names, a gap, a lapse."""
    first = verdict(1, MONDAY)
    made: list[AnyRecord] = [
        first,
        correction(first),
        *(verdict(100 + day, MONDAY + day * DAY + 61 * MINUTE, "10.9.8.8") for day in range(14)),
        *(verdict(200 + n, MONDAY + n * 97 * MINUTE, f"10.9.7.{n % 40}", 992, **SECURE) for n in range(190)),
        *(outbound(500 + n, MONDAY + n * 53 * MINUTE, f"10.2.2.{n % 5}", 446, "ddm") for n in range(60)),
        *(
            verdict(600 + n, MONDAY, f"10.9.9.{n}", source=Endpoint(f"10.9.9.{n}", 50_000, name, "unconfirmed"))
            for n, name in enumerate(ATTACKS)
        ),
        verdict(700, MONDAY, "<b>10.9.8.1</b>", service="<i>telnet</i>", advice="<u>nothing</u>"),
        *(event(800 + n, MONDAY) for n in range(3)),
        gap(MONDAY + 3 * DAY),
        status(MONDAY),
        status(MONDAY + 5 * DAY, ("*NETSCK",)),
        status(MONDAY + 5 * DAY + 60 * MINUTE),
        status(MONDAY + 14 * DAY),
    ]
    file = tmp_path_factory.mktemp("records") / "records.ndjson"
    file.write_bytes(b"".join(encode(one) + b"\n" for one in made))
    return file


@pytest.fixture(scope="module")
def report(records: Path) -> Path:
    file = records.with_name("report.html")
    assert run_command(["report", str(records), "--html", str(file)]) == 0
    return file


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    browser = Chromium()
    or_give_up(browser.start)
    try:
        yield browser
    finally:
        browser.stop()


@pytest.fixture
def page(browser: Chromium, report: Path) -> Page:
    return browser.open(report)


def test_light_dark_and_print_look_different_and_are_kept_to_be_looked_at(page: Page) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    shots = {}
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        shots[scheme] = page.screenshot(PICTURES / f"report-{scheme}.png", height=2400).read_bytes()
    page.media("print")
    shots["print"] = page.screenshot(PICTURES / "report-print.png", height=2400).read_bytes()
    pdf = page.pdf(PICTURES / "report.pdf").read_bytes()

    assert len({*shots.values()}) == 3
    assert all(shot.startswith(b"\x89PNG") and len(shot) > 50_000 for shot in shots.values())
    assert pdf.startswith(b"%PDF-")


def test_no_request_leaves_the_file_and_nothing_goes_wrong_in_it(page: Page, report: Path) -> None:
    assert page.requests == [report.resolve().as_uri()]
    assert page.errors == []


def test_the_watch_of_requests_and_errors_would_see_one(browser: Chromium, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<!doctype html><img src='file:///nowhere.png'><script>throw Error('x')</script>")

    page = browser.open(bad)

    assert "file:///nowhere.png" in page.requests
    assert page.errors != []


def test_a_table_sorts_on_click_and_says_so(page: Page) -> None:
    table = (
        "[...document.querySelectorAll('table')].find(t => t.caption.textContent === 'By remote address and service')"
    )
    column = f"[...{table}.tHead.rows[0].cells].findIndex(c => c.textContent === 'connections')"
    heading = f"{table}.tHead.rows[0].cells[{column}]"
    cells = f"[...{table}.tBodies[0].rows].map(r => Number(r.cells[{column}].dataset.order))"

    orders = []
    for _ in range(2):
        page.evaluate(f"{heading}.querySelector('button').click()")
        orders.append((page.evaluate(f"{heading}.getAttribute('aria-sort')"), page.evaluate(cells)))

    (down, falling), (up, rising) = orders
    assert (down, up) == ("descending", "ascending")
    assert falling == sorted(falling, reverse=True)
    assert rising == sorted(falling)
    assert len(set(rising)) >= 3


def test_rows_can_be_searched_and_print_shows_all_of_them(page: Page) -> None:
    page.evaluate(
        "{const i = document.querySelector('#not-secure .filter input'); i.value = '10.9.8.8';"
        " i.dispatchEvent(new Event('input'))}"
    )
    shown = (
        "[...document.querySelector('#not-secure .filter + .table tbody').rows]"
        ".filter(r => getComputedStyle(r).display !== 'none').length"
    )

    on_screen = page.evaluate(shown)
    page.media("print")

    assert on_screen == 1
    assert page.evaluate(shown) > 10


def test_hostile_names_are_text_and_nothing_else(page: Page, report: Path) -> None:
    page.evaluate("document.querySelectorAll('th button').forEach(b => b.click())")

    text = page.evaluate("document.body.textContent")

    assert page.evaluate("document.title") == "Which connections of PROD1 are encrypted"
    assert page.evaluate("document.querySelectorAll('img, iframe, b > b, i, u, script ~ script').length") == 0
    assert [name for name in ATTACKS[:-1] if name not in text] == []
    assert not any(mark in report.read_text() for mark in ("\x1b", "\u202e"))
    assert "<i>telnet</i> (23)" in text


def test_no_table_is_wider_than_the_page(browser: Chromium, report: Path) -> None:
    wide = (
        "[...document.querySelectorAll('table')].filter(t => t.offsetWidth > t.parentElement.offsetWidth + 1)"
        ".map(t => t.caption.textContent)"
    )

    assert browser.open(report, width=1100).evaluate(wide) == []


def test_it_can_be_read_by_ear(page: Page) -> None:
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    assert page.evaluate("[...document.querySelectorAll('table')].every(t => t.caption)")
    assert page.evaluate("[...document.querySelectorAll('th')].every(h => h.scope)")
    assert page.evaluate("[...document.querySelectorAll('svg')].every(s => s.ariaLabel || s.ariaHidden)")
    assert page.evaluate("[...document.querySelectorAll('section')].every(s => s.getAttribute('aria-labelledby'))")
    assert page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].every(a => document.querySelector(a.hash))")


def test_the_counts_are_those_of_an_independent_count(page: Page, records: Path) -> None:
    last: dict[str, dict[str, Any]] = {}
    for line in records.read_text().splitlines():
        document = json.loads(line)
        if "verdict" in document:
            last[document["id"].split(".c")[0]] = document
    verdicts = Counter(document["verdict"] for document in last.values())
    accepted = Counter(
        f"{one['service']} ({one['destination']['port']})" for one in last.values() if one["detail_type"] == "A"
    )

    tiles = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.tiles li')]"
        ".map(t => [t.className, t.querySelector('b').textContent]))"
    )
    rows = page.evaluate(
        "[...document.querySelectorAll('#accepted table')[0].tBodies[0].rows]"
        ".map(r => [r.cells[0].textContent, Number(r.cells[1].dataset.order)])"
    )

    kinds = {kind: int(tiles[kind].replace(",", "")) for kind in ("insecure", "unknown", "failed", "secure")}
    assert int(tiles["all"].replace(",", "")) == len(last) == sum(kinds.values())
    assert {kind: count for kind, count in kinds.items() if count} == dict(verdicts)
    assert dict(rows) == dict(accepted)


def test_the_coverage_says_what_is_missing(page: Page) -> None:
    said = page.evaluate("document.querySelector('#coverage').textContent")

    assert "A gap on PROD1 behind 2026-11-05 00:00 UTC: 12 entries of QSYS/QAUDJRN cannot be read" in said
    assert "For 60 min *NETSECURE was not in force on PROD1" in said
    assert "daily 02:01 ± 1 min, 14 of 14 days" in page.evaluate("document.querySelector('#recurring').textContent")


class _Balance(HTMLParser):
    """Elements that were opened and not closed."""

    VOID = frozenset({"meta", "rect", "line", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """It closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_element_is_closed(report: Path) -> None:
    balance = _Balance()

    balance.feed(report.read_text())

    assert balance.open == []
