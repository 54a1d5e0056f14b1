"""Names that are attacks, from a real name server through the resolver to every output: text and nothing else."""

import re
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import orjson
import pytest
from rich.console import Console, RenderableType

from cli.demo.picture import Picture
from cli.demo.report import report
from cli.demo.view import frame
from cli.terminal import inert
from enricher.explain import explain, explain_event, lines_of
from enricher.names import Name, NameStatus, clean
from enricher.naming import with_names
from enricher.reverse_dns import ReverseDns
from enricher.settings import DnsSettings
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from schemas.records import Alert, DetailType, Endpoint, Event, Verdict, changed
from sinks.elastic.render import render as render_elastic
from sinks.elastic.streams import Streams
from sinks.file.settings import FileSettings
from sinks.file.sink import FileSink
from sinks.sink import Forwarded
from sinks.splunk.render import render as render_splunk
from sinks.syslog.render import render as render_syslog
from tests.fakes.dns_server import DnsServer
from tests.unit.sinks.samples import ALERT, ENTRY, EVENT, VERDICT, parcel

HARMLESS = re.compile(r"[a-z0-9_][a-z0-9._-]{0,252}")
INGESTED = datetime(2026, 11, 22, 2, 15, 1, tzinfo=UTC)
HONEST = "pc17.example.com"

CORPUS: dict[str, tuple[bytes, ...]] = {
    "formula with =": (b"=cmd|'/c calc'!A0", b"x"),
    "formula with +": (b"+1+1", b"x"),
    "formula with -": (b"-2+3+cmd|'/c calc'!A0", b"x"),
    "formula with @": (b"@SUM(1+1)*cmd|'/c calc'!A0", b"x"),
    "formula after a tab": (b"\t=1+1", b"x"),
    "script": (b"<script>alert(1)</script>", b"x"),
    "HTML attribute": (b'"><img src=x onerror=alert(1)>', b"x"),
    "HTML entity": (b"&lt;b&gt;", b"x"),
    "link": (b"[click](javascript:alert(1))", b"x"),
    "rich markup": (b"[red]x[/red]", b"x"),
    "double quote": (b'a"b', b"x"),
    "quote and SQL": (b"a' OR '1'='1", b"x"),
    "JSON": (b'a","verdict":"secure', b"x"),
    "new line": (b"a\nverdict=secure", b"x"),
    "carriage return": (b"a\r\nHost: b", b"x"),
    "line separator": ("a\u2028b".encode(), b"x"),
    "NUL": (b"a\0b", b"x"),
    "backspace": (b"evil\x08\x08\x08\x08good", b"x"),
    "terminal colour": (b"\x1b[31mred\x1b[0m", b"x"),
    "terminal title": (b"\x1b]0;owned\x07", b"x"),
    "terminal clear": (b"\x1b[2J\x1b[H", b"x"),
    "C1 control": (b"\x9b31m", b"x"),
    "CEF": (b"a|b=c\\d", b"x"),
    "LEEF": (b"a\tb=c^d", b"x"),
    "syslog header": (b"<13>1 - - -", b"x"),
    "shell": (b"$(reboot)`reboot`;reboot", b"x"),
    "look-up": (b"${jndi:ldap://evil", b"x}"),
    "template": (b"{{7*7}}", b"x"),
    "format": (b"%s%s%n", b"x"),
    "SPL": (b"x | delete", b"x"),
    "path": (b"../../etc/passwd", b"x"),
    "dot in a label": (b"www.bank", b"example"),
    "blank": (b"a b", b"x"),
    "address": (b"10", b"1", b"1", b"5"),
    "bidirectional override": ("\u202emoc.elpmaxe".encode(), b"x"),
    "bidirectional isolate": ("\u2066a\u2069".encode(), b"x"),
    "zero width": ("pay\u200bpal".encode(), b"com"),
    "byte order mark": ("\ufeffbank".encode(), b"com"),
    "Cyrillic look-alike": ("\u0430pple".encode(), b"com"),
    "Greek look-alike": ("g\u03bf\u03bfgle".encode(), b"com"),
    "full width": ("\uff50\uff41\uff59\uff50\uff41\uff4c".encode(), b"com"),
    "dotless": ("w\u0131k\u0131ped\u0131a".encode(), b"org"),
    "combining marks": ("a\u0336b\u0336".encode(), b"x"),
    "emoji": ("\U0001f4a9".encode(), b"x"),
    "not text": (b"\xff\xfe\xfd", b"x"),
    "overlong UTF-8": (b"\xc0\xaf", b"x"),
    "every byte below 32": (bytes(range(32)), b"x"),
    "longest name of odd bytes": (b"\xff" * 63, b"\xfe" * 63, b"\xfd" * 63, b"\xfc" * 59),
    "many labels": (b"a",) * 120,
}
LONG_LABEL = "label of 300 bytes"  # no name server can send it: that name goes into the cleaning as it is
NAMES = [*CORPUS, LONG_LABEL]


