"""The topics: names, keys, partitions, cleanup and retention."""

import zlib
from dataclasses import dataclass

ENTRIES = "sk.entries"
POSITIONS = "sk.positions"
VERDICTS = "sk.verdicts"
ALERTS = "sk.alerts"
SERVICES = ("producer", "enricher", "splunk", "elastic", "file", "syslog")
DEFAULT_PARTITIONS = 6


@dataclass(frozen=True, slots=True)
class Topic:
    """`retention_days` None means for ever; `compact` keeps the newest record of each key."""

    name: str
    partitions: int
    retention_days: int | None
    compact: bool = False


def dead_letters(service: str) -> str:
    """The topic of what `service` rejected."""
    return f"sk.dead-letters.{service}"


def all_topics(partitions: int = DEFAULT_PARTITIONS) -> tuple[Topic, ...]:
    """Every topic that the services use."""
    return (
        Topic(ENTRIES, partitions, 7),
        Topic(POSITIONS, 1, None, compact=True),
        Topic(VERDICTS, partitions, 30),
        Topic(ALERTS, partitions, 30),
        *(Topic(dead_letters(service), 1, 90) for service in SERVICES),
    )


def entry_key(system: str, remote_address: str | None) -> bytes:
    """`system|remote address`: keeps an accept and its TLS facts together."""
    return f"{system}|{remote_address or ''}".encode()


def remote_address_of(key: bytes) -> str | None:
    """The address that `entry_key` was given; None where it was given none, and for a key of another kind."""
    return key.partition(b"|")[2].decode(errors="replace") or None


def position_key(system: str, journal: str) -> bytes:
    return f"{system}/{journal}".encode()


def partition_of(key: bytes, partitions: int) -> int:
    """Our own partitioning, stable over releases and independent of the topic's present count."""
    return zlib.crc32(key) % partitions
