"""The double's own process: HTTP/1.1 with keep-alive, a thread for each connection."""

import argparse
import json
import signal
import socket
import struct
import sys
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dev.hec.answers import Answer, html
from dev.hec.collector import Collector, Request
from dev.hec.control import PREFIX, Control
from dev.hec.indexed import Indexed
from dev.hec.settings import Settings

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Listener(ThreadingHTTPServer):
    """Serves one collector and its control path."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, collector: Collector) -> None:
        super().__init__((host, port), partial(_Handler, collector, Control(collector)))

    def shutdown_request(self, request: Any) -> None:
        """Without the usual polite FIN where a reset was asked for: that would reach the client first."""
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET_ON_CLOSE)) == _RESET_ON_CLOSE:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is nothing to write about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Splunkd"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet

    def __init__(self, collector: Collector, control: Control, *args: Any) -> None:
        self._collector = collector
        self._control = control
        super().__init__(*args)

    def _serve(self) -> None:
        try:
            body = self._read_body()
        except ValueError:
            self.close_connection = True
            self._send(html(400, "Bad Request"))
            return
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        request = Request(self.command, target.path, query, self.headers, body)
        site = self._control if target.path.startswith(PREFIX) else self._collector
        self._send(site.answer(request))

    def date_time_string(self, timestamp: float | None = None) -> str:
        moment = time.time() if timestamp is None else timestamp
        return super().date_time_string(moment + self._collector.settings.clock_ahead_seconds)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve  # noqa: N815

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._read_chunk, b""))
        return self._read(int(self.headers.get("Content-Length") or 0))

    def _read_chunk(self) -> bytes:
        length = int(self.rfile.readline(100).split(b";")[0], 16)
        chunk = self._read(length)
        self.rfile.readline(100)
        return chunk

    def _read(self, length: int) -> bytes:
        if length < 0:
            raise ValueError("a body cannot be shorter than nothing")
        content = self.rfile.read(length)
        if len(content) < length:
            raise ConnectionResetError("the client went away in the middle of its body")
        return content

    def _send(self, answer: Answer) -> None:
        if answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are counted, not logged."""


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m dev.hec.listener")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 in a container")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, help="keep what is indexed in this folder")
    parser.add_argument("--settings", type=json.loads, default={}, help="a JSON object")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    indexed = Indexed(options.data / "indexed.ndjson" if options.data else None)
    with Listener(options.host, options.port, Collector(indexed, Settings().changed(options.settings))) as listener:
        listener.serve_forever()


def _leave(_number: int, _frame: FrameType | None) -> None:
    # Nothing to save: an event is in the file before it is answered.
    sys.exit(0)


if __name__ == "__main__":
    main()
