"""Addresses that are surely addresses, and the id by which other sensors know the same connection."""

import binascii
import hashlib
import socket
from functools import lru_cache
from typing import NamedTuple

_PORTS = range(65536)
_NUMBERS = {"tcp": "6", "udp": "17"}
_PADDED_NUMBERS = {transport: bytes((int(number), 0)) for transport, number in _NUMBERS.items()}
_SEED = b"\0\0"


class Ip(NamedTuple):
    text: str
    version: int
    packed: bytes


@lru_cache(maxsize=65536)
def ip(text: str | None) -> Ip | None:
    """The address, or None where it is not one: a SIEM with lenient mappings would drop it without a word."""
    if not text:
        return None
    family, version = (socket.AF_INET6, 6) if ":" in text else (socket.AF_INET, 4)
    try:
        return Ip(text, version, socket.inet_pton(family, text))
    except (OSError, ValueError):
        return None


def iana_number(transport: str) -> str | None:
    """As ECS writes it: text."""
    return _NUMBERS.get(transport)


def community_id(
    transport: str, source: Ip | None, source_port: int | None, destination: Ip | None, destination_port: int | None
) -> str | None:
    """Community ID v1, seed 0, as Zeek, Suricata and Packetbeat make it; None where a part of it is not known."""
    number = _PADDED_NUMBERS.get(transport)
    if number is None or source is None or destination is None or source.version != destination.version:
        return None
    if source_port is None or source_port not in _PORTS or destination_port is None or destination_port not in _PORTS:
        return None
    here = source.packed, source_port.to_bytes(2, "big")
    there = destination.packed, destination_port.to_bytes(2, "big")
    (low, low_port), (high, high_port) = (here, there) if here <= there else (there, here)
    flow = b"".join((_SEED, low, high, number, low_port, high_port))
    return "1:" + binascii.b2a_base64(hashlib.sha1(flow, usedforsecurity=False).digest(), newline=False).decode()
