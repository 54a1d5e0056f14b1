"""The HTTP side of the Splunk sink, and the home of urllib3: requests out, answers in, Unavailable on the way."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from runtime.errors import Unavailable
from sinks import tls
from sinks.addresses import named
from sinks.answers import bounded, is_too_long
from sinks.certificate import is_of_the_handshake, no_tls
from sinks.compression import gzipped
from sinks.judgement import retry_after
from sinks.splunk.channels import Channels
from sinks.splunk.endpoints import Endpoints
from sinks.splunk.judge import ACK_DISABLED, Answer, acknowledged, document_of, read, trouble
from sinks.splunk.settings import COLLECTOR, PREFIX, SplunkSettings
from sinks.unreached import causes, why

EVENT = COLLECTOR + "/event"
ACK = COLLECTOR + "/ack"
CONNECT_SECONDS = 10.0
CHANNEL = "X-Splunk-Request-Channel"
HTTPS = 443
REFUSED = (401, 403, 404, 405, 429)


class Unreached(Unavailable):
    """Nothing was sent: another collector may be tried at once."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Who answered, on which channel (empty without acknowledgement), and what."""

    url: str
    channel: str
    answer: Answer


class Http:
    """Posts to whichever collector answers. Raises ConfigError when the certificates cannot be read.

    With `channels` every request names its channel. Where an answer is missing or is not Splunk's own, the channel is
    given up: what the request did, and whether Splunk is still the same process, is not known then.
    """

    def __init__(self, settings: SplunkSettings, channels: Channels | None = None) -> None:
        self._pool = _pool(settings)
        self._token = {"Authorization": f"Splunk {settings.token.get_secret_value()}"}
        self._gzip = settings.gzip
        self._urls = settings.urls
        self._direct = settings.proxy is None
        self._endpoints = Endpoints(settings.urls)
        self._channels = channels
        self._acknowledges: set[str] = set()
        self._cookies: dict[str, str] = {}

    def post(self, bodies: Sequence[bytes]) -> Posted:
        """One request with these envelopes. Raises Unavailable when no answer came: the outcome may be unknown then.

        A collector that cannot be reached, is overloaded or refuses us is passed over as long as there is another.
        """
        urls = self._endpoints.in_turn()
        body = self._packed(bodies)
        for url in urls[:-1]:
            try:
                posted = self._post_events(url, body)
            except Unreached:
                continue
            if not _is_out_of_order(posted.answer):
                return posted
        return self._post_events(urls[-1], body)

    def post_to(self, url: str, bodies: Sequence[bytes]) -> Answer:
        """The same to one collector. Raises Unavailable."""
        return self._post_events(url, self._packed(bodies)).answer

    def acknowledged(self, url: str, channel: str, numbers: Sequence[int]) -> set[int]:
        """Which of these requests are indexed; Splunk says so once. Raises Unavailable."""
        answer = self._post(url, f"{ACK}?channel={channel}", orjson.dumps({"acks": numbers}), {}, channel)
        found = acknowledged(answer)
        if found is None:
            raise named(trouble(answer, read(answer)), url, self._urls)
        return found

    def close(self) -> None:
        self._pool.clear()

    def _packed(self, bodies: Sequence[bytes]) -> bytes:
        body = b"\n".join(bodies)
        return gzipped(body) if self._gzip else body

    def _post_events(self, url: str, body: bytes) -> Posted:
        encoding = {"Content-Encoding": "gzip"} if self._gzip else {}
        channel = ""
        if self._channels is not None:
            self._require_acknowledgement(url)
            channel = self._channels.of(url)
        answer = self._post(url, EVENT, body, encoding, channel)
        if _is_out_of_order(answer):
            self._endpoints.failed(url, retry_after(answer.headers))
        else:
            self._endpoints.answered(url)
        return Posted(url, channel, answer)

    def _require_acknowledgement(self, url: str) -> None:
        """Before the first event: a token without it would take events that nobody could ever acknowledge.

        On a channel that no request uses: what is true is told only once.
        """
        if url in self._acknowledges:
            return
        channel = str(uuid.uuid4())
        answer = self._post(url, f"{ACK}?channel={channel}", orjson.dumps({"acks": [0]}), {}, channel)
        reply = read(answer)
        if reply and reply.code == ACK_DISABLED:
            raise named(trouble(answer, reply), url, self._urls)
        if acknowledged(answer) is not None:
            self._acknowledges.add(url)

    def _post(self, url: str, path: str, body: bytes, headers: Mapping[str, str], channel: str) -> Answer:
        given = {**self._token, "Content-Type": "application/json", **headers}
        if channel:
            given[CHANNEL] = channel
            if cookie := self._cookies.get(channel):
                given["Cookie"] = cookie
        try:
            response = self._pool.request("POST", url + path, body=body, headers=given, redirect=False)
        except HTTPError as error:
            self._endpoints.failed(url)
            self._give_up(url, channel)
            raise _trouble(url, error, direct=self._direct) from error
        answer = Answer(response.status, response.headers, document_of(response.data))
        if channel:
            self._stick(channel, response.headers.get("Set-Cookie"))
            if read(answer) is None and acknowledged(answer) is None:
                self._give_up(url, channel)
        return answer

    def _stick(self, channel: str, cookie: str | None) -> None:
        """A load balancer that keeps a channel with its indexer asks for that with a cookie."""
        if cookie:
            self._cookies[channel] = cookie.partition(";")[0]

    def _give_up(self, url: str, channel: str) -> None:
        if self._channels is not None and channel:
            self._channels.renew(url, channel)
            self._cookies.pop(channel, None)


