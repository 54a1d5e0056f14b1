"""An hour in which a SIEM takes nothing, on a clock that moves only while the loop waits: it costs the hour alone."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from dev.certificates import Certificates, another, make
from runtime.backoff import Backoff
from runtime.flow import Outcome
from runtime.metrics import Metrics
from runtime.ops import OpsServer
from runtime.record import StoredRecord
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.file.settings import FileSettings
from sinks.file.sink import FileSink
from sinks.sink import Parcel, Sink
from sinks.splunk.judge import OPERATOR_SECONDS
from sinks.syslog.settings import SyslogSettings
from sinks.syslog.sink import SyslogSink
from tests.contracts.siems import full_disk
from tests.fakes.elastic_node import Fault, ItemFault, RequestFault, elastic_node
from tests.fakes.syslog_receiver import SyslogReceiver, Trouble, syslog_receiver
from tests.integration.rows import Ran, assert_each_has_its_fate, run
from tests.integration.splunk_double import Double

MINUTE, HOUR = 60.0, 3600.0
EVENTS = 100
LOOK_SECONDS = 0.2
PATIENT, HASTY = 10.0, 0.02
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
    sink: Sink,
    metrics: Metrics,
    watch: Watch,
    stored: Callable[[], list[str]],
    says: str,
    step: float,
    *,
    events: int = EVENTS,
    copies: bool = False,
) -> None:
    with closing(watch):
        ran = run(sink, metrics, watch.begin_fault, after_wait=watch.look, events=events)
    sink.close()

    assert_each_has_its_fate(ran, stored(), copies=copies)
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


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        pytest.param(Trouble.REFUSES, "nobody listens there", id="it refuses connections"),
        pytest.param(Trouble.RESETS, "broke the connection off: Connection reset by peer", id="it resets them"),
        pytest.param(Trouble.STALLS, "stopped reading", id="it stalls"),
    ],
)
def test_syslog(trouble: Trouble, says: str) -> None:
    with syslog_receiver() as receiver:
        hasty = HASTY if trouble is Trouble.STALLS else PATIENT
        last_an_hour_on(receiver, lambda: receiver.begin(trouble), receiver.heal, says, hasty=hasty)


@pytest.mark.parametrize(
    ("certificate", "says"),
    [
        pytest.param("expired", "has expired", id="an expired certificate"),
        pytest.param("elsewhere", "is not for localhost", id="a certificate for another name"),
        pytest.param("false", "is not trusted", id="a certificate of another authority"),
    ],
)
def test_syslog_over_tls(certificates: Certificates, tmp_path: Path, certificate: str, says: str) -> None:
    right, wrong = certificates.server_context(), wrong_certificate(certificate, certificates, tmp_path)
    with syslog_receiver(right) as receiver:
        last_an_hour_on(
            receiver,
            lambda: receiver.show(wrong),
            lambda: receiver.show(right),
            says,
            ca_file=str(certificates.authority),
        )


def last_an_hour_on(
    receiver: SyslogReceiver,
    begin: Callable[[], None],
    end: Callable[[], None],
    says: str,
    *,
    hasty: float = PATIENT,
    **changes: object,
) -> None:
    """Batches are larger than what lies between a sink and a receiver that does not read."""
    metrics, events = Metrics("syslog"), 10 * EVENTS
    patient, hasty_one = (syslog_sink(metrics, receiver, seconds, **changes) for seconds in (PATIENT, hasty))
    sink = Turned(patient, hasty_one)

    def begin_when_read() -> None:
        receiver.wait_for(events // 2)
        begin()
        sink.is_hasty = True

    def end_and_wait() -> None:
        end()
        sink.is_hasty = False

    def stored() -> list[str]:
        receiver.wait_for(events)
        return list(receiver.ids)

    last_an_hour(sink, metrics, Watch(begin_when_read, end_and_wait), stored, says, OURS, events=events, copies=True)


@dataclass
class Turned:
    """One sink that waits as long as it has to and, for the hour, one that does not: that time would be real."""

    patient: Sink
    hasty: Sink
    is_hasty: bool = False

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        return (self.hasty if self.is_hasty else self.patient).send(parcels)

    def check(self) -> str:
        return self.patient.check()

    def close(self) -> None:
        self.patient.close()
        self.hasty.close()


def syslog_sink(metrics: Metrics, receiver: SyslogReceiver, seconds: float, **changes: object) -> SyslogSink:
    given = {"url": receiver.url, "timeout_seconds": seconds, **changes}
    return SyslogSink(SyslogSettings.model_validate(given), metrics)


def wrong_certificate(name: str, certificates: Certificates, folder: Path) -> ssl.SSLContext:
    if name == "false":
        return make(folder).server_context()
    if name == "expired":
        return another(certificates, "hour-expired", begins=datetime(2020, 1, 1), ends=datetime(2021, 1, 1))
    ever = {"begins": datetime(2020, 1, 1), "ends": datetime(2090, 1, 1)}
    return another(certificates, "hour-elsewhere", names="subjectAltName=DNS:logs.example.com", **ever)


def test_a_full_disk_under_files(tmp_path: Path) -> None:
    metrics, fault = Metrics("file"), ExitStack()
    watch = Watch(lambda: fault.enter_context(full_disk()), fault.close)

    def stored() -> list[str]:
        return [orjson.loads(line)["id"] for line in (tmp_path / "verdicts.ndjson").read_bytes().splitlines()]

    last_an_hour(FileSink(FileSettings(path=str(tmp_path))), metrics, watch, stored, "cannot write to", OURS)
