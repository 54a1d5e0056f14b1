"""An hour in which a SIEM takes nothing, on a clock that moves only while the loop waits: it costs the hour alone."""

import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from runtime.backoff import Backoff
from runtime.metrics import Metrics
from runtime.ops import OpsServer
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.file.settings import FileSettings
from sinks.file.sink import FileSink
from sinks.sink import Sink
from sinks.splunk.judge import OPERATOR_SECONDS
from tests.contracts.siems import full_disk
from tests.fakes.elastic_node import Fault, ItemFault, RequestFault, elastic_node
from tests.integration.rows import Ran, assert_each_has_its_fate, run
from tests.integration.test_splunk_rows import Double, double

__all__ = ["double"]

MINUTE, HOUR = 60.0, 3600.0
EVENTS = 100
LOOK_SECONDS = 0.2
EVERY = tuple(range(EVENTS))
OURS, PERSON = Backoff().longest + LOOK_SECONDS, OPERATOR_SECONDS + LOOK_SECONDS
"""One step: the longest wait of the loop itself, and the wait where a person has to act."""


@dataclass
class Watch:
    """Begins the fault, ends it after an hour, and asks the probes every minute in between."""

    begin_fault: Callable[[], None]
    end_fault: Callable[[], None]
    began: float | None = None
    healed: float | None = None
    said: set[str] = field(default_factory=set)
    alive: set[int] = field(default_factory=set)
    due: float = 0.0
    _ops: OpsServer | None = None

    def look(self, ran: Ran) -> None:
        if self._ops is None:
            self._ops, self.began = OpsServer("127.0.0.1", 0, ran.health, ran.metrics), ran.clock.now
        if self.healed is None and ran.clock.now >= self.due:
            self.due = ran.clock.now + MINUTE
            self.alive.add(_get(self._ops.port, "/livez")[0])
            status, text = _get(self._ops.port, "/readyz")
            self.said.add(f"{status} {text}")
            assert self.began is not None
            if ran.clock.now >= self.began + HOUR:
                self.end_fault()
                self.healed = ran.clock.now

    def close(self) -> None:
        if self._ops is not None:
            self._ops.close()


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def last_an_hour(
    sink: Sink, metrics: Metrics, watch: Watch, stored: Callable[[], list[str]], says: str, step: float
) -> None:
    with closing(watch):
        ran = run(sink, metrics, watch.begin_fault, after_wait=watch.look, events=EVENTS)
    sink.close()

    assert_each_has_its_fate(ran, stored(), copies=False)
    assert ran.dead.total() == 0
    assert watch.alive == {200}
    assert all(one.startswith("503 stage: ") and says in one for one in watch.said)
    assert ran.health.troubles == {}
    assert watch.healed is not None
    assert ran.clock.now - watch.healed <= step
    assert len(ran.lines) == 1, ran.said()


@pytest.mark.parametrize(
    ("fault", "says", "step"),
    [
        pytest.param({"code": 2}, "SK2SIEM_SPLUNK__TOKEN", PERSON, id="401"),
        pytest.param({"code": 1}, "enable the token", PERSON, id="a disabled token"),
        pytest.param({"code": 7, "number": 1}, "SK2SIEM_SPLUNK__INDEX", PERSON, id="a wrong index"),
        pytest.param({"code": 18}, "queues are full", OURS, id="a full disk behind it"),
        pytest.param({"html": 200}, "is a proxy in the way?", PERSON, id="a page of a proxy with 200"),
        pytest.param({"html": 503}, "is a proxy in the way?", OURS, id="a page of a proxy with 503"),
        pytest.param({"reset": True}, "broke the connection off", OURS, id="torn connections"),
    ],
)
def test_splunk(double: Double, fault: dict[str, object], says: str, step: float) -> None:
    metrics = Metrics("splunk")
    watch = Watch(lambda: double.fault(times=None, **fault), double.heal)

    last_an_hour(double.sink(metrics), metrics, watch, double.ids, says, step)


@pytest.mark.parametrize(
    ("fault", "says", "step"),
    [
        pytest.param(RequestFault(401, "security_exception", times=None), "SK2SIEM_ELASTIC__API_KEY", PERSON, id="401"),
        pytest.param(
            ItemFault(EVERY, 404, "index_not_found_exception", times=None), "sk2siem init", PERSON, id="no index"
        ),
        pytest.param(
            ItemFault(EVERY, 403, "cluster_block_exception", times=None), "is the disk full", PERSON, id="a full disk"
        ),
        pytest.param(
            RequestFault(page=True, times=None), "is not Elasticsearch", PERSON, id="a page of a proxy with 200"
        ),
        pytest.param(RequestFault(502, page=True, times=None), "502", OURS, id="a page of a proxy with 502"),
        pytest.param(
            ItemFault(EVERY, 503, "unavailable_shards_exception", times=None), "unavailable", OURS, id="red shards"
        ),
    ],
)
def test_elastic(fault: Fault, says: str, step: float) -> None:
    metrics = Metrics("elastic")
    with elastic_node() as node:
        watch = Watch(lambda: node.fault(fault), node.heal)
        sink = ElasticSink(ElasticSettings(url=node.url, batch_events=EVENTS, http_compress=False), metrics)

        last_an_hour(sink, metrics, watch, lambda: list(node.documents), says, step)


def test_elastic_without_our_template() -> None:
    """From the first document on; all of them come to a cluster that is prepared."""
    metrics = Metrics("elastic")
    with elastic_node() as node:
        ours = dict(node.templates)
        node.templates.clear()
        watch = Watch(lambda: None, lambda: node.templates.update(ours))
        sink = ElasticSink(ElasticSettings(url=node.url, batch_events=EVENTS, http_compress=False), metrics)

        last_an_hour(sink, metrics, watch, lambda: list(node.documents), "run `sk2siem init elastic`", PERSON)


def test_a_full_disk_under_files(tmp_path: Path) -> None:
    metrics, fault = Metrics("file"), ExitStack()
    watch = Watch(lambda: fault.enter_context(full_disk()), fault.close)

    def stored() -> list[str]:
        return [orjson.loads(line)["id"] for line in (tmp_path / "verdicts.ndjson").read_bytes().splitlines()]

    last_an_hour(FileSink(FileSettings(path=str(tmp_path))), metrics, watch, stored, "cannot write to", OURS)
