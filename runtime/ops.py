"""The HTTP server for probes and metrics: /livez, /readyz and /metrics."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from prometheus_client import generate_latest

from runtime.errors import ConfigError
from runtime.health import Health
from runtime.metrics import Metrics

PLAIN = "text/plain; charset=utf-8"


class OpsServer:
    """Answers from its start to `close`, on a thread of its own, so probes work while the ends still connect."""

    def __init__(self, host: str, port: int, health: Health, metrics: Metrics) -> None:
        try:
            self._server = _Server((host, port), _handler(health, metrics))
        except OSError as error:
            raise ConfigError(
                f"SK2SIEM_OPS__PORT: cannot listen on {host} port {port} ({error.strerror}); set another port, or 0"
            ) from error
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="ops", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Without the base class's look-up of the host's full name, which hangs where DNS is dead."""
        TCPServer.server_bind(self)


def _handler(health: Health, metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = _answer(self.path.partition("?")[0], health, metrics)
            self.send_response(status)
            self.send_header("Content-Type", PLAIN)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes come every few seconds; they are not worth a line."""

    return Handler


def _answer(path: str, health: Health, metrics: Metrics) -> tuple[int, bytes]:
    if path == "/livez":
        return (200, b"ok\n") if health.alive else (503, b"the loop has not gone round\n")
    if path == "/readyz":
        troubles = health.troubles
        text = "".join(f"{part}: {why}\n" for part, why in troubles.items())
        return (503, text.encode()) if troubles else (200, b"ok\n")
    if path == "/metrics":
        return 200, generate_latest(metrics.registry)
    return 404, b"here are /livez, /readyz and /metrics\n"
