"""Entry data as a partition writes it: the mirror of `producer.layout`, in EBCDIC, for the simulator and for tests."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from producer import layout

MAIL_FILTER_LIMIT = 512


class EntryData(NamedTuple):
    """What an SK entry says. A port given as text is written as it is; an empty address or port leaves the field blank.

    `family` None takes what the addresses are; `mail_filter` are raw bytes.
    """

    detail_type: str
    local_address: str = ""
    local_port: int | str = ""
    remote_address: str = ""
    remote_port: int | str = ""
    socket_descriptor: int = 0
    family: str | None = None
    secure_version: str = ""
    secure_properties: str = ""
    mac_address: str = ""
    host_name: str = ""
    filter_description: str = ""
    mail_filter: bytes = b""


def encode_entry(entry: EntryData) -> bytes:
    """The 1,070 bytes of release 7.3 and later; fields without a value are filled as the system does."""
    family = entry.family if entry.family is not None else _family(entry.local_address or entry.remote_address)
    return b"".join(
        (
            _text(entry.detail_type, 1),
            _short_address(entry.local_address),
            _text(str(entry.local_port), 5),
            _short_address(entry.remote_address),
            _text(str(entry.remote_port), 5),
            entry.socket_descriptor.to_bytes(4, "big", signed=True),
            _text(entry.filter_description, 10),
            _mail_filter(entry.mail_filter) if entry.mail_filter else NO_MAIL_FILTER,
            _text(family, 10),
            _text(entry.local_address, 46),
            _text(entry.remote_address, 46),
            _text(entry.mac_address, 32),
            _text(entry.host_name, 255),
            _text(entry.secure_version, 10),
            _text(entry.secure_properties, 100),
        )
    )


def encode_system_value(name: str, new: Iterable[str], old: Iterable[str]) -> bytes:
    """The 3,011 bytes of an SV entry; the words of both values stand in slots of ten bytes."""
    pieces = [_text("A", 1), _text(name, 10)]
    new_value, old_value = _slots(new), _slots(old)
    for size, start in ((250, 0), (250, 250), (1000, 500)):
        pieces += [new_value[start : start + size], old_value[start : start + size]]
    return b"".join(pieces)


NO_MAIL_FILTER = bytes(layout.width(layout.FILTER_LENGTH) + layout.width(layout.FILTER))


@lru_cache(maxsize=262_144)
def _text(text: str, size: int) -> bytes:
    raw = text.encode(layout.CCSID)
    if len(raw) > size:
        raise ValueError(f"{len(raw)} bytes do not fit into a field of {size}")
    return raw.ljust(size, b"\x40")


@lru_cache(maxsize=65_536)
def _short_address(address: str) -> bytes:
    """The 15-byte field carries IPv4 only."""
    return _text("" if ":" in address else address, 15)


@lru_cache(maxsize=65_536)
def _family(address: str) -> str:
    return f"*IPV{ipaddress.ip_address(address).version}" if address else ""


def _mail_filter(raw: bytes) -> bytes:
    if len(raw) > MAIL_FILTER_LIMIT:
        raise ValueError(f"a mail filter has at most {MAIL_FILTER_LIMIT} bytes, not {len(raw)}")
    length = len(raw).to_bytes(2, "big")
    return length + (length + raw).ljust(layout.width(layout.FILTER), b"\x00")


def _slots(words: Iterable[str]) -> bytes:
    return b"".join(_text(word, 10) for word in words).ljust(1500, b"\x40")
