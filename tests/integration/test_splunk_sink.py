"""The Splunk sink against the double of Splunk's collector: every answer that it can give, over a real socket."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import urllib3

from dev.hec import ACK_TOKEN, DISABLED_TOKEN, LIMITED_TOKEN, TOKEN, Hec
from dev.part import free_port
from runtime.errors import Unavailable
from runtime.metrics import Metrics
from schemas.records import changed
from sinks.sink import Parcel
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink
from tests.fakes.elastic_node import elastic_node
from tests.unit.sinks.samples import SAMPLES, left, parcel, verdict

BEFORE_THE_EPOCH = datetime(1960, 1, 1, tzinfo=UTC)


class Bench:
    """The double's control path, and sinks that are closed at the end."""

    def __init__(self, hec: Hec) -> None:
        self.hec = hec
        self.metrics = Metrics("splunk")
        self._http = urllib3.PoolManager()
        self._sinks: list[SplunkSink] = []
        for what in ("indexed", "faults", "counts"):
            self._http.request("DELETE", f"{hec.url}/control/{what}")

    def sink(self, **changes: object) -> SplunkSink:
        settings = SplunkSettings.model_validate({"url": self.hec.url, "token": TOKEN, "timeout_seconds": 5, **changes})
        self._sinks.append(SplunkSink(settings, self.metrics))
        return self._sinks[-1]

    def faults(self, *faults: dict[str, object]) -> None:
        answer = self._http.request("POST", f"{self.hec.url}/control/faults", body=json.dumps(faults))
        assert answer.status == 200

    def indexed(self) -> list[dict[str, object]]:
        lines = self._http.request("GET", f"{self.hec.url}/control/indexed").data.splitlines()
        return [orjson.loads(line) for line in lines]

    def ids(self) -> list[object]:
        events = [envelope["event"] for envelope in self.indexed()]
        return [event["event_id"] for event in events if isinstance(event, dict)]

    def close(self) -> None:
        for sink in self._sinks:
            sink.close()
        self._http.clear()


@pytest.fixture
def bench(hec: Hec) -> Iterator[Bench]:
    made = Bench(hec)
    yield made
    made.close()


def parcels(count: int) -> list[Parcel]:
    return [parcel(verdict(number), offset=number) for number in range(count)]


def ids(of: list[Parcel]) -> list[str]:
    return [one.content.id for one in of]


@pytest.mark.parametrize("gzip", [True, False], ids=["compressed", "plain"])
def test_every_kind_of_event_is_indexed_as_it_was_rendered(bench: Bench, gzip: bool) -> None:
    sink = bench.sink(gzip=gzip, index="main")

    outcome = sink.send([parcel(content) for content in SAMPLES.values()])

    assert (outcome.rejected, outcome.deferred) == ([], [])
    assert [envelope["sourcetype"] for envelope in bench.indexed()] == [
        "ibmi:connection",
        "ibmi:connection",
        "ibmi:connection",
        "ibmi:alert",
        "ibmi:alert",
        "ibmi:event",
        "ibmi:event",
        "ibmi:status",
    ]
    assert {envelope["index"] for envelope in bench.indexed()} == {"main"}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"code": code}, id=f"code {code}")
        for code in (1, 2, 3, 4, 8, 9, 10, 11, 14, 16, 18, 19, 20, 21, 22, 23, 26, 27, 28)
    ]
    + [
        pytest.param({"html": 200}, id="a page with 200"),
        pytest.param({"html": 400}, id="a page with 400"),
        pytest.param({"html": 502}, id="a page with 502"),
        pytest.param({"status": 500}, id="500 without a body"),
        pytest.param({"status": 404}, id="404 without a body"),
        pytest.param({"status": 302}, id="a redirect"),
        pytest.param({"status": 503, "code": 6, "number": 1}, id="a blame under 503"),
        pytest.param({"code": 777, "status": 400}, id="an unknown code"),
        pytest.param({"reset": True}, id="a torn connection"),
    ],
)
def test_whatever_does_not_blame_an_event_holds_and_loses_nothing(bench: Bench, fault: dict[str, object]) -> None:
    sink, sent = bench.sink(), parcels(5)
    bench.faults(fault)

    with pytest.raises(Unavailable) as held:
        sink.send(sent)
    during = bench.ids()
    sink.send(sent)

    assert "Splunk" in str(held.value)
    assert during == []
    assert bench.ids() == ids(sent)


