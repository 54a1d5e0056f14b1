"""`python -m bench.bare_raw SINK ENTRIES`: a bare program as somebody would write it: each value goes out as it is.

The same Kafka client, the same client of the SIEM, requests of the same size and as many in parallel, and no thought
for what a SIEM answers about one event. It begins where its group left off.
"""

import gzip
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import urllib3
from kafka import KafkaConsumer
from kafka.errors import NoOffsetForPartitionError

from bench.bare import offsets_of
from bench.bare_sink import cut
from bench.meter import Meter
from bench.stock import clients
from cli.settings import Settings, load
from runtime.kafka.client import REQUEST_TIMEOUT_MS
from schemas.topics import ALERTS, VERDICTS
from sinks.elastic.client import connect
from sinks.elastic.settings import ElasticSettings
from sinks.splunk.http import EVENT
from sinks.splunk.settings import SplunkSettings

Send = Callable[[Sequence[bytes]], None]
CREATE = b'{"create":{}}'


def index_of(settings: ElasticSettings) -> str:
    """Where raw values go: an index of their own, beside our data streams."""
    return f"bench-{settings.namespace}"


def main() -> None:
    name, meter, settings = sys.argv[1], Meter(int(sys.argv[2])), load(os.environ)
    sink = settings.elastic if name == "elastic" else settings.splunk
    assert sink
    send = _to_elastic(sink) if isinstance(sink, ElasticSettings) else _to_splunk(sink)
    consumer = _member(settings, f"raw-{name}")
    with ThreadPoolExecutor(sink.requests_in_parallel) as threads:
        while not meter.done:
            polled = consumer.poll(200)
            if not polled:
                continue
            meter.begin()
            values = [record.value for part in polled.values() for record in part]
            list(threads.map(send, cut(values, sink.batch_events)))
            consumer.commit(offsets_of(polled), timeout_ms=REQUEST_TIMEOUT_MS)
            meter.settle(sum(len(part) for place, part in polled.items() if place.topic == VERDICTS))
    meter.report()


def _member(settings: Settings, group: str) -> KafkaConsumer:
    consumer = clients(settings).member(f"sk2siem.{group}", settings.loop.batch_size)
    consumer.subscribe([VERDICTS, ALERTS])
    while not consumer.assignment():
        try:
            consumer.poll(200)
        except NoOffsetForPartitionError:
            break
    fresh = [
        place for place in consumer.assignment() if consumer.committed(place, timeout_ms=REQUEST_TIMEOUT_MS) is None
    ]
    if fresh:
        consumer.seek_to_beginning(*fresh)
    return consumer


def _to_elastic(settings: ElasticSettings) -> Send:
    client, index = connect(settings), index_of(settings)

    def send(values: Sequence[bytes]) -> None:
        lines = [b"%b\n%b\n" % (CREATE, value) for value in values]
        answer = client.bulk(index=index, operations=cast(Sequence[Mapping[str, Any]], lines), filter_path="errors")
        assert not answer["errors"], answer

    return send


def _to_splunk(settings: SplunkSettings) -> Send:
    pool = urllib3.PoolManager(maxsize=settings.requests_in_parallel, retries=False)
    headers = {
        "Authorization": f"Splunk {settings.token.get_secret_value()}",
        "Content-Type": "application/json",
        **({"Content-Encoding": "gzip"} if settings.gzip else {}),
    }

    def send(values: Sequence[bytes]) -> None:
        body = b"\n".join(b'{"event":%b}' % value for value in values)
        packed = gzip.compress(body, 1) if settings.gzip else body
        answer = pool.request("POST", settings.urls[0] + EVENT, body=packed, headers=headers)
        assert answer.status == 200, answer.data

    return send


if __name__ == "__main__":
    main()
