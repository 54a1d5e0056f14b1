"""No name of somebody else's is anything but text afterwards, and an honest one stays what it is."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enricher.names import CleanName, clean

HARMLESS = re.compile(r"[a-z0-9_][a-z0-9._-]*")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("client.example.com", "client.example.com", id="as it is"),
        pytest.param("Client.EXAMPLE.com.", "client.example.com", id="lower case, no final dot"),
        pytest.param("host_1.a-b.example", "host_1.a-b.example", id="hyphen and underscore"),
        pytest.param("xn--pple-43d.com", "xn--pple-43d.com", id="punycode"),
        pytest.param("7.example", "7.example", id="a digit"),
        pytest.param("\\065b.example", "ab.example", id="an escaped letter"),
    ],
)
def test_a_hosts_name_stays_itself(raw: str, text: str) -> None:
    assert clean(raw) == CleanName(False, text)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("a\\.b.example", "a_x2eb.example", id="a dot inside a label"),
        pytest.param("=cmd|'/c calc'!A0.x", "_x3dcmd_x7c_x27_x2fc_x20calc_x27_x21a0.x", id="formula with ="),
        pytest.param("+1.x", "_x2b1.x", id="formula with +"),
        pytest.param("-1.x", "_x2d1.x", id="formula with -"),
        pytest.param("\\@sum.x", "_x40sum.x", id="formula with @"),
        pytest.param("<b>.x", "_x3cb_x3e.x", id="HTML"),
        pytest.param("\\\"a\\'.x", "_x22a_x27.x", id="quotes"),
        pytest.param("\\027[31m.x", "_x1b_x5b31m.x", id="terminal"),
        pytest.param("a\\013\\010b.x", "a_x0d_x0ab.x", id="new line"),
        pytest.param("\\226\\128\\174txt.exe", "_xe2_x80_xaetxt.exe", id="bidirectional override"),
        pytest.param("pay\u200bpal.com", "pay_xe2_x80_x8bpal.com", id="zero width"),
        pytest.param("\\208\\176pple.com", "xn--pple-43d.com", id="Cyrillic a"),
        pytest.param("\uff50\uff41\uff59.com", "xn--mi7c3a2a.com", id="full width letters do not become ASCII"),
        pytest.param("M\u00dcLLER.example", "xn--mller-kva.example", id="letters of another alphabet"),
        pytest.param("\\255\\254.x", "_xff_xfe.x", id="not text"),
        pytest.param("10.1.1.5", "10.1.1._x35", id="an address"),
        pytest.param("127.0.0.0x1", "127.0.0._x30x1", id="an address in another way"),
        pytest.param("a..b", "a.b", id="empty label"),
        pytest.param("x\\", "x_x5c", id="escape of nothing"),
        pytest.param("a-.x", "a-.x", id="hyphen at the end"),
        pytest.param("l" * 64 + ".x", "l" * 64 + ".x", id="label of 64 bytes"),
        pytest.param("l" * 300 + ".example", "_cut." + "l" * 240 + ".example", id="label of 300 bytes"),
        pytest.param(".".join(["label"] * 60), "_cut." + ".".join(["label"] * 60)[-248:], id="too long a name"),
    ],
)
def test_any_other_name_becomes_harmless_and_is_called_odd(raw: str, text: str) -> None:
    assert clean(raw) == CleanName(True, text)


@pytest.mark.parametrize("raw", ["", ".", "..", b""])
def test_a_name_without_a_label_is_none(raw: str | bytes) -> None:
    assert clean(raw) is None


@given(st.binary(max_size=400) | st.text(max_size=400))
@example(b"\\")
@example("\ud800.x")
def test_whatever_comes_is_harmless_and_short(raw: str | bytes) -> None:
    name = clean(raw)

    assert name is None or (HARMLESS.fullmatch(name.text) and len(name.text) <= 253)


@given(st.binary(max_size=300))
def test_a_name_that_was_cleaned_can_be_cleaned_again(raw: bytes) -> None:
    name = clean(raw)
    again = clean(name.text) if name else None

    assert (again and again.text) == (name and name.text)
