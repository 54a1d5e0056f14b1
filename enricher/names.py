"""Names of addresses: what a resolver answers, what such a name is worth, and how any name becomes harmless.

Whoever owns an address block writes its names, and may write any bytes into them. After `clean` a name holds
`a-z 0-9 . _ -` only and begins with neither hyphen nor dot, so it is text and nothing else in every SIEM, spreadsheet,
web page and terminal.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

NameStatus = Literal["confirmed", "unconfirmed", "none", "timeout", "error", "skipped"]

LONGEST_NAME = 253
CUT = "_cut"
HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
HYPHEN = ord("-")
PRESENTATION = re.compile(rb"\\([01][0-9][0-9]|2[0-4][0-9]|25[0-5])|\\(.)|(\.)|([^.\\]+|\\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Name:
    """`text` is None unless the status is `confirmed` (the name leads back to the address) or `unconfirmed`."""

    text: str | None
    status: NameStatus


class ReverseResolver(Protocol):
    """Who is behind an address. It never raises and never decides a verdict."""

    def expect(self, addresses: Collection[str]) -> None:
        """These will be asked for soon: begin to look for them, and do not wait."""

    def known(self, addresses: Collection[str]) -> Mapping[str, Name]:
        """The names of those for which nobody has to be asked."""

    def resolve(self, addresses: Collection[str]) -> Mapping[str, Name]:
        """A name for each of the addresses, within one deadline for all of them together."""


@dataclass(frozen=True, slots=True, order=True)
class CleanName:
    """A harmless form of a name; `is_odd` when it is not the name itself, because that could not be a host's."""

    is_odd: bool
    text: str


def clean(raw: str | bytes) -> CleanName | None:
    r"""The harmless form of a name in presentation form (RFC 1035 §5.1: `\.` and `\226` stand for bytes).

    Lower case without the final dot. Letters of other alphabets become punycode, so that a look-alike does not look
    alike; any other byte becomes `_x` and two digits. Too long a name loses its beginning: its end tells the owner.
    None for a name without a label.
    """
    labels = _labels(raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw)
    if not any(labels):
        return None
    shown = [_harmless(label) for label in labels if label]
    is_number = NUMBER.fullmatch(shown[-1]) is not None
    if is_number:  # such a name would pass for an address
        shown[-1] = f"_x{ord(shown[-1][0]):02x}{shown[-1][1:]}"
    text = _cut(".".join(shown))
    return CleanName(is_number or text.encode() != b".".join(labels) or not all(map(_is_host_label, shown)), text)


def _labels(raw: bytes) -> list[bytes]:
    """The labels in lower case; the empty one of the root is left out."""
    labels = [bytearray()]
    for number, character, dot, text in PRESENTATION.findall(raw):
        if dot:
            labels.append(bytearray())
        else:
            labels[-1] += bytes([int(number)]) if number else character or text
    found = [bytes(label).lower() for label in labels]
    return found[:-1] if not found[-1] else found


def _is_host_label(label: str) -> bool:
    return HOST_LABEL.fullmatch(label) is not None


def _harmless(label: bytes) -> str:
    if not label.isascii() and (foreign := _punycode(label)) is not None:
        return foreign
    return "".join(_character(byte, place) for place, byte in enumerate(label))


def _character(byte: int, place: int) -> str:
    is_safe = byte in SAFE or (byte == HYPHEN and place > 0)
    return chr(byte) if is_safe else f"_x{byte:02x}"


def _punycode(label: bytes) -> str | None:
    """`xn--…` of letters, marks and digits. Nothing is mapped: a look-alike of an ASCII letter must not become it."""
    try:
        text = label.decode().lower()
    except UnicodeDecodeError:
        return None
    if not all(character.isascii() or unicodedata.category(character)[0] in "LMN" for character in text):
        return None
    encoded = "xn--" + text.encode("punycode").decode()
    return encoded if _is_host_label(encoded) else None


def _cut(text: str) -> str:
    if len(text) <= LONGEST_NAME:
        return text
    return f"{CUT}.{text[-(LONGEST_NAME - len(CUT) - 1) :].lstrip('.-')}"
