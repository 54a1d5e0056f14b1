"""The services by name: how each is wired to its settings, what it needs, and how its other end is checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from cli.opening import serve
from cli.settings import Settings
from cli.variables import name_of, variables
from runtime.broker import Broker
from runtime.errors import ConfigError
from runtime.service import Running
from sinks.elastic.settings import ElasticSettings
from sinks.file.settings import FileSettings
from sinks.splunk.settings import SplunkSettings
from sinks.syslog.settings import SyslogSettings


@dataclass(frozen=True, slots=True)
class Service:
    """`serve` runs it to its end and gives its exit code, `check` says what its other end is like.

    `missing` names the variables without which it cannot start. Code is imported where a service is used:
    a sink's worker must not need the driver of the producer.
    """

    serve: Callable[[Settings, Broker, Running], int]
    check: Callable[[Settings], str]
    missing: Callable[[Settings], Sequence[str]]


def service(name: str, settings: Settings) -> Service:
    """The service `name`. Raises ConfigError that names every variable it still needs."""
    found = SERVICES[name]
    missing = found.missing(settings)
    if missing:
        raise ConfigError("\n".join(f"{variable}: must be set to run {name}" for variable in missing))
    return found


def configured(settings: Settings) -> tuple[str, ...]:
    """What `run all` runs: producer and enricher, and the sinks whose settings are there."""
    sinks = (name for name in SINKS if getattr(settings, name) is not None)
    return ("producer", "enricher", *sinks)


def _serve_producer(settings: Settings, broker: Broker, running: Running) -> int:
    from producer.service import build

    return serve(lambda: build(settings.producer, settings.ibmi, settings.simulator, broker, running), running)


def _check_producer(settings: Settings) -> str:
    from producer.service import check

    return check(settings.producer, settings.ibmi, settings.simulator)


def _producer_is_missing(settings: Settings) -> list[str]:
    producer, ibmi = settings.producer, settings.ibmi
    missing = [] if producer.system else [name_of(("producer", "system"))]
    if producer.reader == "file":
        # a saved journal does not say what its local times mean
        missing += [name_of(("producer", name)) for name in ("file", "time_zone") if not getattr(producer, name)]
    if producer.reader not in ("file", "simulator") and not (ibmi.connection_string or ibmi.dsn):
        needed = {"system": ibmi.system, "username": ibmi.username, "password": ibmi.password}
        missing += [name_of(("ibmi", name)) for name, value in needed.items() if not value]
    return missing


def _serve_enricher(settings: Settings, broker: Broker, running: Running) -> int:
    from enricher.service import build

    return serve(lambda: build(settings.enricher, broker, running), running)


def _check_enricher(settings: Settings) -> str:
    from enricher.service import check

    return check(settings.enricher)


def _sink(name: str, section: type[BaseModel]) -> Service:
    def run(settings: Settings, broker: Broker, running: Running) -> int:
        from sinks.service import build

        return serve(lambda: build(name, getattr(settings, name), broker, running), running)

    def check(settings: Settings) -> str:
        from sinks.service import check

        return check(name, getattr(settings, name))

    def missing(settings: Settings) -> list[str]:
        if getattr(settings, name) is not None:
            return []
        return _needed(section, name)

    return Service(run, check, missing)


def _needed(section: type[BaseModel], name: str) -> list[str]:
    """The variables that must be set; where there are several ways, the first."""
    found = list(variables(section, (name,)))
    return [variable.name for variable in found if variable.field.is_required()] or [found[0].name]


SINKS: dict[str, type[BaseModel]] = {
    "splunk": SplunkSettings,
    "elastic": ElasticSettings,
    "file": FileSettings,
    "syslog": SyslogSettings,
}
SERVICES = {
    "producer": Service(_serve_producer, _check_producer, _producer_is_missing),
    "enricher": Service(_serve_enricher, _check_enricher, lambda _: ()),
    **{name: _sink(name, section) for name, section in SINKS.items()},
}
