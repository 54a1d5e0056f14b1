"""The fields of an SK entry to values: ports, addresses, the mail filter. What cannot be a value is Unreadable."""

import ipaddress
from functools import lru_cache
from typing import NamedTuple

from producer.layout import PADDING
from runtime.flow import Reason

IPV4 = "ipv4"
IPV6 = "ipv6"
FAMILIES = {"*IPV4": IPV4, "*IPV6": IPV6}
HIGHEST_PORT = 65_535


class Unreadable(ValueError):
    """A field whose bytes cannot be what the layout says; never leaves the decoder."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.reason = Reason(code, message)


class Address(NamedTuple):
    """A normalised address. `family` is None where the address fits both (the unspecified one)."""

    text: str
    family: str | None


def read_port(text: str, name: str) -> int | None:
    """A port padded with blanks or zeros; None when the field is empty."""
    digits = text.strip(PADDING)
    if not digits:
        return None
    if digits.isascii() and digits.isdigit() and (port := int(digits)) <= HIGHEST_PORT:
        return port
    raise Unreadable("bad-port", f"the {name} port is not a number from 0 to {HIGHEST_PORT}")


def read_address(text: str, name: str) -> Address | None:
    """The address of a field; None when it is empty."""
    text = text.strip(PADDING)
    if not text:
        return None
    address = normalise(text)
    if address is None:
        raise Unreadable("bad-address", f"the {name} address is neither IPv4 nor IPv6")
    return address


@lru_cache(maxsize=65_536)
def normalise(text: str) -> Address | None:
    """The one spelling of an address: RFC 5952, IPv4-mapped unwrapped, no zone (it means nothing elsewhere).

    None when `text` is no address.
    """
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed))
    family = IPV4 if parsed.version == 4 else IPV6
    return Address(str(parsed), None if parsed.is_unspecified else family)


@lru_cache
def read_family(text: str, local: str | None, remote: str | None) -> str | None:
    """The family of the connection: that of its `local` and `remote` address, the field's own where they do not tell.

    A dual-stack socket is `*IPV6` and may have IPv4 addresses, mapped or not. An IPv6 address under `*IPV4`, or one
    address of each family, is a contradiction.
    """
    said = text.strip(PADDING)
    if said and said not in FAMILIES:
        raise Unreadable("bad-address-family", "the address family is neither *IPV4 nor *IPV6")
    found = {family for family in (local, remote) if family}
    if len(found) > 1 or (said == "*IPV4" and IPV6 in found):
        raise Unreadable("bad-address-family", "the address family contradicts the addresses")
    return found.pop() if found else FAMILIES.get(said)


@lru_cache(maxsize=4096)
def read_text(field: str) -> str | None:
    """Text without its padding; None when the field is empty or not there."""
    return field.strip(PADDING) or None


def read_descriptor(field: bytes) -> int | None:
    """A signed big-endian number; None when the field is filled with blanks."""
    return None if field == b"\x40\x40\x40\x40" else int.from_bytes(field, "big", signed=True)


@lru_cache(maxsize=256)
def read_filter(length: bytes, field: bytes) -> str | None:
    """The mail filter's bytes as hex.

    The length stands before the field and, as it seems, once more inside it (a varying-length field of 512 bytes);
    a length that cannot be right leaves the whole field without its padding.
    """
    if not field.strip(b"\x00\x40"):
        return None
    count = int.from_bytes(length, "big")
    if 0 < count <= len(field) - 2 and field[:2] == length:
        return field[2 : 2 + count].hex()
    if 0 < count <= len(field):
        return field[:count].hex()
    return field.rstrip(b"\x00\x40").hex()
