"""What the contract of sinks is tried on: each sink with the SIEM behind it, seen from outside."""

import itertools
import re
import resource
import signal
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import urllib3
from elasticsearch import Elasticsearch as Client

from dev.elasticsearch import Elasticsearch
from dev.hec import TOKEN, Hec
from dev.rsyslog import Rsyslog
from runtime.errors import Unavailable
from runtime.flow import Outcome, Reason, Rejection
from runtime.metrics import Metrics
from schemas.records import EventId
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.elastic.templates import install
from sinks.file.settings import FileSettings
from sinks.file.sink import FileSink
from sinks.sink import Forwarded, Parcel, Sink
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink
from sinks.syslog.settings import SyslogSettings
from sinks.syslog.sink import SyslogSink
from tests.unit.sinks.samples import verdict

NOBODY = "http://127.0.0.1:1"
BAD_NUMBERS = 900_000


@dataclass(frozen=True)
class Siem:
    """`stored` are the ids that the SIEM holds, copies included. `fault` lasts as long as its context.

    `bad` makes events that this SIEM blames. `misdirected` is a sink that cannot reach it, and `cause` a word that its
    check has to say.
    """

    sink: Sink
    stored: Callable[[], list[EventId]]
    fault: Callable[[], AbstractContextManager[None]]
    misdirected: Sink
    cause: str
    bad: Callable[[int], Forwarded] = verdict


@contextmanager
def fake() -> Iterator[Siem]:
    sink, broken = FakeParcelSink(), FakeParcelSink()
    broken.down = True
    yield Siem(sink, lambda: sink.ids, sink.fault, broken, "the fake SIEM is down", _blamed_by_the_fake)


@contextmanager
def splunk(hec: Hec, token: str = TOKEN, **changes: object) -> Iterator[Siem]:
    http = urllib3.PoolManager()
    http.request("DELETE", f"{hec.url}/control/indexed")
    http.request("DELETE", f"{hec.url}/control/faults")

    def stored() -> list[EventId]:
        lines = http.request("GET", f"{hec.url}/control/indexed").data.splitlines()
        return [EventId(orjson.loads(line)["event"]["event_id"]) for line in lines]

    @contextmanager
    def fault() -> Iterator[None]:
        http.request("POST", f"{hec.url}/control/faults", body=b'[{"code":9,"times":null}]')
        yield
        http.request("DELETE", f"{hec.url}/control/faults")

    ours = splunk_sink(hec, batch_events=7, token=token, **changes)
    with _closing(ours, splunk_sink(hec, token="wrong", **changes)) as (sink, misdirected):
        yield Siem(sink, stored, fault, misdirected, "SK2SIEM_SPLUNK__TOKEN", _before_the_epoch)
    http.clear()


@contextmanager
def elastic(elasticsearch: Elasticsearch) -> Iterator[Siem]:
    """In a namespace of its own, where the application is a number: that makes ours a bad event."""
    settings = ElasticSettings(url=elasticsearch.url, namespace=uuid.uuid4().hex[:12], batch_events=7)
    stream = f"logs-ibmi.connection-{settings.namespace}"
    with (
        Client(elasticsearch.url) as client,
        _closing(
            ElasticSink(settings, Metrics("elastic")), ElasticSink(ElasticSettings(url=NOBODY), Metrics("elastic"))
        ) as (sink, misdirected),
    ):
        install(settings)
        _mapped_application(client, settings)

        def stored() -> list[EventId]:
            client.indices.refresh(index=stream)
            hits = client.search(index=stream, size=1000)["hits"]["hits"]
            return [EventId(hit["_id"]) for hit in hits]

        @contextmanager
        def fault() -> Iterator[None]:
            client.indices.put_settings(index=stream, settings={"index.blocks.write": True})
            yield
            client.indices.put_settings(index=stream, settings={"index.blocks.write": False})

        yield Siem(sink, stored, fault, misdirected, "127.0.0.1:1", lambda number: verdict(number, service="telnet"))


