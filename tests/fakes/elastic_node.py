"""A node that does on request what a real one will not: refuse single items, lie, stall, tear connections.

It is a real HTTP server that plays the bulk API and as much of the rest as checks and templates need. What it cannot
show (mappings, rollover, real limits) the real node of `dev.elasticsearch` shows.
"""

import gzip
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import orjson

from sinks.elastic.templates import NAME, PACKAGE, component_template, index_template

TORN = struct.pack("ii", 1, 0)
JSON = "application/vnd.elasticsearch+json;compatible-with=9"
PAGE = b"<html><body>Bad Gateway</body></html>"


@dataclass(frozen=True)
class ItemFault:
    """What happens to the documents at these places of a bulk request, `times` requests long (None: until healed)."""

    places: tuple[int, ...]
    status: int
    error: str | None = None
    failure_store: str | None = None
    stores: bool = False
    times: int | None = 1


@dataclass(frozen=True)
class RequestFault:
    """What happens to whole bulk requests. `takes`: so many documents are stored all the same."""

    status: int = 200
    error: str | None = None
    page: bool = False
    torn: bool = False
    product: bool = True
    items: int | None = None
    retry_after: float | None = None
    delay_seconds: float = 0.0
    takes: int = 0
    times: int | None = 1


Fault = ItemFault | RequestFault


