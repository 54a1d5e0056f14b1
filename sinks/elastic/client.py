"""The official client as this sink uses it, and the border that none of its exceptions crosses."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import BadStatusLine
from typing import Any
from urllib.parse import urlsplit

from elastic_transport import ApiResponseMeta, ConnectionTimeout, TlsError, TransportError
from elastic_transport.client_utils import parse_cloud_id
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from runtime.errors import Unavailable
from sinks.addresses import named
from sinks.answers import is_too_long
from sinks.certificate import no_tls
from sinks.elastic.judge import OPERATOR_SECONDS, trouble
from sinks.elastic.nodes import node_class
from sinks.elastic.settings import PREFIX, ElasticSettings
from sinks.unreached import causes, why

HTTPS = 443
BUSY = (429, 502, 503, 504)  # another node may take it
LEFT_TO_OUR_NODES: dict[str, Any] = {"verify_certs": False, "ssl_show_warn": False}


def connect(settings: ElasticSettings) -> Elasticsearch:
    """A client that tries each node once: the loop is what retries. Connects to nothing. Raises ConfigError.

    A document that was stored by one node and is sent to the next is stored once, because it carries its id.
    """
    return Elasticsearch(
        **({"cloud_id": settings.cloud_id} if settings.cloud_id else {"hosts": list(settings.urls)}),
        request_timeout=settings.timeout_seconds,
        node_class=node_class(settings),
        connections_per_node=settings.requests_in_parallel,
        max_retries=max(0, len(settings.urls) - 1),
        retry_on_status=BUSY,
        retry_on_timeout=False,
        **_login(settings),
        **(LEFT_TO_OUR_NODES if settings.cloud_id or "https:" in settings.where else {}),
    )


@contextmanager
def translated(settings: ElasticSettings) -> Iterator[None]:
    """Raises Unavailable in words for whatever the client raises."""
    try:
        yield
    except UnsupportedProductError as error:
        raise foreign(where(error.meta, settings)) from error
    except ApiError as error:
        refusal = trouble(error.meta.status, error.meta.headers, error.body)
        raise named(refusal, where(error.meta, settings), settings.urls) from error
    except TransportError as error:
        raise _unreached(error, settings) from error


def where(meta: ApiResponseMeta, settings: ElasticSettings) -> str:
    """Who answered: of several nodes, the one."""
    if len(settings.urls) <= 1:
        return settings.where
    node = meta.node
    host = f"[{node.host}]" if ":" in node.host else node.host
    return f"{node.scheme}://{host}:{node.port}{node.path_prefix}"


def foreign(where: str) -> Unavailable:
    """What answered is something else, a proxy for example. The client itself looks at its first answer only."""
    return Unavailable(
        f"what answers at {where} is not Elasticsearch: set SK2SIEM_ELASTIC__URL", retry_after=OPERATOR_SECONDS
    )


def _unreached(error: TransportError, settings: ElasticSettings) -> Unavailable:
    parts = urlsplit(settings.urls[0] if settings.urls else "")
    host = parts.hostname or _host_of(settings.cloud_id)
    match error:
        case TlsError():
            # with several nodes, or in Elastic's cloud, it is not known here which one it was
            port = parts.port or HTTPS if len(settings.urls) == 1 else None
            return Unavailable(
                f"no TLS with Elasticsearch at {settings.where}: {no_tls(error, PREFIX, host=host, port=port)}"
            )
        case ConnectionTimeout():
            return Unavailable(f"Elasticsearch at {settings.where} did not answer in time")
        case _ if is_too_long(error):
            return Unavailable(f"the answer of Elasticsearch at {settings.where} is too long: is a proxy in the way?")
        case _:
            torn = any(isinstance(one, ConnectionResetError | BadStatusLine) for one in causes(error))
            asks = f": does it want https? See {PREFIX}URL" if torn and "http://" in settings.where else ""
            return Unavailable(f"Elasticsearch at {settings.where} cannot be reached: {why(error, host)}{asks}")


def _host_of(cloud_id: str | None) -> str:
    address = parse_cloud_id(cloud_id).es_address if cloud_id else None
    return address[0] if address else ""


def _login(settings: ElasticSettings) -> dict[str, Any]:
    if settings.api_key:
        return {"api_key": settings.api_key.get_secret_value()}
    if settings.bearer_token:
        return {"bearer_auth": settings.bearer_token.get_secret_value()}
    if settings.username and settings.password:
        return {"basic_auth": (settings.username, settings.password.get_secret_value())}
    return {}
