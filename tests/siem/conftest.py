"""The vendors' own tools, fetched once; and a real Elasticsearch that holds all samples."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch as Client

from dev.content import tools
from dev.elasticsearch import Elasticsearch
from runtime.metrics import Metrics
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.elastic.templates import install
from tests.missing import or_give_up
from tests.siem.searching import Search, searching
from tests.siem.sigma_samples import ALERTS, OTHERS
from tests.unit.sinks.samples import parcel


@pytest.fixture(scope="session")
def promtool() -> Path:
    return or_give_up(tools.promtool)


@pytest.fixture(scope="session")
def sigma_tool() -> Path:
    return or_give_up(tools.sigma)


@pytest.fixture(scope="session")
def esql() -> Path:
    return or_give_up(tools.esql)


@pytest.fixture(scope="session")
def appinspect() -> Path:
    return or_give_up(tools.appinspect)


@pytest.fixture(scope="session")
def ecs_search(elasticsearch: Elasticsearch) -> Iterator[Search]:
    """Lucene over all samples, delivered by the sink into data streams of its templates."""
    namespace = uuid.uuid4().hex[:12]
    settings = ElasticSettings.model_validate({"url": elasticsearch.url, "namespace": namespace})
    install(settings)
    sink = ElasticSink(settings, Metrics("elastic"))
    outcome = sink.send([parcel(content) for content in (*ALERTS, *OTHERS)])
    sink.close()
    assert (outcome.rejected, outcome.deferred) == ([], [])
    with Client(elasticsearch.url, request_timeout=30) as client:
        yield searching(client, f"logs-ibmi.*-{namespace}")
