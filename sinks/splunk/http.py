"""The HTTP side of the Splunk sink, and the home of urllib3: requests out, answers in, Unavailable on the way."""

import gzip
from collections.abc import Sequence

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError, SSLError

from runtime.errors import Unavailable
from sinks import tls
from sinks.splunk.endpoints import Endpoints
from sinks.splunk.judge import Answer
from sinks.splunk.settings import COLLECTOR, SplunkSettings

EVENT = COLLECTOR + "/event"
CONNECT_SECONDS = 10.0


class Unreached(Unavailable):
    """Nothing was sent: another collector may be tried at once."""


class Http:
    """Posts to whichever collector answers. Raises ConfigError when the certificates cannot be read."""

    def __init__(self, settings: SplunkSettings) -> None:
        context = tls.context(settings.ca_file, verify=settings.verify_tls)
        if not settings.verify_tls:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._pool = urllib3.PoolManager(
            num_pools=len(settings.urls),
            maxsize=settings.requests_in_parallel,
            ssl_context=context,
            timeout=urllib3.Timeout(
                connect=min(CONNECT_SECONDS, settings.timeout_seconds), read=settings.timeout_seconds
            ),
            retries=False,
        )
        self._headers = {
            "Authorization": f"Splunk {settings.token.get_secret_value()}",
            "Content-Type": "application/json",
            **({"Content-Encoding": "gzip"} if settings.gzip else {}),
        }
        self._gzip = settings.gzip
        self._endpoints = Endpoints(settings.urls)

    def post(self, bodies: Sequence[bytes]) -> Answer:
        """One request with these envelopes. Raises Unavailable when no answer came: the outcome may be unknown then.

        A collector that cannot be reached or is overloaded is passed over as long as there is another.
        """
        urls = self._endpoints.in_turn()
        body = self._packed(bodies)
        for url in urls[:-1]:
            try:
                answer = self._post(url, body)
            except Unreached:
                continue
            if answer.status != 429 and answer.status < 500:
                return answer
        return self._post(urls[-1], body)

    def post_to(self, url: str, bodies: Sequence[bytes]) -> Answer:
        """The same to one collector. Raises Unavailable."""
        return self._post(url, self._packed(bodies))

    def close(self) -> None:
        self._pool.clear()

    def _packed(self, bodies: Sequence[bytes]) -> bytes:
        body = b"\n".join(bodies)
        # the lowest level: JSON shrinks to a tenth at once, more effort costs more than the bytes it saves
        return gzip.compress(body, compresslevel=1, mtime=0) if self._gzip else body

    def _post(self, url: str, body: bytes) -> Answer:
        try:
            response = self._pool.request("POST", url + EVENT, body=body, headers=self._headers, redirect=False)
        except HTTPError as error:
            self._endpoints.failed(url)
            raise _trouble(url, error) from error
        if response.status == 429 or response.status >= 500:
            self._endpoints.failed(url)
        return Answer(response.status, response.headers, response.data)


def _trouble(url: str, error: HTTPError) -> Unavailable:
    match error:
        case ReadTimeoutError():
            return Unavailable(f"Splunk at {url} did not answer in time")
        case SSLError():
            return Unreached(f"no TLS with Splunk at {url} ({_cause(error)}): check SK2SIEM_SPLUNK__CA_FILE")
        case NewConnectionError() | ConnectTimeoutError():
            return Unreached(f"Splunk at {url} cannot be reached ({_cause(error)})")
        case _:
            return Unavailable(f"Splunk at {url} broke the connection off ({_cause(error)})")


def _cause(error: HTTPError) -> str:
    """The system's own words where there are any; urllib3's repeat the address of an object."""
    cause: BaseException | None = error
    while cause and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return str(cause or type(error).__name__)
