"""Events into Elasticsearch through its bulk API, into data streams, under our own ids."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from elastic_transport import ApiResponseMeta
from elasticsearch import ApiError, UnsupportedProductError

from runtime.flow import Outcome
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from sinks.addresses import named
from sinks.courier import Courier
from sinks.elastic.check import check
from sinks.elastic.client import connect, foreign, translated, where
from sinks.elastic.judge import judge
from sinks.elastic.readiness import Readiness
from sinks.elastic.render import operation
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.streams import Streams
from sinks.judgement import Judgement
from sinks.sink import Parcel

NAME = "elastic"
PRODUCT_HEADER, PRODUCT = "X-Elastic-Product", "Elasticsearch"
# what the judgement needs; without it an answer repeats index and id of every document
FILTER_PATH = ("errors", "items.*.status", "items.*.error", "items.*.failure_store")


class ElasticSink:
    """Accepted is what the answer says was created, item by item, or was there already under the same id."""

    def __init__(self, settings: ElasticSettings, metrics: Metrics, beat: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._metrics = metrics
        self._streams = Streams.of(settings.namespace)
        self._client = connect(settings)
        self._readiness = Readiness(self._client, self._streams.names)
        self._courier = Courier(self._post, settings, beat)

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        now = datetime.now(UTC)
        of = self._streams.of_content
        return self._courier.deliver((record, operation(content, of(content), now)) for record, content in parcels)

    def check(self) -> str:
        """Asks for each node, for what the login may do, for the data streams and for our templates."""
        return check(self._settings, self._streams.names)

    def close(self) -> None:
        self._courier.close()
        self._client.close()

    def _post(self, bodies: Sequence[bytes]) -> Judgement:
        with translated(self._settings):
            self._readiness.require()
        started = time.monotonic()
        code = "none"
        try:
            with translated(self._settings):
                meta, body = self._bulk(bodies)
            code = str(meta.status)
        finally:
            self._metrics.request_seconds.observe(time.monotonic() - started)
            self._metrics.request(NAME, code)
        node = where(meta, self._settings)
        if meta.status == 200 and meta.headers.get(PRODUCT_HEADER) != PRODUCT:
            return Judgement(trouble=foreign(node))
        judgement = judge(meta.status, meta.headers, body, len(bodies))
        if judgement.trouble is not None and meta.status != 200:  # what is wrong with items is the whole cluster's
            return replace(judgement, trouble=named(judgement.trouble, node, self._settings.urls))
        self._metrics.duplicates.inc(judgement.duplicates)
        return judgement

    def _bulk(self, bodies: Sequence[bytes]) -> tuple[ApiResponseMeta, object]:
        """The answer, whatever its status. The client takes prebuilt lines, though its signature speaks of objects."""
        try:
            response = self._client.bulk(
                operations=cast(Sequence[Mapping[str, Any]], bodies), require_data_stream=True, filter_path=FILTER_PATH
            )
        except UnsupportedProductError:
            raise
        except ApiError as error:
            return error.meta, error.body
        return response.meta, response.body
