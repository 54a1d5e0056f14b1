"""A name server that knows every address of a journal, and answers as it is told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

from bench.prepared import broker_of
from schemas.topics import ENTRIES
from tests.fakes.dns_server import DnsServer, Manner

SLOW_SECONDS = 5.0


def names_of(journal: Path) -> Mapping[str, str]:
    """Both ends of every entry, each with a name."""
    entries = (orjson.loads(stored.value) for stored in broker_of(journal).read(ENTRIES) if stored.type == "entry")
    found = {entry[end] for entry in entries for end in ("local_address", "remote_address")} - {None}
    return {address: f"host{number}.example.com" for number, address in enumerate(sorted(found))}


@contextmanager
def name_server(kind: str, names: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The settings that lead to it: `fast`, `slow` (5 seconds), `silent`, or `dead`."""
    with DnsServer() as server:
        for address, name in names.items():
            server.host(address, name)
        server.manner = Manner.SILENT if kind == "silent" else Manner.PLAIN
        server.delay = SLOW_SECONDS if kind == "slow" else 0.0
        settings = {
            "SK2SIEM_ENRICHER__DNS__ENABLED": "true",
            "SK2SIEM_ENRICHER__DNS__SERVERS": f'["{server.address}"]',
            "SK2SIEM_ENRICHER__DNS__PRIVATE_SERVERS": f'["{server.address}"]',
        }
        if kind == "dead":
            server.die()
        yield settings