@pytest.fixture(scope="module")
def names() -> dict[str, Name]:
    """What the resolver made of each, all asked for at once."""
    addresses = {word: f"10.9.8.{number}" for number, word in enumerate(CORPUS, 1)}
    long = clean("=" * 300 + ".x")
    assert long is not None
    with DnsServer() as server:
        for word, labels in CORPUS.items():
            server.host(addresses[word], labels)
        settings = DnsSettings(servers=(server.address,), private_servers=(server.address,), deadline_ms=5000)
        with ReverseDns(settings, shutdown=Shutdown(), metrics=Metrics("enricher")) as resolver:
            found = resolver.resolve(list(addresses.values()))
    return {word: found[address] for word, address in addresses.items()} | {LONG_LABEL: Name(long.text, "unconfirmed")}


class Resolved:
    """A resolver that knows one name."""

    def __init__(self, name: Name) -> None:
        self._name = name

    def expect(self, addresses: object) -> None:
        """It knows already."""

    def known(self, addresses: object) -> dict[str, Name]:
        return {}

    def resolve(self, addresses: object) -> dict[str, Name]:
        return {"10.9.8.7": self._name}


def published(name: Name) -> tuple[Verdict, Alert]:
    source = Endpoint("10.9.8.7", 50123)
    verdict = changed(VERDICT, source=source)
    records = with_names([verdict, changed(ALERT, connection=verdict)], Resolved(name))
    named, alert = records
    assert isinstance(named, Verdict)
    assert isinstance(alert, Alert)
    return named, alert


def sent(contents: Sequence[Forwarded], folder: Path) -> dict[str, bytes]:
    """What each sink sends, byte by byte."""
    streams = Streams.of("default")
    sink = FileSink(FileSettings(path=str(folder)))
    sink.send([parcel(content) for content in contents])
    sink.close()
    return {
        "splunk": b"\n".join(render_splunk(content) for content in contents),
        "elastic": b"\n".join(render_elastic(one, streams.of_content(one), INGESTED) for one in contents),
        "file": b"".join(path.read_bytes() for path in sorted(folder.iterdir())),
        "syslog cef": b"\n".join(render_syslog(content, "cef", 16) for content in contents),
        "syslog leef": b"\n".join(render_syslog(content, "leef", 16) for content in contents),
    }


def printed(*things: RenderableType) -> str:
    """As on a terminal that is wide enough."""
    terminal = StringIO()
    Console(file=terminal, width=1000).print(*things)
    return terminal.getvalue()


def outputs(name: Name, folder: Path) -> dict[str, bytes]:
    """What each sink sends and what the terminal shows."""
    verdict, alert = published(name)
    picture = Picture(connections={verdict.id: verdict}, newest=deque([alert]))
    summary = StringIO()
    report(picture, [], Console(file=summary, width=1000))
    shown = {
        "report of the demo": summary.getvalue(),
        "view of the demo": printed(frame(picture, {"file": 0})),
        "explain": "\n".join(map(inert, lines_of(explain([verdict], {}, policy_here=None)))),
    }
    return sent([verdict, alert], folder) | {
        word: re.sub(r"[ ─━]+", " ", text).encode() for word, text in shown.items()
    }


