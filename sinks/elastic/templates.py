"""What has to be in the cluster before the first document: the templates of our data streams, as files that ship."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from elasticsearch import AuthorizationException, Elasticsearch, NotFoundError

from runtime.errors import Unavailable
from sinks.elastic.client import connect, translated
from sinks.elastic.judge import OPERATOR_SECONDS
from sinks.elastic.settings import ElasticSettings

NAME = "logs-ibmi"
PACKAGE = f"{NAME}@package"
CUSTOM = f"{NAME}@custom"
INSTALL = "run `sk2siem init elastic`"
COMPONENT_FILE, INDEX_FILE = "component-template.json", "index-template.json"
IN_WHEEL = Path(__file__).parent / "content"
IN_SOURCES = Path(__file__).parents[2] / "siem" / "elastic"
SERVERLESS = "serverless"

Template = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One template: its kind as people call it, its name, what it should be, and what the cluster has."""

    kind: str
    name: str
    wanted: Template
    found: Template | None

    @property
    def state(self) -> str:
        if self.found is None:
            return "missing"
        return "ok" if _holds(self.found, self.wanted) else "differs"


def folder() -> Path:
    """Where the files are: beside this module in an installation, below siem/ in the sources."""
    return IN_WHEEL if IN_WHEEL.is_dir() else IN_SOURCES


def component_template() -> Template:
    """Settings and mappings of every field that we write."""
    return _read(COMPONENT_FILE)


def index_template() -> Template:
    """What makes a data stream of `logs-ibmi.*-*`: stock components, ours, `logs-ibmi@custom` last; its life cycle."""
    return _read(INDEX_FILE)


def look(settings: ElasticSettings) -> Sequence[Part]:
    """What `install` would put there, beside what is there. Raises Unavailable, ConfigError."""
    with connect(settings) as client, translated(settings), _allowed():
        return parts_of(client)


def install(settings: ElasticSettings) -> Sequence[Part]:
    """Put there what is missing or differs; what it was before. Raises Unavailable, ConfigError.

    A component template named `logs-ibmi@custom` belongs to the operator: it is never written, and has the last word.
    """
    with connect(settings) as client, translated(settings), _allowed():
        parts = parts_of(client)
        component, index = parts
        if component.state != "ok":
            client.cluster.put_component_template(name=component.name, **_arguments(component.wanted))
        if index.state != "ok":
            client.indices.put_index_template(name=index.name, **_arguments(index.wanted))
    return parts


def parts_of(client: Elasticsearch) -> tuple[Part, Part]:
    """The component template and the index template. Raises what the client raises."""
    component = component_template()
    if client.info()["version"].get("build_flavor") == SERVERLESS:
        del component["template"]["settings"]  # there is no index life-cycle management to be preferred there
    return (
        Part("component template", PACKAGE, component, _found_component(client)),
        Part("index template", NAME, index_template(), _found_index(client)),
    )


def exists(client: Elasticsearch, stream: str) -> bool:
    """Whether the data stream is there. Raises what the client raises."""
    found = client.indices.resolve_index(name=stream, expand_wildcards="all", ignore_unavailable=True)
    return bool(found["data_streams"])


def newest_type(client: Elasticsearch, stream: str, field: str) -> str | None:
    """The type of a field in the index that the stream writes to now; None where it has none there yet.

    Raises what the client raises.
    """
    found = client.indices.get_field_mapping(fields=field, index=stream)
    newest = max(found, key=lambda index: index.rpartition("-")[2], default=None)
    fields = found[newest]["mappings"] if newest else {}
    return next((str(one["type"]) for one in fields.get(field, {}).get("mapping", {}).values()), None)


def is_installed(client: Elasticsearch) -> bool:
    """Whether our index template is there: without it a stock one would make streams with other types of fields.

    Raises what the client raises.
    """
    return bool(client.indices.exists_index_template(name=NAME))


@contextmanager
def _allowed() -> Iterator[None]:
    """A login that may deliver may not do this, and what is said of it elsewhere would not help. Raises Unavailable."""
    try:
        yield
    except AuthorizationException as error:
        raise Unavailable(
            "Elasticsearch answered 403: installing templates needs a login with the cluster privilege "
            "manage_index_templates; run it once with one that has it",
            retry_after=OPERATOR_SECONDS,
        ) from error


def _found_component(client: Elasticsearch) -> Template | None:
    try:
        answer = client.cluster.get_component_template(name=PACKAGE, flat_settings=True)
    except NotFoundError:
        return None
    found: Template = answer["component_templates"][0]["component_template"]
    return found


def _found_index(client: Elasticsearch) -> Template | None:
    try:
        answer = client.indices.get_index_template(name=NAME, flat_settings=True)
    except NotFoundError:
        return None
    found: Template = answer["index_templates"][0]["index_template"]
    return found


def _holds(found: object, wanted: object) -> bool:
    """Whether `found` says all that `wanted` does; a cluster adds defaults and writes truth values as text."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(_holds, found, wanted))
    if isinstance(wanted, bool):
        return found in (wanted, str(wanted).lower())
    return found == wanted


def _arguments(template: Template) -> dict[str, Any]:
    return {"meta" if key == "_meta" else key: value for key, value in template.items()}


def _read(name: str) -> Template:
    document: Template = orjson.loads((folder() / name).read_bytes())
    return document
