"""Builds a sink worker by its name; a sink's client library is imported only when that sink is used."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import orjson

from runtime.broker import Broker, Subscription
from runtime.flow import Source, Stage
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from runtime.service import Running
from schemas.topics import ALERTS, VERDICTS
from sinks.deliver import Deliver
from sinks.elastic.settings import ElasticSettings
from sinks.file.settings import FileSettings
from sinks.forward import Forward
from sinks.search import Search
from sinks.sink import Sink
from sinks.splunk.settings import SplunkSettings
from sinks.syslog.settings import SyslogSettings

S = TypeVar("S")


class Settings(Protocol):
    """What each section of a sink has."""

    @property
    def forward(self) -> Forward: ...


Beat = Callable[[], None]
Pause = Callable[[float], bool]
Open = Callable[[Settings, Metrics, Beat, Pause], Sink]


def build(
    name: str, settings: Settings, broker: Broker, running: Running
) -> tuple[Source[StoredRecord], Stage[StoredRecord]]:
    """The source and the stage of the worker of sink `name`, one of SINKS. Raises ConfigError; connects to nothing."""
    sink = open_sink(name, settings, running)
    subscription = Subscription(service=name, worker=running.worker, topics=(VERDICTS, ALERTS))
    deliver = Deliver(sink, running.metrics, settings.forward)
    return broker.source(subscription, deliver), deliver


def check(name: str, settings: Settings) -> str:
    """One sentence on what the sink `name` reached. Raises Unavailable or ConfigError."""
    sink = SINKS[name](settings, Metrics(name), lambda: None, threading.Event().wait)
    try:
        return sink.check()
    finally:
        sink.close()


def open_sink(name: str, settings: Settings, running: Running) -> Sink:
    """The sink `name` without a worker around it. Raises ConfigError; connects to nothing."""
    return SINKS[name](settings, running.metrics, running.health.beat, running.shutdown.wait)


def open_search(settings: ElasticSettings | SplunkSettings) -> Search:
    """What asks the SIEM for what it holds. Raises ConfigError; connects to nothing."""
    if isinstance(settings, ElasticSettings):
        from sinks.elastic.search import ElasticSearch

        return ElasticSearch(settings)
    from sinks.splunk.search import SplunkSearch

    return SplunkSearch(settings)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Something that a sink needs in its SIEM: its name, how it was found (`missing`, `differs`, `ok`), its content."""

    name: str
    state: str
    content: bytes


def prepare(settings: ElasticSettings, *, dry_run: bool = False) -> Sequence[Prepared]:
    """Put into the cluster what the sink needs there, or only look. Raises Unavailable or ConfigError."""
    from sinks.elastic.templates import install, look

    parts = look(settings) if dry_run else install(settings)
    return [
        Prepared(f"{part.kind} {part.name}", part.state, orjson.dumps(part.wanted, option=orjson.OPT_INDENT_2))
        for part in parts
    ]


def _splunk(settings: Settings, metrics: Metrics, beat: Beat, pause: Pause) -> Sink:
    from sinks.splunk.sink import SplunkSink

    return SplunkSink(_of(SplunkSettings, settings), metrics, beat, pause)


def _elastic(settings: Settings, metrics: Metrics, beat: Beat, _pause: Pause) -> Sink:
    from sinks.elastic.sink import ElasticSink

    return ElasticSink(_of(ElasticSettings, settings), metrics, beat)


def _file(settings: Settings, _metrics: Metrics, _beat: Beat, _pause: Pause) -> Sink:
    from sinks.file.sink import FileSink

    return FileSink(_of(FileSettings, settings))


def _syslog(settings: Settings, metrics: Metrics, beat: Beat, pause: Pause) -> Sink:
    from sinks.syslog.sink import SyslogSink

    return SyslogSink(_of(SyslogSettings, settings), metrics, beat, pause)


def _of(kind: type[S], settings: Settings) -> S:
    if not isinstance(settings, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(settings).__name__}")
    return settings


SINKS: dict[str, Open] = {"splunk": _splunk, "elastic": _elastic, "file": _file, "syslog": _syslog}
