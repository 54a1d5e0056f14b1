"""What Splunk holds of our events: the ids that its search API gives back, a day of events at a time."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3
from urllib3.exceptions import HTTPError

from runtime.errors import ConfigError, Unavailable
from schemas.records import EventId
from schemas.topics import ALERTS, VERDICTS
from sinks import tls
from sinks.search import Held
from sinks.splunk.http import cause_of
from sinks.splunk.render import ALERT, CONNECTION, EVENT, SOURCE, STATUS
from sinks.splunk.settings import PREFIX, SEARCH, SplunkSettings

SLICE = timedelta(days=1)
INDEXING_SECONDS = 30.0
FAULTS = frozenset({"ERROR", "FATAL"})
NEEDED = "SK2SIEM_SPLUNK__SEARCH_URL and SK2SIEM_SPLUNK__SEARCH_TOKEN: must be set to ask Splunk what it holds"
REFUSED = "the search token is refused: set SK2SIEM_SPLUNK__SEARCH_TOKEN to a token of a user who may search the index"
BY_STATUS = {
    401: REFUSED,
    403: REFUSED,
    404: "no search API there: SK2SIEM_SPLUNK__SEARCH_URL is the management port (8089), not the collector's",
}


class SplunkSearch:
    """Exports events as a stream: nothing is kept in Splunk, and no limit on results applies to an export."""

    settle_seconds = INDEXING_SECONDS

    def __init__(self, settings: SplunkSettings) -> None:
        if settings.search_url is None or settings.search_token is None:
            raise ConfigError(NEEDED)
        self._url = settings.search_url
        self._token = settings.search_token
        self._index = settings.index or "*"
        context = tls.context(settings.ca_file, PREFIX, verify=settings.verify_tls)
        if not settings.verify_tls:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        timeout = urllib3.Timeout(connect=settings.timeout_seconds, read=settings.timeout_seconds)
        self._pool = urllib3.PoolManager(1, ssl_context=context, timeout=timeout, retries=False)

    def held(self, since: datetime, until: datetime) -> Iterator[Held]:
        """See `sinks.search.Search`."""
        begin, end = math.floor(since.timestamp()), math.floor(until.timestamp()) + 1
        while begin < end:
            after = min(end, begin + int(SLICE.total_seconds()))
            yield from self._export(begin, after)
            begin = after

    def close(self) -> None:
        self._pool.clear()

    def _export(self, earliest: int, latest: int) -> Iterator[Held]:
        """`earliest` is included, `latest` is not; both in seconds since 1970."""
        form = {
            "search": query(self._index),
            "earliest_time": earliest,
            "latest_time": latest,
            "output_mode": "json",
            "preview": "false",
        }
        try:
            response = self._pool.request(
                "POST",
                self._url + SEARCH,
                body=urlencode(form),
                headers={
                    "Authorization": f"Bearer {self._token.get_secret_value()}",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                preload_content=False,
                redirect=False,
            )
            with response:
                if response.status != 200:
                    raise self._trouble(response.status, response.read())
                for line in response:
                    if line.strip():
                        yield from self._read(line, earliest)
        except HTTPError as error:
            raise Unavailable(f"Splunk's search API at {self._url} broke off ({cause_of(error)})") from error

    def _read(self, line: bytes, earliest: int) -> Iterator[Held]:
        """One line of the stream: a result, or what Splunk has to say about the search."""
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise Unavailable(f"what answers at {self._url} is not Splunk's search API: no JSON came") from error
        faults = [one for one in found.get("messages", ()) if one.get("type") in FAULTS]
        if faults:
            day = datetime.fromtimestamp(earliest, UTC)
            raise Unavailable(f"Splunk did not finish the search of {day:%Y-%m-%d}: {faults[0].get('text')}")
        if result := found.get("result"):
            yield _held(result)

    def _trouble(self, status: int, body: bytes) -> Unavailable:
        why = BY_STATUS.get(status) or _text_of(body) or "without saying why"
        return Unavailable(f"Splunk's search API at {self._url} answered {status}: {why}")


def query(index: str) -> str:
    """Every event of ours, as its id and what it is; the text of the events stays where it is."""
    kinds = ", ".join(f'"{kind}"' for kind in (CONNECTION, EVENT, STATUS, ALERT))
    where = f'index="{index}" source="{SOURCE}" sourcetype IN ({kinds})'
    return f"search {where} | fields event_id, sourcetype | fields - _raw"


def _held(result: dict[str, Any]) -> Held:
    """A field that is indexed and in the event as well comes twice, as a list."""
    found, kind = result.get("event_id", ""), result.get("sourcetype")
    return Held(ALERTS if kind == ALERT else VERDICTS, EventId(found[0] if isinstance(found, list) else found))


def _text_of(body: bytes) -> str:
    try:
        messages = orjson.loads(body)["messages"]
        return str(messages[0]["text"])
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return ""
