"""What the contract of sinks is tried on: each sink with the SIEM behind it, seen from outside."""

import errno
import itertools
import os
import re
import resource
import signal
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import orjson
import urllib3
from elasticsearch import Elasticsearch as Client

from dev.elasticsearch import Elasticsearch
from dev.hec import ACK_TOKEN, TOKEN, Hec
from dev.rsyslog import Rsyslog
from runtime.errors import Unavailable
from runtime.flow import Outcome, Reason, Rejection
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from schemas.records import EventId, changed
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.sink import ElasticSink
from sinks.elastic.templates import PACKAGE, install
from sinks.file.settings import FileSettings
from sinks.file.sink import FileSink
from sinks.sink import Forwarded, Parcel, Sink
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink
from sinks.syslog.settings import SyslogSettings
from sinks.syslog.sink import SyslogSink
from tests.fakes.relay import relay
from tests.unit.sinks.samples import verdict

PartT = TypeVar("PartT")

NOBODY = "http://127.0.0.1:1"
BAD_NUMBERS = 900_000


@dataclass(frozen=True)
class Siem:
    """`stored` are the ids that the SIEM holds, copies included. `fault` and `lost_answers` last as their contexts do.

    `fresh` makes another sink like `sink`. With `lost_answers` the SIEM takes what comes, and nobody hears of it.
    `hook` is called with the next answer to a request of `sink`. `copies`: it does not know an id again.
    `bad` makes events that this SIEM blames. `misdirected` is a sink that cannot reach it, and `cause` a word that its
    check has to say.
    """

    fresh: Callable[[], Sink]
    sink: Sink
    stored: Callable[[], list[EventId]]
    fault: Callable[[], AbstractContextManager[None]]
    lost_answers: Callable[[], AbstractContextManager[None]]
    misdirected: Sink
    cause: str
    bad: Callable[[int], Forwarded] = verdict
    copies: bool = False
    hook: "Hook" = field(default_factory=lambda: Hook())


class Hook:
    """`beat` is what a sink calls with every answer; the first one calls `then`, and all others wait for that."""

    def __init__(self) -> None:
        self.then: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def beat(self) -> None:
        with self._lock:
            then, self.then = self.then, None
            if then is not None:
                then()


class Ask(Protocol):
    """For what a rig needs: a part of the local stack, started when it is asked for, and a folder."""

    @property
    def folder(self) -> Path: ...

    def part(self, name: str, kind: type[PartT]) -> PartT: ...


@dataclass(frozen=True)
class Rig:
    """How the suite gets at one sink. `requests`: it sends a batch in several, each with an answer of its own.

    `choosy`: its SIEM looks at what it takes. `outside`: its SIEM is no part of this process.
    """

    sink: str
    open: Callable[[Ask], AbstractContextManager[Siem]]
    requests: bool = True
    choosy: bool = True
    outside: bool = True


@contextmanager
def fake() -> Iterator[Siem]:
    sink, broken = FakeParcelSink(), FakeParcelSink()
    broken.down = True
    yield Siem(
        FakeParcelSink,
        sink,
        lambda: sink.ids,
        sink.fault,
        sink.lost_answers,
        broken,
        "the fake SIEM is down",
        _blamed_by_the_fake,
        copies=True,
    )


@contextmanager
def splunk(hec: Hec, token: str = TOKEN, **changes: object) -> Iterator[Siem]:
    http = urllib3.PoolManager()
    http.request("DELETE", f"{hec.url}/control/indexed")
    http.request("DELETE", f"{hec.url}/control/faults")

    def stored() -> list[EventId]:
        lines = http.request("GET", f"{hec.url}/control/indexed").data.splitlines()
        return [EventId(orjson.loads(line)["event"]["event_id"]) for line in lines]

    @contextmanager
    def scripted(**fault: object) -> Iterator[None]:
        http.request("POST", f"{hec.url}/control/faults", body=orjson.dumps([{**fault, "times": None}]))
        yield
        http.request("DELETE", f"{hec.url}/control/faults")

    hook = Hook()
    fresh = partial(splunk_sink, hec, beat=hook.beat, batch_events=7, token=token, **changes)
    with _closing(fresh(), splunk_sink(hec, hook.beat, token="wrong", **changes)) as (sink, misdirected):
        yield Siem(
            fresh,
            sink,
            stored,
            lambda: scripted(code=9),
            lambda: scripted(reset=True, takes=1_000),
            misdirected,
            "SK2SIEM_SPLUNK__TOKEN",
            _before_the_epoch,
            copies=True,
            hook=hook,
        )
    http.clear()