@dataclass
class ElasticNode:
    """`documents` by id; `received` counts how often each came. Our templates are there from the beginning.

    The login lacks the privileges `lacking`; what begins with one of `refuses` is answered 403, and everything but bulk
    requests with the status `broken` where that is set.
    """

    documents: dict[str, object] = field(default_factory=dict)
    received: Counter[str] = field(default_factory=Counter)
    templates: dict[str, dict[str, Any]] = field(default_factory=lambda: _ours())
    logins: list[str | None] = field(default_factory=list)
    flavour: str = "default"
    streams: set[str] = field(default_factory=set)
    lacking: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    broken: int | None = None
    clock_ahead: float = 0.0
    port: int = 0
    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _healed: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fault(self, *faults: Fault) -> None:
        with self._lock:
            self._healed.clear()
            self._faults.extend(faults)

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()
            self._healed.set()

    def wait(self, seconds: float) -> None:
        self._healed.wait(seconds)

    def bulk(self, body: bytes) -> tuple[RequestFault, object]:
        with self._lock:
            fault = self._next()
            actions = _actions(body)
            self.received.update(ident for ident, _ in actions)
            if isinstance(fault, RequestFault):
                for ident, document in actions[: fault.takes]:
                    self.documents.setdefault(ident, document)
                if fault.items is not None:
                    # fewer than there are documents, however few those are: else it would say that it has them
                    return fault, _created(min(fault.items, len(actions) - 1) if fault.product else fault.items)
                return fault, _error(fault.status, fault.error)
            items = [self._item(place, *action, fault) for place, action in enumerate(actions)]
            failed = any("error" in item["create"] for item in items)
            return RequestFault(), {"errors": failed, "took": 1, "items": items}

    def _item(self, place: int, ident: str, document: object, fault: ItemFault | None) -> dict[str, dict[str, object]]:
        if fault is not None and place in fault.places:
            if fault.stores:
                self.documents.setdefault(ident, document)
            answer: dict[str, object] = {"status": fault.status}
            if fault.error:
                answer["error"] = {"type": fault.error, "reason": "as the test asked"}
            if fault.failure_store:
                answer["failure_store"] = fault.failure_store
            return {"create": answer}
        if ident in self.documents:
            return {"create": {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": ""}}}
        self.documents[ident] = document
        return {"create": {"status": 201}}

    def _next(self) -> Fault | None:
        if not self._faults:
            return None
        fault = self._faults[0]
        if fault.times is not None:
            left = fault.times - 1
            self._faults[:1] = [replace(fault, times=left)] if left else []
        return fault


@contextmanager
def elastic_node() -> Iterator[ElasticNode]:
    node = ElasticNode()
    server = _Server(("127.0.0.1", 0), partial(_Handler, node))
    node.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        node.heal()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to write about."""

    def shutdown_request(self, request: Any) -> None:
        """Without the polite end where the connection is to be torn."""
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(TORN)) == TORN:
            self.close_request(request)
        else:
            super().shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def __init__(self, node: ElasticNode, *args: Any) -> None:
        self.node = node
        super().__init__(*args)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.node.logins.append(self.headers.get("Authorization"))
        path = unquote(self.path.partition("?")[0])
        if path.endswith("/_bulk"):
            self._bulk(body)
        else:
            status, document = _other(self.node, self.command, path, body)
            self._answer(status, orjson.dumps(document))

    do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815

    def _bulk(self, body: bytes) -> None:
        fault, document = self.node.bulk(body)
        self.node.wait(fault.delay_seconds) if fault.delay_seconds else None
        if fault.torn:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, TORN)
            self.close_connection = True
            return
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        if fault.page:
            self._answer(fault.status, PAGE, kind="text/html", product=False, headers=headers)
        else:
            self._answer(fault.status, orjson.dumps(document), product=fault.product, headers=headers)

    def _answer(
        self,
        status: int,
        body: bytes,
        *,
        kind: str = JSON,
        product: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response_only(status)  # without the header Date, which Elasticsearch does not send
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if product:
            self.send_header("X-Elastic-Product", "Elasticsearch")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are counted, not logged."""


def _ours() -> dict[str, dict[str, Any]]:
    """As `sk2siem init elastic` leaves a cluster."""
    return {f"/_component_template/{PACKAGE}": component_template(), f"/_index_template/{NAME}": index_template()}


def _actions(body: bytes) -> Sequence[tuple[str, object]]:
    lines = body.split(b"\n")
    assert lines[-1] == b"", "a bulk body ends with a line break"
    return [
        (orjson.loads(action)["create"]["_id"], orjson.loads(document))
        for action, document in zip(lines[:-1:2], lines[1:-1:2], strict=True)
    ]


def _created(count: int) -> object:
    return {"errors": False, "items": [{"create": {"status": 201}}] * count}


def _error(status: int, kind: str | None) -> object:
    return {"error": {"type": kind, "reason": "as the test asked"}, "status": status} if kind else {}


def _other(node: ElasticNode, method: str, path: str, body: bytes) -> tuple[int, object]:
    if node.broken is not None:
        return node.broken, {}
    if any(path == one or path.startswith(f"{one}/") for one in node.refuses):
        return 403, _error(403, "security_exception")
    if path == "/_cat/health":
        return 200, [{"epoch": str(int(time.time() + node.clock_ahead))}]
    if path == "/_security/user/_has_privileges":
        return 200, {
            "index": {name: _granted(node, asked) for asked in orjson.loads(body)["index"] for name in asked["names"]}
        }
    if path.startswith("/_resolve/index/"):
        name = path.rpartition("/")[2]
        return 200, {"data_streams": [{"name": name}] if name in node.streams else []}
    if path == "/":
        return 200, {"cluster_name": "fake", "version": {"number": "9.5.3", "build_flavor": node.flavour}}
    kind, _, name = path.removeprefix("/").partition("/")
    if kind in ("_component_template", "_index_template") and method == "PUT":
        node.templates[path] = orjson.loads(body)
        return 200, {"acknowledged": True}
    if kind in ("_component_template", "_index_template") and path in node.templates:
        one = kind.removeprefix("_")
        return 200, {f"{one}s": [{"name": name, one: node.templates[path]}]}
    return 404, _error(404, "resource_not_found_exception")


def _granted(node: ElasticNode, asked: Mapping[str, Sequence[str]]) -> dict[str, bool]:
    return {privilege: privilege not in node.lacking for privilege in asked["privileges"]}