@pytest.mark.parametrize("word", NAMES)
def test_a_hostile_name_becomes_a_harmless_one_that_is_not_confirmed(names: dict[str, Name], word: str) -> None:
    name = names[word]

    assert name.text is not None
    assert HARMLESS.fullmatch(name.text)
    assert (name.status == "confirmed") is (word == "many labels")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> dict[NameStatus, dict[str, bytes]]:
    """The outputs of an honest name of either status."""
    statuses: tuple[NameStatus, ...] = ("confirmed", "unconfirmed")
    return {status: outputs(Name(HONEST, status), tmp_path_factory.mktemp(status)) for status in statuses}


@pytest.mark.parametrize(
    ("status", "silent"),
    [
        pytest.param("confirmed", {"view of the demo"}, id="confirmed"),
        pytest.param("unconfirmed", {"view of the demo", "syslog cef", "syslog leef"}, id="unconfirmed"),
    ],
)
def test_an_honest_name_is_shown_where_names_are(
    honest: dict[NameStatus, dict[str, bytes]], status: NameStatus, silent: set[str]
) -> None:
    """The view tells addresses; CEF and LEEF cannot say what a name is worth, so they tell confirmed ones only."""
    shown = honest[status]

    assert {output for output, text in shown.items() if HONEST.encode() not in text} == silent


@pytest.mark.parametrize("word", NAMES)
def test_in_every_output_a_hostile_name_changes_the_name_and_nothing_else(
    names: dict[str, Name], honest: dict[NameStatus, dict[str, bytes]], word: str, tmp_path: Path
) -> None:
    name = names[word]
    assert name.text is not None

    shown = outputs(name, tmp_path)

    text = name.text.encode()
    assert shown == {output: line.replace(HONEST.encode(), text) for output, line in honest[name.status].items()}


CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f]")
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control characters, and marks that hide or turn what stands beside them."""
KEYS = re.compile(rb"(?<= )(\w+)=")


def lease(text: str) -> Event:
    """A DHCP entry: whoever asks for an address tells the name that stands in it."""
    entry = changed(ENTRY, detail_type=DetailType.DHCP_ASSIGNED, host_name=text, filter_description=text, user=text)
    return changed(EVENT, entry=entry)


@pytest.mark.parametrize("word", CORPUS)
def test_what_others_wrote_into_the_journal_stays_one_value_in_every_sink(word: str, tmp_path: Path) -> None:
    text = b".".join(CORPUS[word]).decode("utf-8", "replace")

    shown = sent([lease(text)], tmp_path)

    assert orjson.loads(shown["splunk"])["event"]["host_name"] == text
    assert orjson.loads(shown["file"])["entry"]["host_name"] == text
    assert orjson.loads(shown["elastic"])["ibmi"]["host_name"] == text
    calm = sent([lease(HONEST)], tmp_path / "calm")
    assert {output: len(told.splitlines()) for output, told in shown.items()} == {
        output: len(told.splitlines()) for output, told in calm.items()
    }
    assert [output for output, told in shown.items() if CONTROLS.search(told)] == []
    assert KEYS.findall(shown["syslog cef"]) == KEYS.findall(calm["syslog cef"])
    assert shown["syslog leef"].count(b"\t") == calm["syslog leef"].count(b"\t")


@pytest.mark.parametrize("word", CORPUS)
def test_what_others_wrote_into_the_journal_is_only_shown_by_a_terminal(word: str) -> None:
    text = b".".join(CORPUS[word]).decode("utf-8", "replace")
    hostile = changed(ALERT, title=text, connection=None)
    event = lease(text)
    entry = changed(event.entry, job=text)

    shown = printed(frame(Picture(newest=deque([hostile])), {})) + "\n".join(
        map(inert, lines_of(explain_event(changed(event, entry=entry))))
    )

    assert UNSEEN.search(shown) is None
