"""Addresses that are surely addresses, and the id by which other sensors know the same connection."""

import base64
import hashlib
import socket
import struct
from functools import lru_cache
from typing import NamedTuple

_PORTS = range(65536)
_NUMBERS = {"tcp": 6, "udp": 17}


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
    number = _NUMBERS.get(transport)
    return None if number is None else str(number)


def community_id(
    transport: str, source: Ip | None, source_port: int | None, destination: Ip | None, destination_port: int | None
) -> str | None:
    """Community ID v1, seed 0, as Zeek, Suricata and Packetbeat make it; None where a part of it is not known."""
    number = _NUMBERS.get(transport)
    if number is None or source is None or destination is None or source.version != destination.version:
        return None
    if source_port not in _PORTS or destination_port not in _PORTS:
        return None
    ends = sorted(((source.packed, source_port), (destination.packed, destination_port)))
    (low, low_port), (high, high_port) = ends
    flow = b"\0\0" + low + high + struct.pack("!BBHH", number, 0, low_port, high_port)
    return "1:" + base64.b64encode(hashlib.sha1(flow, usedforsecurity=False).digest()).decode()
