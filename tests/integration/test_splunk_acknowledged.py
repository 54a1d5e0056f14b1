"""Indexer acknowledgement against the double: settled is what is on disk, whatever Splunk forgets in between."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest
import urllib3

from dev.hec import ACK_TOKEN, TOKEN, Hec
from dev.part import free_port
from runtime.errors import Unavailable
from runtime.metrics import Metrics
from schemas.records import changed
from sinks.sink import Parcel
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink
from tests.unit.sinks.samples import left, parcel, verdict

BEFORE_THE_EPOCH = datetime(1960, 1, 1, tzinfo=UTC)


class Bench:
    """A double of its own, because it is restarted, and one sink."""

    def __init__(self, hec: Hec) -> None:
        self.hec = hec
        self.metrics = Metrics("splunk")
        self._http = urllib3.PoolManager()
        self._sinks: list[SplunkSink] = []

    def sink(self, **changes: object) -> SplunkSink:
        given = {"url": self.hec.url, "token": ACK_TOKEN, "acknowledgement": True, "batch_events": 5, **changes}
        self._sinks.append(SplunkSink(SplunkSettings.model_validate(given), self.metrics))
        return self._sinks[-1]

    def faults(self, *faults: dict[str, object]) -> None:
        assert self._http.request("POST", f"{self.hec.url}/control/faults", body=json.dumps(faults)).status == 200

    def settings(self, **changes: object) -> None:
        assert self._http.request("POST", f"{self.hec.url}/control/settings", body=json.dumps(changes)).status == 200

    def requests(self, endpoint: str) -> int:
        counts = orjson.loads(self._http.request("GET", f"{self.hec.url}/control/counts").data)
        return int(counts["requests"].get(endpoint, 0))

    def ids(self) -> list[str]:
        lines = self._http.request("GET", f"{self.hec.url}/control/indexed").data.splitlines()
        return [orjson.loads(line)["event"]["event_id"] for line in lines]

    def close(self) -> None:
        for sink in self._sinks:
            sink.close()
        self._http.clear()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Hec(free_port(), tmp_path) as hec:
        made = Bench(hec)
        yield made
        made.close()


@dataclass
class Balancer:
    """Gives each request to the next indexer, whatever channel it names."""

    url: str
    indexers: list[str]
    asked: int = 0

    def next(self) -> str:
        self.asked += 1
        return self.indexers[self.asked % len(self.indexers)]


@contextmanager
def balancer(*indexers: str) -> Iterator[Balancer]:
    with urllib3.PoolManager() as http:

        class Forward(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = http.request("POST", made.next() + self.path, body=body, headers=dict(self.headers))
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(answer.data)))
                self.end_headers()
                self.wfile.write(answer.data)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Forward) as server:
            made = Balancer(f"http://127.0.0.1:{server.server_port}", list(indexers))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield made
            server.shutdown()


def parcels(count: int, start: int = 0) -> list[Parcel]:
    return [parcel(verdict(number), offset=number) for number in range(start, start + count)]


def ids(of: list[Parcel]) -> list[str]:
    return [one.content.id for one in of]


def test_what_is_acknowledged_is_settled_and_indexed_once(bench: Bench) -> None:
    bench.settings(ack_delay_seconds=0.3)
    sent = parcels(12)

    outcome = bench.sink().send(sent)

    assert (outcome.rejected, outcome.deferred) == ([], [])
    assert sorted(bench.ids()) == ids(sent)


def test_an_acknowledgement_that_never_comes_is_sent_again(bench: Bench) -> None:
    sink, sent = bench.sink(acknowledgement_seconds=3), parcels(5)
    bench.faults({"lose_ack": True})

    outcome = sink.send(sent)
    again = sink.send(left(sent, outcome))

    assert left(sent, outcome) == sent
    assert (again.rejected, again.deferred) == ([], [])
    assert bench.ids() == ids(sent) * 2
    assert bench.metrics.value("acknowledgement_timeouts_total") == 1


def test_a_restart_forgets_acknowledgements_and_nothing_is_settled_by_those_of_others(bench: Bench) -> None:
    sink, lost, later = bench.sink(acknowledgement_seconds=2), parcels(5), parcels(5, start=100)
    bench.faults({"lose_ack": True})

    first = sink.send(lost)
    bench.hec.kill()
    bench.hec.start()
    waiting = [*left(lost, first), *later]
    second = sink.send(waiting)
    third = sink.send(left(waiting, second)) if second.deferred else second

    assert left(lost, first) == lost
    assert list(third.deferred) == []
    assert set(bench.ids()) == {*ids(lost), *ids(later)}


def test_an_answer_that_is_lost_gives_the_channel_up(bench: Bench) -> None:
    sink, sent = bench.sink(), parcels(5)
    bench.faults({"reset": True, "takes": 5})

    with pytest.raises(Unavailable):
        sink.send(sent)
    outcome = sink.send(sent)

    assert list(outcome.deferred) == []
    assert bench.ids() == ids(sent) * 2


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"endpoint": "ack", "code": 19, "times": 2}, id="the acknowledgement service is away"),
        pytest.param({"endpoint": "ack", "html": 502}, id="a page of a proxy"),
        pytest.param({"endpoint": "ack", "reset": True}, id="the answer is lost"),
    ],
)
def test_trouble_with_acknowledgements_holds_what_was_taken(bench: Bench, fault: dict[str, object]) -> None:
    sink, sent = bench.sink(), parcels(5)
    sink.send(parcels(1, start=900))
    bench.faults(fault)

    with pytest.raises(Unavailable) as held:
        sink.send(sent)
    waiting = sent
    for _ in range(3):
        try:
            waiting = left(waiting, sink.send(waiting))
        except Unavailable:
            continue

    assert str(held.value)
    assert waiting == []
    assert set(ids(sent)) <= set(bench.ids())


def test_the_prefix_before_a_blamed_event_is_acknowledged_too(bench: Bench) -> None:
    sent = parcels(10)
    sent[7] = parcel(changed(verdict(7), time=BEFORE_THE_EPOCH), offset=7)

    outcome = bench.sink(batch_events=10).send(sent)

    assert [rejection.item for rejection in outcome.rejected] == [sent[7].record]
    assert list(outcome.deferred) == []
    assert bench.ids() == ids(sent[:7] + sent[8:])


def test_a_token_without_acknowledgement_is_found_out_before_the_first_event(bench: Bench) -> None:
    with pytest.raises(Unavailable, match="turn indexer acknowledgement on") as held:
        bench.sink(token=TOKEN).send(parcels(3))

    assert held.value.retry_after == 30.0
    assert bench.ids() == []


def test_a_stop_ends_the_wait_and_leaves_the_events_for_the_next_start(bench: Bench) -> None:
    bench.settings(ack_delay_seconds=60.0)
    settings = SplunkSettings.model_validate({"url": bench.hec.url, "token": ACK_TOKEN, "acknowledgement": True})
    sink = SplunkSink(settings, bench.metrics, pause=lambda _: True)

    outcome = sink.send(parcels(3))
    sink.close()

    assert len(outcome.deferred) == 3


def test_a_check_asks_for_acknowledgement(bench: Bench) -> None:
    assert "acknowledges what it has indexed" in bench.sink().check()
    with pytest.raises(Unavailable, match="SK2SIEM_SPLUNK__ACKNOWLEDGEMENT"):
        bench.sink(token=TOKEN).check()
    with pytest.raises(Unavailable, match="SK2SIEM_SPLUNK__ACKNOWLEDGEMENT"):
        bench.sink(acknowledgement=False).check()


def test_several_requests_are_asked_about_together(bench: Bench) -> None:
    bench.settings(ack_delay_seconds=0.2)

    bench.sink(batch_events=10).send(parcels(200))

    assert bench.requests("event") == 20
    assert bench.requests("ack") < 10


def test_a_balancer_that_mixes_indexers_up_is_named_until_it_does_so_no_more(bench: Bench, tmp_path: Path) -> None:
    sent = parcels(10)

    with Hec(free_port(), tmp_path / "other") as other, balancer(bench.hec.url, other.url) as front:
        sink = bench.sink(url=front.url, requests_in_parallel=1)
        first = sink.send(sent)
        with pytest.raises(Unavailable, match="several indexers behind one address") as held:
            sink.send(sent)
        front.indexers = [bench.hec.url]
        last = sink.send(sent)
        sink.close()

    assert left(sent, first) == sent
    assert held.value.retry_after == 30.0
    assert (last.rejected, last.deferred, last.why) == ([], [], "")
    assert set(bench.ids()) == set(ids(sent))
