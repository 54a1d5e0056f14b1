"""Each SIEM as an end-to-end test sees it: the settings with which a sink reaches it, and the ids that it holds."""

import json
import socket
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self

from elasticsearch import Elasticsearch as Client
from elasticsearch.helpers import scan

from dev.elasticsearch import Elasticsearch
from dev.hec import TOKEN, Hec
from dev.part import free_port
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.templates import install


class Relay:
    """The way to a server: closed at first, so that connections are refused; `stalled`, it takes them and is silent."""

    def __init__(self, target: int, *, stalled: bool = False) -> None:
        self.port = free_port()
        self._target = target
        self._stalled = stalled
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        self._server = _Server(("127.0.0.1", self.port), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def _handler(self) -> type[BaseRequestHandler]:
        target = None if self._stalled else self._target

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                if target is None:
                    while self.request.recv(65_536):
                        """Read and forget."""
                    return
                with socket.create_connection(("127.0.0.1", target)) as link:
                    back = threading.Thread(target=_pump, args=(link, self.request))
                    back.start()
                    _pump(self.request, link)
                    back.join()

        return Handler


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


def _pump(source: socket.socket, drain: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            drain.sendall(chunk)
    with suppress(OSError):
        drain.shutdown(socket.SHUT_WR)


@dataclass(frozen=True)
class Siem:
    """`delivered` are the ids that it holds."""

    sink: str
    settings: Mapping[str, str]
    relay: Relay
    delivered: Callable[[], set[str]]


@contextmanager
def splunk(hec: Hec) -> Iterator[Siem]:
    with Relay(hec.port) as relay:
        settings = {"SK2SIEM_SPLUNK__URL": relay.url, "SK2SIEM_SPLUNK__TOKEN": TOKEN}
        yield Siem("splunk", settings, relay, lambda: _in_splunk(hec))


@contextmanager
def elastic(elasticsearch: Elasticsearch) -> Iterator[Siem]:
    """In a namespace of its own."""
    namespace = uuid.uuid4().hex[:12]
    install(ElasticSettings(url=elasticsearch.url, namespace=namespace))
    with Relay(elasticsearch.port) as relay:
        settings = {"SK2SIEM_ELASTIC__URL": relay.url, "SK2SIEM_ELASTIC__NAMESPACE": namespace}
        yield Siem("elastic", settings, relay, lambda: _in_elasticsearch(elasticsearch, namespace))


@contextmanager
def file(folder: Path) -> Iterator[Siem]:
    with Relay(0) as relay:
        yield Siem("file", {"SK2SIEM_FILE__PATH": str(folder / "out")}, relay, lambda: _in_files(folder / "out"))


def _in_splunk(hec: Hec) -> set[str]:
    with urllib.request.urlopen(f"{hec.url}/control/indexed", timeout=60) as answer:
        return {json.loads(line)["event"]["event_id"] for line in answer.read().decode().splitlines() if line.strip()}


def _in_elasticsearch(elasticsearch: Elasticsearch, namespace: str) -> set[str]:
    streams = f"logs-ibmi.*-{namespace}"
    with Client(elasticsearch.url, request_timeout=60) as client:
        client.indices.refresh(index=streams)
        return {hit["_id"] for hit in scan(client, index=streams, query={"_source": False})}


def _in_files(folder: Path) -> set[str]:
    return {json.loads(line)["id"] for file in folder.glob("*.ndjson") for line in file.read_text().splitlines()}
