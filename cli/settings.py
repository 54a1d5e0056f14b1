"""All settings in one root model, and how they are read from the environment."""

import difflib
import re
import socket
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, Field, ValidationError

from cli.variables import NESTED, PREFIX, Variable, name_of, variables
from enricher.settings import EnricherSettings
from producer.settings import IbmiSettings, ProducerSettings
from producer.simulator.settings import SimulatorSettings
from runtime.errors import ConfigError
from runtime.settings import SECTION, BrokerSettings, Expected, Form, LogSettings, LoopSettings, OpsSettings
from sinks.elastic.settings import ElasticSettings
from sinks.file.settings import FileSettings
from sinks.splunk.settings import SplunkSettings
from sinks.syslog.settings import SyslogSettings

WORKER = Form(r"[A-Za-z0-9._-]{1,200}", "up to 200 letters, digits, dots, underscores and hyphens")
TEXT_OF_OURS = ("value_error", "assertion_error")


class Settings(BaseModel):
    """What concerns the process as a whole. A sink is configured as soon as one of its variables is set."""

    model_config = SECTION

    worker: Annotated[str, WORKER] = Field(
        default_factory=socket.gethostname,
        description="Stable name of this worker (not set: the host name); a restarted worker takes over under it",
    )
    broker: BrokerSettings = Field(default_factory=BrokerSettings)
    ops: OpsSettings = Field(default_factory=OpsSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    loop: LoopSettings = Field(default_factory=LoopSettings)
    producer: ProducerSettings = Field(default_factory=ProducerSettings)
    ibmi: IbmiSettings = Field(default_factory=IbmiSettings)
    simulator: SimulatorSettings = Field(default_factory=SimulatorSettings)
    enricher: EnricherSettings = Field(default_factory=EnricherSettings)
    splunk: SplunkSettings | None = None
    elastic: ElasticSettings | None = None
    file: FileSettings | None = None
    syslog: SyslogSettings | None = None


def load(environ: Mapping[str, str]) -> Settings:
    """The settings; an empty variable counts as not set.

    Raises ConfigError with one line per problem, all at once. A line names the variable and never its value.
    """
    known = {variable.name: variable for variable in variables(Settings)}
    given = {name: text for name, text in environ.items() if name.startswith(PREFIX) and text}
    problems = [_unknown(name, known) for name in given if name not in known]
    document: dict[str, Any] = {}
    for name in sorted(given.keys() & known.keys()):
        _place(document, known[name].path, _parsed(known[name], given[name]))
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        problems += [_problem(detail, given) for detail in _details(error)]
        raise ConfigError("\n".join(sorted(problems))) from None
    if problems:
        raise ConfigError("\n".join(sorted(problems)))
    return settings


def _unknown(name: str, known: Mapping[str, Variable]) -> str:
    close = difflib.get_close_matches(name.removeprefix(PREFIX), [other.removeprefix(PREFIX) for other in known], n=1)
    hint = f"did you mean {PREFIX}{close[0]}?" if close else "`sk2siem config` lists those that there are"
    return f"{name}: no such setting; {hint}"


def _parsed(variable: Variable, text: str) -> object:
    """Lists are separated by commas; tables are JSON, as lists that begin with a bracket may be: `[::1]:53` is none."""
    if variable.is_table or (variable.is_list and text.startswith("[")):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            if variable.is_table or '"' in text:
                return text
    if variable.is_list:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _place(document: dict[str, Any], path: Sequence[str], value: object) -> None:
    for part in path[:-1]:
        document = document.setdefault(part, {})
    document[path[-1]] = value


def _details(error: ValidationError) -> list[Any]:
    return list(error.errors(include_url=False, include_input=False))


def _problem(detail: Mapping[str, Any], given: Mapping[str, str]) -> str:
    """One line. A validator's own words may quote what was given, so that is taken out of them."""
    path, name = _variable_at(detail["loc"])
    kind = detail["type"]
    if kind == "missing":
        return f"{name}: must be set"
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if kind in TEXT_OF_OURS and not isinstance(detail.get("ctx", {}).get("error"), Expected):
        for other, value in given.items():
            if other.startswith(name_of(path)) and len(value) > 2:
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text)
    return f"{name}: {text[:1].lower()}{text[1:]}" if kind not in TEXT_OF_OURS else f"{name}: {text}"


def _variable_at(loc: Sequence[int | str]) -> tuple[tuple[str, ...], str]:
    """The path of a setting or of a section, without the place inside its value, and how to name it."""
    paths = {variable.path for variable in variables(Settings)}
    for length in range(len(loc), 0, -1):
        path = tuple(str(part) for part in loc[:length])
        if path in paths:
            return path, name_of(path)
    path = tuple(str(part) for part in loc)
    return path, name_of(path) + NESTED + "*"
