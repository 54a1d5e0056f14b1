"""Syslog messages in CEF and LEEF: golden files show them whole, and nothing that a record holds can break them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Endpoint, changed
from sinks.sink import Forwarded
from sinks.syslog.cef import cef
from sinks.syslog.columns import COLUMNS
from sinks.syslog.facts import short_id, tell
from sinks.syslog.leef import leef
from sinks.syslog.render import framed, render
from tests.unit.sinks.samples import ALERT, CORRECTION, EVERY_KIND, GAP, VERDICT

GOLDEN = Path(__file__).parent / "golden"
HEADER = re.compile(r"<(\d{1,3})>1 (\S+) (\S+) sk2siem - (verdict|alert|event|status) - (.*)", re.DOTALL)
HOSTILE = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "a=b",
        "a|b",
        "\\",
        "\\n",
        "=",
        "\n",
        "\r\n",
        "\t",
        "x src=1.2.3.4",
        "\u202e",
        "\x00",
        "\u2028",
        "|||",
        "<13>1 - -",
    ]
)


def message(content: Forwarded, form: str = "cef") -> str:
    return render(content, "cef" if form == "cef" else "leef", 16).decode()


def golden(form: str) -> dict[str, str]:
    lines = (GOLDEN / f"syslog-{form}.txt").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def read_cef(text: str) -> tuple[list[str], dict[str, str]]:
    """By the rules of CEF alone: an unescaped pipe ends a header field, an unescaped equals sign ends a key."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", text, maxsplit=7)
    fields: dict[str, str] = {}
    places = list(re.finditer(r"(?:^| )(\w+)(?<!\\)=", parts[7]))
    for place, following in zip(places, [*places[1:], None], strict=True):
        value = parts[7][place.end() : following.start() if following else None]
        assert place[1] not in fields
        fields[place[1]] = re.sub(r"\\([\\=nr])", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), value)
    return parts[:7], fields


@pytest.mark.parametrize("form", ["cef", "leef"])
@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_message_looks_as_its_golden_file_says(name: str, form: str) -> None:
    assert message(EVERY_KIND[name], form) == golden(form)[name]


@pytest.mark.parametrize("name", EVERY_KIND)
def test_the_header_is_that_of_rfc_5424(name: str) -> None:
    content = EVERY_KIND[name]

    found = HEADER.fullmatch(message(content))

    assert found is not None
    assert int(found[1]) // 8 == 16
    assert found[3] == content.system


def test_frames_are_counted_in_octets_or_end_with_a_line_break() -> None:
    text = "ä CEF".encode()

    assert framed(text, "octet-counting") == b"6 " + text
    assert framed(text, "newline") == text + b"\n"


def test_source_and_destination_are_the_right_way_round() -> None:
    _, inbound = read_cef(cef(tell(VERDICT), "1"))
    _, outbound = read_cef(cef(tell(CORRECTION), "1"))

    assert (inbound["src"], inbound["dst"], inbound["deviceDirection"]) == ("10.9.8.7", "10.1.1.5", "0")
    assert (outbound["c6a2"], outbound["c6a3"], outbound["deviceDirection"]) == ("2001:db8::5", "2001:db8:1::9", "1")


def test_an_unconfirmed_name_is_no_host_name() -> None:
    _, fields = read_cef(cef(tell(CORRECTION), "1"))

    assert "shost" not in fields


def test_copies_have_the_same_short_id_and_corrections_another() -> None:
    assert short_id(VERDICT.id) == short_id(ALERT.id)
    assert short_id(CORRECTION.id) != short_id(VERDICT.id)
    assert len(short_id(GAP.id)) == 32


@pytest.mark.parametrize("name", EVERY_KIND)
@pytest.mark.parametrize("form", ["cef", "leef"])
def test_no_two_facts_of_a_record_share_a_key(name: str, form: str) -> None:
    facts = tell(EVERY_KIND[name]).facts

    keys = [column.cef if form == "cef" else column.leef for column in COLUMNS if facts.get(column.fact) is not None]

    used = [key for key in keys if key is not None]
    assert len(used) == len(set(used))


@pytest.mark.parametrize("name", EVERY_KIND)
def test_every_fact_has_a_column(name: str) -> None:
    assert set(tell(EVERY_KIND[name]).facts) <= {column.fact for column in COLUMNS}


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_nothing_hostile_breaks_cef(name: str, title: str, advice: str, reason: str) -> None:
    source = Endpoint("10.9.8.7", 1, name, "confirmed")
    hostile = changed(ALERT, title=title, advice=advice, reason=reason, connection=changed(VERDICT, source=source))

    text = render(hostile, "cef", 16).decode()
    header, fields = read_cef(text[text.index("CEF:0") :])

    assert "\n" not in text
    assert "\r" not in text
    assert len(header) == 7
    assert header[0] == "CEF:0"
    assert fields["src"] == "10.9.8.7"
    assert fields["dvchost"] == "PROD1"
    assert fields["cs4"].rstrip() == _cleaned(advice, keep="\n\r").rstrip()
    assert fields["cs6"] == ALERT.id


@given(HOSTILE, HOSTILE, HOSTILE)
def test_nothing_hostile_breaks_leef(name: str, title: str, advice: str) -> None:
    source = Endpoint("10.9.8.7", 1, name, "confirmed")
    hostile = changed(ALERT, title=title, advice=advice, connection=changed(VERDICT, source=source))

    text = leef(tell(hostile), "1")
    *header, body = text.split("|", 6)
    fields = [pair.partition("=") for pair in body.split("\t")]
    named = {key: value for key, _, value in fields}

    assert header[:4] == ["LEEF:2.0", "sk2siem", "sk2siem", "1"]
    assert len(named) == len(fields)
    assert named["src"] == "10.9.8.7"
    assert named["advice"] == _cleaned(advice)
    assert named["srcHost"] == _cleaned(name)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_system_name_cannot_break_the_header(system: str) -> None:
    assert HEADER.fullmatch(message(changed(VERDICT, system=system))) is not None


def _cleaned(text: str, keep: str = "") -> str:
    return "".join(one if one.isprintable() or one in keep else " " for one in text)
