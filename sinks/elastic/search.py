"""What Elasticsearch holds of our records: the ids of the documents in our data streams."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from elasticsearch import ApiError, AuthorizationException, NotFoundError

from runtime.errors import Unavailable
from schemas.records import EventId
from schemas.topics import ALERTS, VERDICTS
from sinks.elastic.client import connect, translated
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.streams import Streams
from sinks.search import Held

PAGE = 5_000
KEEP_ALIVE = "2m"
NOT_REFRESHED_SECONDS = 30.0
"""How long a document can stay invisible to a search (the longest refresh interval that the stock templates set)."""


class ElasticSearch:
    """Pages through a point in time, so that what is written meanwhile changes nothing."""

    def __init__(self, settings: ElasticSettings) -> None:
        self.settle_seconds = NOT_REFRESHED_SECONDS
        self._settings = settings
        self._streams = Streams.of(settings.namespace)
        self._client = connect(settings)

    def held(self, since: datetime, until: datetime) -> Iterator[Held]:
        """See `sinks.search.Search`."""
        self._refresh()
        for topic, stream in ((VERDICTS, self._streams.connection), (ALERTS, self._streams.alert)):
            yield from (Held(topic, found) for found in self._ids(stream.name, since, until))

    def close(self) -> None:
        self._client.close()

    def _refresh(self) -> None:
        """Makes visible what was taken; without the right to do so it has to be waited for."""
        with translated(self._settings), suppress(AuthorizationException):
            self._client.indices.refresh(index=list(self._streams.names), ignore_unavailable=True)
            self.settle_seconds = 0.0

    def _ids(self, stream: str, since: datetime, until: datetime) -> Iterator[EventId]:
        with _reading(self._settings):
            point = self._point_in_time(stream)
        if point is None:
            return
        try:
            after: list[Any] | None = None
            while True:
                with _reading(self._settings):
                    answer = self._page(point, since, until, after)
                if answer["_shards"]["failed"]:
                    raise Unavailable(f"Elasticsearch searched {stream} in part only: see why shards fail")
                hits = answer["hits"]["hits"]
                yield from (EventId(hit["_id"]) for hit in hits)
                if len(hits) < PAGE:
                    return
                after, point = hits[-1]["sort"], answer["pit_id"]
        finally:
            self._let_go(point)

    def _point_in_time(self, stream: str) -> str | None:
        """None where there is no such data stream."""
        try:
            found: str = self._client.open_point_in_time(index=stream, keep_alive=KEEP_ALIVE)["id"]
        except NotFoundError:
            return None
        return found

    def _page(self, point: str, since: datetime, until: datetime, after: list[Any] | None) -> Any:
        time = {"gte": since.isoformat(), "lte": until.isoformat()}
        return self._client.search(
            pit={"id": point, "keep_alive": KEEP_ALIVE},
            query={"range": {"@timestamp": time}},
            sort=[{"_shard_doc": "asc"}],
            search_after=after,
            size=PAGE,
            source=False,
            track_total_hits=False,
            allow_partial_search_results=False,
        )

    def _let_go(self, point: str) -> None:
        try:
            self._client.close_point_in_time(id=point)
        except ApiError:
            """It ends by itself."""


@contextmanager
def _reading(settings: ElasticSettings) -> Iterator[None]:
    """Raises Unavailable, for a login that may only write in words of its own."""
    with translated(settings):
        try:
            yield
        except AuthorizationException as error:
            raise Unavailable("the login may not search: it needs `read` on logs-ibmi.*-*") from error