@contextmanager
def elastic(elasticsearch: Elasticsearch) -> Iterator[Siem]:
    """In a namespace of its own, where the application is a number: that makes ours a bad event."""
    namespace, hook = uuid.uuid4().hex[:12], Hook()
    stream = f"logs-ibmi.connection-{namespace}"
    with Client(elasticsearch.url) as client, relay(elasticsearch.port) as way:
        settings = ElasticSettings(url=f"http://127.0.0.1:{way.port}", namespace=namespace, batch_events=7)
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

        @contextmanager
        def lost_answers() -> Iterator[None]:
            way.mute = True
            yield
            way.mute = False

        def fresh() -> ElasticSink:
            return ElasticSink(settings, Metrics("elastic"), hook.beat)

        elsewhere = ElasticSink(ElasticSettings(url=NOBODY), Metrics("elastic"))
        with _closing(fresh(), elsewhere) as (sink, misdirected):
            yield Siem(fresh, sink, stored, fault, lost_answers, misdirected, "127.0.0.1:1", _telnet, hook=hook)


@contextmanager
def file(folder: Path) -> Iterator[Siem]:
    path = folder / "out"
    (folder / "taken").write_text("a file where a folder should be")

    def stored() -> list[EventId]:
        return [EventId(orjson.loads(line)["id"]) for line in (path / "verdicts.ndjson").read_bytes().splitlines()]

    def fresh() -> FileSink:
        return FileSink(FileSettings(path=str(path)))

    with _closing(fresh(), FileSink(FileSettings(path=str(folder / "taken")))) as (sink, misdirected):
        yield Siem(fresh, sink, stored, full_disk, _unsure_disk, misdirected, str(folder / "taken"), copies=True)


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

    def fresh() -> SyslogSink:
        return SyslogSink(way, Metrics("syslog"))

    nobody = SyslogSettings(url="tcp://127.0.0.1:1")
    with _closing(fresh(), SyslogSink(nobody, Metrics("syslog"))) as (sink, misdirected):
        yield Siem(fresh, sink, stored, fault, nullcontext, misdirected, "127.0.0.1:1", copies=True)


RIGS = {
    "fake": Rig("", lambda _: fake(), requests=False, outside=False),
    "splunk": Rig("splunk", lambda ask: splunk(ask.part("hec", Hec))),
    "splunk-acknowledged": Rig("splunk", lambda ask: splunk(ask.part("hec", Hec), ACK_TOKEN, acknowledgement=True)),
    "elastic": Rig("elastic", lambda ask: elastic(ask.part("elasticsearch", Elasticsearch))),
    "file": Rig("file", lambda ask: file(ask.folder), requests=False, choosy=False),
    "syslog": Rig("syslog", lambda ask: syslog(ask.part("rsyslog", Rsyslog)), requests=False, choosy=False),
}


def _wait_for_marker(rsyslog: Rsyslog, marker: str) -> None:
    with socket.create_connection(("127.0.0.1", rsyslog.port)) as connection:
        connection.sendall(f"<134>1 - - test - marker - {marker}\n".encode())
        count = 1
        while marker not in (messages := [one["message"] for one in rsyslog.received(count)]):
            count = len(messages) + 1


def splunk_sink(hec: Hec, beat: Callable[[], None] = lambda: None, **changes: object) -> SplunkSink:
    settings = SplunkSettings.model_validate({"url": hec.url, "token": TOKEN, **changes})
    return SplunkSink(settings, Metrics("splunk"), beat)


class FakeParcelSink:
    """A SIEM in memory that blames what is numbered from BAD_NUMBERS on."""

    def __init__(self) -> None:
        self.ids: list[EventId] = []
        self.down = False
        self.mute = False

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        self.check()
        bad: list[StoredRecord] = []
        for record, content in parcels:
            if _number(content) >= BAD_NUMBERS:
                bad.append(record)
            else:
                self.ids.append(content.id)
        if self.mute:
            raise Unavailable("nothing is heard of the fake SIEM")
        return Outcome(rejected=[Rejection(record, Reason("bad", "the number is too high")) for record in bad])

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

    @contextmanager
    def lost_answers(self) -> Iterator[None]:
        self.mute = True
        yield
        self.mute = False


def _number(content: Forwarded) -> int:
    return int(content.id.rsplit("-", 1)[1])


def _blamed_by_the_fake(number: int) -> Forwarded:
    return verdict(BAD_NUMBERS + number)


def _before_the_epoch(number: int) -> Forwarded:
    return changed(verdict(number), time=datetime(1960, 1, 1, tzinfo=UTC))


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


@contextmanager
def _unsure_disk() -> Iterator[None]:
    """It takes what is written and does not say that it is safe."""

    def fail(_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    before = os.fsync
    os.fsync = fail  # type: ignore[assignment]
    try:
        yield
    finally:
        os.fsync = before


def _telnet(number: int) -> Forwarded:
    return verdict(number, service="telnet")


def _mapped_application(client: Client, settings: ElasticSettings) -> None:
    """Everything else as our own template has it."""
    properties: Mapping[str, object] = {"network": {"properties": {"application": {"type": "long"}}}}
    client.indices.put_index_template(
        name=f"contract-{settings.namespace}",
        index_patterns=[f"logs-ibmi.*-{settings.namespace}"],
        priority=500,
        data_stream={},
        composed_of=[PACKAGE],
        template={"mappings": {"properties": properties}},
    )


@contextmanager
def _closing(sink: Sink, other: Sink) -> Iterator[tuple[Sink, Sink]]:
    try:
        yield sink, other
    finally:
        sink.close()
        other.close()