@pytest.mark.parametrize("code", [24, 25])
def test_a_queue_that_is_nearly_full_has_taken_everything(bench: Bench, code: int) -> None:
    sink, sent = bench.sink(), parcels(5)
    bench.faults({"code": code})

    sink.send(sent)

    assert bench.ids() == ids(sent)


@pytest.mark.parametrize("fault", [{"reset": True, "takes": 3}, {"status": 500, "takes": 3}], ids=["torn", "500"])
def test_an_unknown_outcome_is_sent_again_under_the_same_ids(bench: Bench, fault: dict[str, object]) -> None:
    sink, sent = bench.sink(), parcels(5)
    bench.faults(fault)

    with pytest.raises(Unavailable):
        sink.send(sent)
    sink.send(sent)

    assert bench.ids() == ids(sent)[:3] + ids(sent)


def test_an_answer_that_does_not_come_in_time_holds(bench: Bench) -> None:
    sink, sent = bench.sink(timeout_seconds=0.2), parcels(2)
    bench.faults({"delay_seconds": 2})

    with pytest.raises(Unavailable, match="did not answer in time"):
        sink.send(sent)


def test_retry_after_reaches_the_loop(bench: Bench) -> None:
    bench.faults({"code": 26, "retry_after": 7})

    with pytest.raises(Unavailable) as held:
        bench.sink().send(parcels(2))

    assert held.value.retry_after == 7.0


def test_a_blame_without_a_number_finds_the_culprit_by_halving(bench: Bench) -> None:
    sink, sent = bench.sink(), parcels(8)
    bench.faults({"code": 6}, {"code": 6}, {"code": 6}, {"code": 6})

    outcome = sink.send(sent)

    assert [rejection.item for rejection in outcome.rejected] == [sent[0].record]
    assert bench.ids() == ids(sent)[1:]


def test_a_wrong_index_holds_and_names_the_setting(bench: Bench) -> None:
    with pytest.raises(Unavailable, match="SK2SIEM_SPLUNK__INDEX") as held:
        bench.sink(token=LIMITED_TOKEN, index="elsewhere").send(parcels(3))

    assert held.value.retry_after == 30.0
    assert bench.ids() == []


def test_a_wrong_index_in_the_middle_accepts_what_was_indexed_before_it(bench: Bench) -> None:
    sink, sent = bench.sink(), parcels(5)
    bench.faults({"code": 7, "number": 3, "takes": 2})

    outcome = sink.send(sent)
    sink.send(left(sent, outcome))

    assert left(sent, outcome) == sent[2:]
    assert bench.ids() == ids(sent)


def test_an_event_that_is_too_large_alone_is_rejected_alone(bench: Bench, tmp_path: Path) -> None:
    large = changed(verdict(3), advice="x" * 20_000)
    sent = [*parcels(3), parcel(large), parcel(verdict(4))]

    with Hec(free_port(), tmp_path, settings={"max_body_bytes": 8_000}) as narrow:
        own = Bench(narrow)
        outcome = own.sink(gzip=False).send(sent)
        stored = own.ids()
        own.close()

    assert [(one.item, one.reason.code) for one in outcome.rejected] == [(sent[3].record, "too-large")]
    assert stored == [one.content.id for one in sent if one is not sent[3]]


def test_splunk_cloud_refuses_large_bodies_with_code_6_and_the_first_event_is_not_to_blame(tmp_path: Path) -> None:
    sent = [parcel(changed(verdict(number), advice="x" * 300_000)) for number in range(20)]

    with Hec(free_port(), tmp_path, settings={"cloud": True}) as cloud:
        own = Bench(cloud)
        outcome = own.sink(batch_bytes=5_242_880).send(sent)
        stored = own.ids()
        own.close()

    assert outcome.rejected == []
    assert sorted(stored, key=str) == ids(sent)


