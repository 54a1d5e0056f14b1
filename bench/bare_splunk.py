"""Kafka to the HTTP Event Collector with nothing in between: prebuilt requests by the same client, in parallel."""

import gzip
from pathlib import Path

import urllib3

from bench.bare import Supply, arguments, prepared
from bench.bare_sink import cut, deliver
from schemas.codec import decode
from schemas.topics import ALERTS, VERDICTS
from sinks.sink import Forwarded
from sinks.splunk.http import EVENT
from sinks.splunk.render import render
from sinks.splunk.settings import SplunkSettings


def main() -> None:
    settings, meter, file = arguments()
    splunk = settings.splunk
    assert splunk
    pool = urllib3.PoolManager(maxsize=splunk.requests_in_parallel, retries=False)
    headers = {
        "Authorization": f"Splunk {splunk.token.get_secret_value()}",
        "Content-Type": "application/json",
        **({"Content-Encoding": "gzip"} if splunk.gzip else {}),
    }

    def send(body: bytes) -> None:
        packed = gzip.compress(body, 1) if splunk.gzip else body
        response = pool.request("POST", splunk.urls[0] + EVENT, body=packed, headers=headers)
        assert response.status == 200, response.data

    supplies = {topic: _requests(file, topic, splunk) for topic in (VERDICTS, ALERTS)}
    deliver("splunk", settings, meter, supplies=supplies, send=send, parallel=splunk.requests_in_parallel)


def _requests(file: Path, topic: str, settings: SplunkSettings) -> Supply[bytes]:
    contents = [decode(record.type, record.value) for record in prepared(file, (topic,))]
    lines = [render(content, settings.index) for content in contents if isinstance(content, Forwarded)]
    bodies = [b"\n".join(request) for request in cut(lines, settings.batch_events)]
    return Supply(bodies, len(lines))


if __name__ == "__main__":
    main()
