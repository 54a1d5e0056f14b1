"""The Elasticsearch sink against a real node: what only it can show."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch as Client

from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.part import free_port
from runtime.errors import Unavailable
from runtime.metrics import Metrics
from schemas.records import EventId, changed
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.elastic.templates import CUSTOM, NAME, PACKAGE, install, look
from sinks.sink import Parcel
from tests.unit.sinks.samples import SAMPLES, VERDICT, parcel, verdict


class Bench:
    """A namespace of its own in one node, and sinks that are closed at the end."""

    def __init__(self, node: Elasticsearch) -> None:
        self.node = node
        self.namespace = uuid.uuid4().hex[:12]
        self.metrics = Metrics("elastic")
        self.client = Client(node.url, request_timeout=30)
        self._sinks: list[ElasticSink] = []

    @property
    def settings(self) -> ElasticSettings:
        return ElasticSettings.model_validate({"url": self.node.url, "namespace": self.namespace})

    @property
    def stream(self) -> str:
        return f"logs-ibmi.connection-{self.namespace}"

    def sink(self, **changes: object) -> ElasticSink:
        settings = ElasticSettings.model_validate({"url": self.node.url, "namespace": self.namespace, **changes})
        self._sinks.append(ElasticSink(settings, self.metrics))
        return self._sinks[-1]

    def template(self, template: dict[str, object], data_stream: dict[str, object] | None = None) -> None:
        """One of higher priority than ours, for this namespace only."""
        self.client.indices.put_index_template(
            name=f"test-{self.namespace}",
            index_patterns=[f"logs-ibmi.*-{self.namespace}"],
            priority=500,
            data_stream=data_stream or {},
            template=template,
        )

    def ids(self) -> list[str]:
        self.client.indices.refresh(index=f"logs-ibmi.*-{self.namespace}")
        hits = self.client.search(index=f"logs-ibmi.*-{self.namespace}", size=1000)["hits"]["hits"]
        return sorted(hit["_id"] for hit in hits)

    def close(self) -> None:
        for sink in self._sinks:
            sink.close()
        self.client.close()


@pytest.fixture
def bench(elasticsearch: Elasticsearch) -> Iterator[Bench]:
    made = Bench(elasticsearch)
    yield made
    made.close()


def parcels(count: int) -> list[Parcel]:
    return [parcel(verdict(number), offset=number) for number in range(count)]


def ids(of: list[Parcel]) -> list[str]:
    return [one.content.id for one in of]


@pytest.mark.parametrize("compress", [True, False], ids=["compressed", "plain"])
def test_every_kind_of_event_can_be_searched_for(bench: Bench, compress: bool) -> None:
    install(bench.settings)
    contents = {content.id: content for content in SAMPLES.values()}

    outcome = bench.sink(http_compress=compress).send([parcel(content) for content in contents.values()])

    assert (outcome.rejected, outcome.deferred) == ([], [])
    assert bench.ids() == sorted(contents)


def test_our_template_makes_addresses_and_words_searchable(bench: Bench) -> None:
    install(bench.settings)
    bench.sink().send([parcel(VERDICT)])
    bench.client.indices.refresh(index=bench.stream)

    wanted = [
        {"term": {"source.ip": "10.9.8.0/24"}},
        {"term": {"ibmi.verdict.reason": "cleartext-port"}},
        # these have no index of their own and are found by their values
        {"term": {"ibmi.journal.sequence": VERDICT.sequence}},
        {"range": {"event.sequence": {"gte": int(VERDICT.sequence)}}},
        {"prefix": {"ibmi.verdict.advice": "Move this client"}},
    ]
    found = bench.client.search(index=bench.stream, query={"bool": {"filter": wanted}})

    assert found["hits"]["total"]["value"] == 1


def test_an_event_sent_again_is_accepted_counted_and_stored_once(bench: Bench) -> None:
    install(bench.settings)
    sink, sent = bench.sink(), parcels(10)
    sink.send(sent[:4])

    outcome = sink.send(sent)

    assert (outcome.rejected, outcome.deferred) == ([], [])
    assert bench.metrics.value("sink_duplicates_total") == 4
    assert bench.ids() == ids(sent)


def test_what_went_to_the_failure_store_is_a_rejection(bench: Bench) -> None:
    bench.template(
        {
            "mappings": {"properties": {"network": {"properties": {"application": {"type": "long"}}}}},
            "data_stream_options": {"failure_store": {"enabled": True}},
        }
    )
    sent = parcels(5)
    sent[2] = parcel(verdict(2, service="telnet"))

    outcome = bench.sink().send(sent)

    assert [(one.item, one.reason.code) for one in outcome.rejected] == [(sent[2].record, "failure-store")]
    assert bench.ids() == ids(sent[:2] + sent[3:])


def test_an_id_that_no_document_can_have_is_rejected_alone(bench: Bench) -> None:
    install(bench.settings)
    sent = parcels(5)
    sent[1] = parcel(changed(verdict(1), id=EventId("x" * 600)))

    outcome = bench.sink().send(sent)

    assert [rejection.item for rejection in outcome.rejected] == [sent[1].record]
    assert bench.ids() == ids(sent[:1] + sent[2:])


def test_a_missing_template_holds_and_says_what_to_do(tmp_path: Path) -> None:
    with Elasticsearch(free_port(), tmp_path) as bare:
        own = Bench(bare)
        before = [part.state for part in look(own.settings)]
        with pytest.raises(Unavailable, match="sk2siem init"):
            own.sink().check()
        with pytest.raises(Unavailable, match="sk2siem init") as held:
            own.sink().send(parcels(3))
        installed = [part.state for part in install(own.settings)]
        after = [part.state for part in look(own.settings)]
        said = own.sink().check()
        own.sink().send(parcels(3))
        stored = own.ids()
        own.close()

    assert (before, installed, after) == (["missing"] * 2, ["missing"] * 2, ["ok"] * 2)
    assert held.value.retry_after == 30.0
    assert own.stream in said
    assert stored == ids(parcels(3))


def test_a_stock_template_makes_no_stream_before_ours_is_there(tmp_path: Path) -> None:
    with Elasticsearch(free_port(), tmp_path) as bare:
        own = Bench(bare)
        with_stock_template(own)
        sink = own.sink()
        with pytest.raises(Unavailable, match="run `sk2siem init elastic`"):
            sink.send(parcels(3))
        before = own.client.indices.resolve_index(name="logs-*", expand_wildcards="all")["data_streams"]
        install(own.settings)
        outcome = sink.send(parcels(3))
        stored = own.ids()
        (mapped,) = own.client.indices.get_mapping(index=own.stream, expand_wildcards="all").values()
        own.close()

    assert list(before) == []
    assert (outcome.rejected, outcome.deferred) == ([], [])
    assert stored == ids(parcels(3))
    assert mapped["mappings"]["properties"]["source"]["properties"]["ip"]["type"] == "ip"


def test_a_stream_that_a_stock_template_made_has_to_begin_anew(tmp_path: Path) -> None:
    with Elasticsearch(free_port(), tmp_path) as bare:
        own = Bench(bare)
        with_stock_template(own)
        document = {"@timestamp": "2026-11-22T02:15:00Z", "source": {"ip": "10.9.8.7"}}
        own.client.index(index=own.stream, document=document, op_type="create")
        install(own.settings)
        with pytest.raises(Unavailable) as wrong:
            own.sink().check()
        own.client.indices.rollover(alias=own.stream)
        said = own.sink().check()
        own.close()

    assert str(wrong.value) == (
        f"source.ip of {own.stream} is text, no address: another template made it; "
        f"let it begin anew with ours (POST {own.stream}/_rollover)"
    )
    assert own.stream in said


def with_stock_template(bench: Bench) -> None:
    """One that makes every `logs-*-*` a data stream in which addresses are text."""
    text = {"mappings": {"properties": {"source": {"properties": {"ip": {"type": "text"}}}}}}
    bench.client.indices.put_index_template(
        name="logs", index_patterns=["logs-*-*"], priority=100, data_stream={}, template=text
    )


def test_small_limits_of_a_node_halve_requests_and_reject_only_what_is_too_large_alone(tmp_path: Path) -> None:
    sent = parcels(8)
    sent[5] = parcel(changed(verdict(5), advice="x" * 40_000))

    with Elasticsearch(free_port(), tmp_path, settings={"http.max_content_length": "8kb"}) as narrow:
        own = Bench(narrow)
        install(own.settings)
        outcome = own.sink(http_compress=False).send(sent)
        stored = own.ids()
        own.close()

    assert [(one.item, one.reason.code) for one in outcome.rejected] == [(sent[5].record, "too-large")]
    assert stored == ids(sent[:5] + sent[6:])


def test_back_pressure_holds(tmp_path: Path) -> None:
    with Elasticsearch(free_port(), tmp_path, settings={"indexing_pressure.memory.limit": "10kb"}) as narrow:
        own = Bench(narrow)
        install(own.settings)
        with pytest.raises(Unavailable, match="429") as held:
            own.sink().send(parcels(20))
        own.close()

    assert held.value.retry_after is None


def test_a_node_that_dies_holds_and_nothing_is_lost_or_doubled(bench: Bench) -> None:
    install(bench.settings)
    sink, sent = bench.sink(batch_events=7), parcels(30)
    sink.send(sent[:15])

    bench.node.kill()
    try:
        with pytest.raises(Unavailable, match="cannot be reached"):
            sink.send(sent)
    finally:
        bench.node.start()
    outcome = sink.send(sent)

    assert (outcome.rejected, outcome.deferred) == ([], [])
    assert bench.ids() == ids(sent)


def test_what_is_not_elasticsearch_is_named(bench: Bench, hec: Hec) -> None:
    sink = bench.sink(url=f"{hec.url}/services/collector/health")

    with pytest.raises(Unavailable, match="SK2SIEM_ELASTIC__URL"):
        sink.check()
    with pytest.raises(Unavailable, match="SK2SIEM_ELASTIC__URL"):
        sink.send(parcels(1))


def test_our_templates_set_the_life_cycle_the_failure_store_and_the_types(bench: Bench) -> None:
    install(bench.settings)
    bench.sink().send([parcel(content) for content in SAMPLES.values()])

    stored = bench.client.indices.get_index_template(name=NAME)["index_templates"][0]["index_template"]["template"]
    mapped = bench.client.indices.get_mapping(index=bench.stream, expand_wildcards="all")
    (properties,) = [index["mappings"]["properties"] for index in mapped.values()]
    assert stored["lifecycle"]["data_retention"] == "90d"
    assert stored["data_stream_options"]["failure_store"]["enabled"] is True
    assert properties["source"]["properties"]["ip"]["type"] == "ip"
    assert properties["ibmi"]["properties"]["status"]["properties"]["lag_seconds"]["type"] == "float"


def test_what_somebody_changed_is_mended_but_the_operators_own_component_is_never_written(tmp_path: Path) -> None:
    with Elasticsearch(free_port(), tmp_path) as bare:
        own = Bench(bare)
        template = {"settings": {"index.number_of_replicas": 2}}
        own.client.cluster.put_component_template(name=CUSTOM, template=template)
        install(own.settings)
        own.client.cluster.put_component_template(name=PACKAGE, template={"settings": {}})
        found = [part.state for part in look(own.settings)]
        install(own.settings)
        after = [part.state for part in look(own.settings)]
        simulated = own.client.indices.simulate_index_template(name=own.stream)["template"]["settings"]["index"]
        kept = own.client.cluster.get_component_template(name=CUSTOM)["component_templates"][0]["component_template"]
        own.close()

    assert (found, after) == (["differs", "ok"], ["ok", "ok"])
    assert simulated["number_of_replicas"] == "2"
    assert kept["template"]["settings"]["index"]["number_of_replicas"] == "2"