def test_an_endpoint_that_is_down_is_passed_over(bench: Bench) -> None:
    sink, sent = bench.sink(url=f"http://127.0.0.1:1,{bench.hec.url}", batch_events=2), parcels(9)

    outcome = sink.send(sent)

    assert (outcome.rejected, outcome.deferred) == ([], [])
    assert sorted(bench.ids(), key=str) == ids(sent)


def test_requests_are_counted_by_their_answer(bench: Bench) -> None:
    sink = bench.sink(batch_events=2)
    bench.faults({"code": 9})

    with pytest.raises(Unavailable):
        sink.send(parcels(2))
    sink.send(parcels(4))

    counted = {code: bench.metrics.value("requests_total", sink="splunk", code=code) for code in ("200", "503")}
    assert counted == {"200": 2, "503": 1}
    assert bench.metrics.value("request_seconds_count") == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"token": "nonsense"}, "Invalid token", id="a wrong token"),
        pytest.param({"token": DISABLED_TOKEN}, "Token disabled", id="a disabled token"),
        pytest.param({"token": ACK_TOKEN}, "acknowledgement off", id="a token with acknowledgement"),
        pytest.param({"url": "http://127.0.0.1:1"}, "Connection refused", id="nobody there"),
        pytest.param({"url": "http://no.such.host.invalid"}, "no.such.host.invalid", id="no such host"),
    ],
)
def test_a_check_names_the_cause(bench: Bench, changes: dict[str, object], says: str) -> None:
    with pytest.raises(Unavailable, match=says):
        bench.sink(**changes).check()


def test_a_check_asks_every_endpoint(bench: Bench) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 "):
        bench.sink(url=f"{bench.hec.url},http://127.0.0.1:1").check()


def test_a_path_below_the_collector_is_named_by_its_status(bench: Bench) -> None:
    with pytest.raises(Unavailable, match=r"404.*SK2SIEM_SPLUNK__URL"):
        bench.sink(url=f"{bench.hec.url}/elsewhere").check()


def test_an_event_before_the_epoch_is_rejected_alone(bench: Bench) -> None:
    sent = parcels(5)
    sent[2] = parcel(changed(verdict(2), time=BEFORE_THE_EPOCH))

    outcome = bench.sink().send(sent)

    assert [rejection.reason.code for rejection in outcome.rejected] == ["hec-15"]
    assert bench.ids() == ids(sent[:2] + sent[3:])


def test_a_collector_that_is_none_is_passed_over_while_another_takes_events(bench: Bench) -> None:
    sent = parcels(40)
    with elastic_node() as stranger:
        sink = bench.sink(url=f"{stranger.url},{bench.hec.url}", batch_events=10)

        outcomes = [sink.send(sent[:20]), sink.send(sent[20:])]

    assert [(list(one.rejected), list(one.deferred)) for one in outcomes] == [([], []), ([], [])]
    assert sorted(map(str, bench.ids())) == sorted(ids(sent))


def test_a_collector_that_asks_for_time_gets_it_while_another_takes_events(bench: Bench, tmp_path: Path) -> None:
    sent = parcels(40)
    with Hec(free_port(), tmp_path) as other:
        sink = bench.sink(url=f"{bench.hec.url},{other.url}", batch_events=5, requests_in_parallel=1)
        bench.faults({"status": 429, "retry_after": 600})

        outcome = sink.send(sent)
        taken = len(bench.ids())

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert taken == 0


def test_of_several_collectors_a_running_sink_names_the_one_that_refuses(bench: Bench) -> None:
    second = bench.hec.url.replace("127.0.0.1", "localhost")
    sink = bench.sink(url=f"{bench.hec.url},{second}", token="nonsense")

    with pytest.raises(Unavailable, match="Invalid token") as held:
        sink.send(parcels(3))

    assert str(held.value).endswith(f"(at {second})")


def test_where_every_collector_refuses_events_are_held(bench: Bench) -> None:
    with elastic_node() as stranger, elastic_node() as another:
        sink = bench.sink(url=f"{stranger.url},{another.url}")

        with pytest.raises(Unavailable):
            sink.send(parcels(3))
