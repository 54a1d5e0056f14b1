"""The local Elasticsearch is a real one: data streams, conflicts, the failure store, crashes, back-pressure."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import ApiError, ConflictError
from elasticsearch import Elasticsearch as Client

from dev.elasticsearch import Elasticsearch
from dev.part import free_port

GOOD = {"@timestamp": "2026-03-01T12:00:00Z", "port": 23}
BAD = {"@timestamp": "2026-03-01T12:00:00Z", "port": "telnet"}


@pytest.fixture
def client(elasticsearch: Elasticsearch) -> Iterator[Client]:
    with Client(elasticsearch.url, request_timeout=30) as client:
        yield client


@pytest.fixture
def stream(client: Client) -> str:
    """A data stream with a numeric port and a failure store."""
    name = f"logs-dev-{uuid4().hex[:8]}"
    client.indices.put_index_template(
        name=name,
        index_patterns=[name],
        priority=500,
        data_stream={},
        template={
            "settings": {"number_of_replicas": 0},
            "mappings": {"properties": {"@timestamp": {"type": "date"}, "port": {"type": "integer"}}},
            "data_stream_options": {"failure_store": {"enabled": True}},
        },
    )
    return name


def test_the_version_is_the_one_that_clients_expect(client: Client) -> None:
    assert client.info()["version"]["number"] == "9.5.3"


def test_creating_one_id_twice_in_a_data_stream_is_a_conflict(client: Client, stream: str) -> None:
    client.create(index=stream, id="a", document=GOOD)

    with pytest.raises(ConflictError) as conflict:
        client.create(index=stream, id="a", document=GOOD)

    assert conflict.value.error == "version_conflict_engine_exception"


def test_a_document_that_does_not_fit_goes_to_the_failure_store(client: Client, stream: str) -> None:
    answer = client.bulk(operations=[{"create": {"_index": stream, "_id": "b"}}, BAD])

    item = answer["items"][0]["create"]
    assert (answer["errors"], item["status"], item["failure_store"]) == (False, 201, "used")


def test_documents_survive_a_kill(elasticsearch: Elasticsearch, client: Client, stream: str) -> None:
    client.create(index=stream, id="kept", document=GOOD)

    elasticsearch.kill()
    ended = elasticsearch.pid is None
    elasticsearch.start()

    assert ended
    with pytest.raises(ConflictError):
        client.create(index=stream, id="kept", document=GOOD)


@pytest.mark.usefixtures("elasticsearch")
def test_settings_of_the_node_provoke_back_pressure(tmp_path: Path) -> None:
    narrow = Elasticsearch(port=free_port(), data=tmp_path, settings={"indexing_pressure.memory.limit": "10kb"})

    with narrow, Client(narrow.url, request_timeout=30) as client, pytest.raises(ApiError) as refused:
        client.bulk(index="any", operations=[{"create": {}}, {"text": "x" * 20_000}])

    assert refused.value.status_code == 429
