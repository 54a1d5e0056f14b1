"""Each answer that a bulk request can get, over a real socket, in the middle of ten thousand documents."""

from collections.abc import Iterator

import pytest

from dev.certificates import Certificates
from runtime.metrics import Metrics
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from tests.fakes.elastic_node import ElasticNode, elastic_node
from tests.integration.elastic_rows import ROWS
from tests.integration.rows import assert_each_has_its_fate, run, way


@pytest.fixture
def node() -> Iterator[ElasticNode]:
    with elastic_node() as made:
        yield made


def sink(node: ElasticNode, metrics: Metrics, **changes: object) -> ElasticSink:
    usual = {"url": node.url, "http_compress": False}
    return ElasticSink(ElasticSettings.model_validate({**usual, **changes}), metrics)


@pytest.mark.parametrize("name", ROWS)
def test_each_document_has_its_fate_and_the_operator_one_line(
    node: ElasticNode, certificates: Certificates, name: str
) -> None:
    row, metrics = ROWS[name], Metrics("elastic")
    with way(node.port, certificates, over_tls=row.over_tls) as there:
        ours = sink(node, metrics, **there, **row.settings)

        ran = run(ours, metrics, lambda: node.fault(*row.after, row.fault))
        ours.close()

    assert_each_has_its_fate(ran, list(node.documents), copies=False)
    assert (ran.dead.total(), *ran.reasons) == (row.dead or (0,))
    assert metrics.value("requests_total", sink="elastic", code=row.code) >= 1
    assert metrics.value("sink_duplicates_total") == row.duplicates
    assert row.again is None or node.received.total() - ran.events == row.again
    assert len(ran.lines) == (1 if row.says else 0), ran.said()
    assert row.says in ran.said()