def _pool(settings: SplunkSettings) -> urllib3.PoolManager:
    context = tls.context(
        settings.ca_file, PREFIX, verify=settings.verify_tls, cert_file=settings.cert_file, key_file=settings.key_file
    )
    if not settings.verify_tls:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    connect = min(CONNECT_SECONDS, settings.timeout_seconds)
    timeout = urllib3.Timeout(connect=connect, read=settings.timeout_seconds)
    pools, size = len(settings.urls), settings.requests_in_parallel
    if settings.proxy is None:
        return _in_bounds(urllib3.PoolManager(pools, maxsize=size, ssl_context=context, timeout=timeout, retries=False))
    login = None
    if settings.proxy_username is not None and settings.proxy_password is not None:
        login = urllib3.make_headers(
            proxy_basic_auth=f"{settings.proxy_username}:{settings.proxy_password.get_secret_value()}"
        )
    return _in_bounds(
        urllib3.ProxyManager(
            settings.proxy,
            pools,
            proxy_headers=login,
            maxsize=size,
            ssl_context=context,
            timeout=timeout,
            retries=False,
        )
    )


def _in_bounds(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    class Http(urllib3.HTTPConnectionPool):
        ConnectionCls = bounded(urllib3.HTTPConnectionPool.ConnectionCls)

    class Https(urllib3.HTTPSConnectionPool):
        ConnectionCls = bounded(urllib3.HTTPSConnectionPool.ConnectionCls)

    manager.pool_classes_by_scheme = {"http": Http, "https": Https}
    return manager


def _is_out_of_order(answer: Answer) -> bool:
    """Overloaded, set up otherwise than the others, or no collector at all: it says nothing about the events."""
    is_page = answer.status != 413 and read(answer) is None
    return is_page or answer.status in REFUSED or answer.status >= 500


def _trouble(url: str, error: HTTPError, *, direct: bool) -> Unavailable:
    parts = urlsplit(url)
    host = parts.hostname or ""
    match error:
        case ProxyError():
            return Unreached(
                f"the proxy on the way to Splunk at {url} refused or cannot be reached ({cause_of(error)}): "
                f"check {PREFIX}PROXY"
            )
        case ReadTimeoutError():
            return Unavailable(f"Splunk at {url} did not answer in time")
        case SSLError():
            port = parts.port or HTTPS
            kind = Unreached if is_of_the_handshake(error) else Unavailable
            return kind(
                f"no TLS with Splunk at {url}: {no_tls(error, PREFIX, host=host, port=port if direct else None)}"
            )
        case NewConnectionError() | ConnectTimeoutError():
            return Unreached(f"Splunk at {url} cannot be reached: {why(error, host)}")
        case _ if is_too_long(error):
            return Unavailable(f"the answer of Splunk at {url} is too long: is a proxy in the way?")
        case _:
            asks = ": does it want https?" if parts.scheme == "http" else ""
            return Unavailable(f"Splunk at {url} broke the connection off ({cause_of(error)}){asks}")


def cause_of(error: HTTPError) -> str:
    """The system's own words where there are any; urllib3's repeat the address of an object."""
    return next((str(one) for one in causes(error) if isinstance(one, OSError)), type(error).__name__)
