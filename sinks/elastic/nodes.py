"""How a node is spoken to: compression, and TLS with nothing trusted but what the settings say."""

import socket
import ssl
from dataclasses import dataclass
from typing import Any, ClassVar

from elastic_transport import HttpHeaders, NodeConfig, Urllib3HttpNode
from elastic_transport.client_utils import DEFAULT, DefaultType

from sinks import tls
from sinks.answers import bounded
from sinks.certificate import NotShown, fingerprint_of
from sinks.compression import gzipped
from sinks.elastic.settings import PREFIX, ElasticSettings

ENCODED_AS_DER = 2


@dataclass(frozen=True, slots=True)
class Pin:
    """The authority whose certificate has this fingerprint, to be trusted by `context` once a server has shown it.

    `blind` looks at what a server shows, and sends nothing.
    """

    fingerprint: str
    context: ssl.SSLContext
    blind: ssl.SSLContext

    def trust(self, host: str, port: int, seconds: float | None) -> None:
        """Whether the server is really of this authority is for the connection behind this one to find out.

        That it shows the authority's certificate proves nothing: everybody has that. Raises SSLError, OSError; NotShown
        where it shows its own certificate alone.
        """
        with (
            socket.create_connection((host, port), seconds) as plain,
            self.blind.wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            shown = _chain(encrypted)
        found = next((der for der in shown if fingerprint_of(der) == self.fingerprint), None)
        if found is None:
            raise (NotShown if len(shown) == 1 else ssl.SSLError)("no certificate with this fingerprint")
        self.context.load_verify_locations(cadata=found)

    def connections(self, kind: Any) -> Any:
        """A kind of urllib3's connections that trust nobody else."""
        pin = self

        class Pinned(kind):  # type: ignore[misc]
            def connect(self) -> None:
                if not pin.context.get_ca_certs():
                    pin.trust(self.host, self.port, self.timeout)
                super().connect()

        return Pinned


class Node(Urllib3HttpNode):
    """The official client's, with `context` for TLS: its own adds the authorities of a Python package to ours, and
    sends no client certificate to a node that is known by a fingerprint.
    """

    context: ClassVar[ssl.SSLContext | None] = None
    pin: ClassVar[Pin | None] = None
    compresses: ClassVar[bool] = False

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        if self.context is not None and config.scheme == "https":
            pool: Any = type(self.pool)
            self.pool = pool(
                config.host,
                port=config.port,
                timeout=config.request_timeout,
                maxsize=config.connections_per_node,
                block=True,
                ssl_context=self.context,
            )
            if self.pin is not None:
                self.pool.ConnectionCls = self.pin.connections(self.pool.ConnectionCls)
        self.pool.ConnectionCls = bounded(self.pool.ConnectionCls)

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> Any:
        """Compresses by itself: the client's `http_compress` takes many times as long for a tenth less."""
        if body and self.compresses:
            headers = HttpHeaders({**(headers or {}), "content-encoding": "gzip"})
            body = gzipped(body)
        return super().perform_request(method, target, body, headers, request_timeout)


def node_class(settings: ElasticSettings) -> type[Node]:
    """A class, because the client makes its nodes itself. Raises ConfigError."""
    encrypted = settings.cloud_id or "https:" in settings.where
    pinned = _pin(settings) if encrypted and settings.ca_fingerprint else None

    class Configured(Node):
        context = pinned.context if pinned else _context(settings) if encrypted else None
        pin = pinned
        compresses = settings.http_compress

    return Configured


def _context(settings: ElasticSettings) -> ssl.SSLContext:
    return tls.context(
        settings.ca_file, PREFIX, verify=settings.verify_tls, cert_file=settings.cert_file, key_file=settings.key_file
    )


def _pin(settings: ElasticSettings) -> Pin:
    context, blind = (
        tls.trusting_nobody(PREFIX, cert_file=settings.cert_file, key_file=settings.key_file) for _ in range(2)
    )
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    assert settings.ca_fingerprint
    return Pin(settings.ca_fingerprint, context, blind)


def _chain(connection: ssl.SSLSocket) -> list[bytes]:
    """All certificates that the server shows, as DER. Python has it in public from 3.13 on."""
    if hasattr(connection, "get_unverified_chain"):
        return list(connection.get_unverified_chain())
    hidden: Any = connection
    return [one.public_bytes(ENCODED_AS_DER) for one in hidden._sslobj.get_unverified_chain() or ()]