@contextmanager
def file(folder: Path) -> Iterator[Siem]:
    path = folder / "out"
    (folder / "taken").write_text("a file where a folder should be")

    def stored() -> list[EventId]:
        return [EventId(orjson.loads(line)["id"]) for line in (path / "verdicts.ndjson").read_bytes().splitlines()]

    with _closing(FileSink(FileSettings(path=str(path))), FileSink(FileSettings(path=str(folder / "taken")))) as (
        sink,
        misdirected,
    ):
        yield Siem(sink, stored, full_disk, misdirected, str(folder / "taken"))


@contextmanager
def syslog(rsyslog: Rsyslog) -> Iterator[Siem]:
    """A message of our own behind the others tells when all have arrived."""
    rsyslog.forget()
    markers = itertools.count(1)
    way = SyslogSettings(url=rsyslog.url, timeout_seconds=5)

    def stored() -> list[EventId]:
        if rsyslog.pid is not None:
            _wait_for_marker(rsyslog, f"marker {next(markers)}")
        found = (re.search(r" cs6=(\S+) ", one["message"]) for one in rsyslog.received(0))
        return [EventId(one[1]) for one in found if one]

    @contextmanager
    def fault() -> Iterator[None]:
        stored()  # what it has not read yet would die with it: nobody can know of that, and the sink says so
        rsyslog.kill()
        yield
        rsyslog.start()

    nobody = SyslogSettings(url="tcp://127.0.0.1:1")
    with _closing(SyslogSink(way, Metrics("syslog")), SyslogSink(nobody, Metrics("syslog"))) as (sink, misdirected):
        yield Siem(sink, stored, fault, misdirected, "127.0.0.1:1")


def _wait_for_marker(rsyslog: Rsyslog, marker: str) -> None:
    with socket.create_connection(("127.0.0.1", rsyslog.port)) as connection:
        connection.sendall(f"<134>1 - - test - marker - {marker}\n".encode())
        count = 1
        while marker not in (messages := [one["message"] for one in rsyslog.received(count)]):
            count = len(messages) + 1


def splunk_sink(hec: Hec, **changes: object) -> SplunkSink:
    settings = SplunkSettings.model_validate({"url": hec.url, "token": TOKEN, **changes})
    return SplunkSink(settings, Metrics("splunk"))


class FakeParcelSink:
    """A SIEM in memory that blames what is numbered from BAD_NUMBERS on."""

    def __init__(self) -> None:
        self.ids: list[EventId] = []
        self.down = False

    def send(self, parcels: Sequence[Parcel]) -> Outcome[Parcel]:
        self.check()
        bad = [parcel for parcel in parcels if _number(parcel.content) >= BAD_NUMBERS]
        self.ids.extend(parcel.content.id for parcel in parcels if parcel not in bad)
        return Outcome(rejected=[Rejection(parcel, Reason("bad", "the number is too high")) for parcel in bad])

    def check(self) -> str:
        if self.down:
            raise Unavailable("the fake SIEM is down")
        return "a fake SIEM"

    def close(self) -> None:
        """Nothing to let go."""

    @contextmanager
    def fault(self) -> Iterator[None]:
        self.down = True
        yield
        self.down = False


def _number(content: Forwarded) -> int:
    return int(content.id.rsplit("-", 1)[1])


def _blamed_by_the_fake(number: int) -> Forwarded:
    return verdict(BAD_NUMBERS + number)


def _before_the_epoch(number: int) -> Forwarded:
    return replace(verdict(number), time=datetime(1960, 1, 1, tzinfo=UTC))


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def _mapped_application(client: Client, settings: ElasticSettings) -> None:
    properties: Mapping[str, object] = {"network": {"properties": {"application": {"type": "long"}}}}
    client.indices.put_index_template(
        name=f"contract-{settings.namespace}",
        index_patterns=[f"logs-ibmi.*-{settings.namespace}"],
        priority=500,
        data_stream={},
        template={"mappings": {"properties": properties}},
    )


@contextmanager
def _closing(sink: Sink, other: Sink) -> Iterator[tuple[Sink, Sink]]:
    try:
        yield sink, other
    finally:
        sink.close()
        other.close()
