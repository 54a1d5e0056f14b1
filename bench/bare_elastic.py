"""Kafka to Elasticsearch with nothing in between: prebuilt bulk requests by the same client, in parallel."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from bench.bare import Supply, arguments, prepared
from bench.bare_sink import cut, deliver
from schemas.codec import decode
from schemas.topics import ALERTS, VERDICTS
from sinks.elastic.client import connect
from sinks.elastic.render import operation
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import FILTER_PATH
from sinks.elastic.streams import Streams
from sinks.sink import Forwarded


def main() -> None:
    settings, meter, file = arguments()
    elastic = settings.elastic
    assert elastic
    client = connect(elastic)

    def send(lines: Sequence[bytes]) -> None:
        operations = cast(Sequence[Mapping[str, Any]], lines)
        answer = client.bulk(operations=operations, require_data_stream=True, filter_path=FILTER_PATH)
        assert not answer["errors"], answer

    supplies = {topic: _requests(file, topic, elastic) for topic in (VERDICTS, ALERTS)}
    deliver("elastic", settings, meter, supplies=supplies, send=send, parallel=elastic.requests_in_parallel)


def _requests(file: Path, topic: str, settings: ElasticSettings) -> Supply[Sequence[bytes]]:
    contents = [decode(record.type, record.value) for record in prepared(file, (topic,))]
    streams, now = Streams.of(settings.namespace), datetime.now(UTC)
    wanted = [content for content in contents if isinstance(content, Forwarded)]
    lines = [operation(content, streams.of_content(content), now) for content in wanted]
    return Supply([[b"".join(request)] for request in cut(lines, settings.batch_events)], len(lines))


if __name__ == "__main__":
    main()
