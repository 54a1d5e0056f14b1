"""Servers that the sinks' benchmarks deliver to, as they count and show what they have, whoever sent it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
import urllib3
from elasticsearch import Elasticsearch as Client
from elasticsearch.helpers import scan

from bench.bare_raw import index_of
from bench.prepared import SERVICE
from cli.settings import load
from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.part import free_port
from sinks.elastic.streams import Streams

HEAP = "2g"
_ONE_SHARD: dict[str, Any] = {"settings": {"number_of_shards": 1, "number_of_replicas": 0}}
UNPREPARED: dict[str, Any] = _ONE_SHARD
"""An index of raw values for which nobody thought of a template: text is indexed twice, word by word and whole."""
PREPARED: dict[str, Any] = {
    **_ONE_SHARD,
    "mappings": {
        "dynamic_templates": [
            {"texts": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 1024}}}
        ]
    },
}
"""One as our own templates have it, so that the server has as little work as it can have with either."""


class Siem(Protocol):
    """`run` names one run of one program; what it stored can be told from that of every other."""

    @property
    def sink(self) -> str: ...

    def settings(self, run: str) -> dict[str, str]: ...

    def begin(self, run: str) -> None:
        """Make room for what is to come."""

    def count(self, run: str) -> int:
        """How many events were taken, at once."""

    def ids(self, run: str) -> list[str]:
        """Of all that are stored, copies included."""


@dataclass(frozen=True, slots=True)
class ElasticSiem:
    server: Elasticsearch
    client: Client
    sink: str = "elastic"
    raw_index: Mapping[str, Any] = field(default_factory=lambda: PREPARED)

    def settings(self, run: str) -> dict[str, str]:
        return {**self.server.exports(), "SK2SIEM_ELASTIC__NAMESPACE": run}

    def index(self, run: str) -> str:
        loaded = load({**SERVICE, **self.settings(run)}).elastic
        assert loaded
        return index_of(loaded)

    def begin(self, run: str) -> None:
        """The raw index is made beforehand; a data stream makes itself."""
        self.client.indices.create(index=self.index(run), body=dict(self.raw_index))

    def count(self, run: str) -> int:
        everything = self.client.indices.stats(index=self._wanted(run), metric="indexing", expand_wildcards="all")
        return int(everything["_all"]["primaries"].get("indexing", {}).get("index_total", 0))

    def ids(self, run: str) -> list[str]:
        wanted = self._wanted(run)
        self.client.indices.refresh(index=wanted)
        hits = scan(self.client, index=wanted, size=5_000, _source=["id"])
        return [hit["_source"].get("id", hit["_id"]) for hit in hits]

    def _wanted(self, run: str) -> str:
        return f"{Streams.of(run).connection.name}*,{self.index(run)}"


@dataclass(slots=True)
class SplunkSiem:
    """One run at a time: what was there before is forgotten."""

    server: Hec
    http: urllib3.PoolManager
    sink: str = "splunk"

    def settings(self, run: str) -> dict[str, str]:
        return self.server.exports()

    def begin(self, run: str) -> None:
        self.http.request("DELETE", f"{self.server.url}/control/indexed")

    def count(self, run: str) -> int:
        return int(orjson.loads(self.http.request("GET", f"{self.server.url}/control/counts").data)["indexed"])

    def ids(self, run: str) -> list[str]:
        lines = self.http.request("GET", f"{self.server.url}/control/indexed").data.splitlines()
        events = [orjson.loads(line)["event"] for line in lines]
        return [event.get("event_id") or event["id"] for event in events]

    def slow(self, seconds: float) -> None:
        """Every answer from now on takes so long."""
        fault = orjson.dumps([{"delay_seconds": seconds, "times": None}])
        self.http.request("POST", f"{self.server.url}/control/faults", body=fault)


@contextmanager
def elastic(folder: Path) -> Iterator[ElasticSiem]:
    """With our templates."""
    from sinks.elastic.templates import install

    with (
        Elasticsearch(free_port(), folder / "elasticsearch", heap=HEAP) as server,
        Client(server.url, request_timeout=60) as client,
    ):
        settings = load({**SERVICE, **server.exports()}).elastic
        assert settings
        install(settings)
        yield ElasticSiem(server, client)


@contextmanager
def splunk(folder: Path) -> Iterator[SplunkSiem]:
    http = urllib3.PoolManager()
    with Hec(free_port(), folder / "hec") as server:
        yield SplunkSiem(server, http)
    http.clear()
