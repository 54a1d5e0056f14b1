"""What a check asks a cluster: each node and its time, what the login may do, whether there are data streams."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar, cast

from elastic_transport import TransportError
from elasticsearch import ApiError, AuthorizationException, Elasticsearch

from runtime.errors import Unavailable
from sinks.addresses import telling
from sinks.clock import require_same_time, time_of
from sinks.elastic.client import connect, translated
from sinks.elastic.judge import OPERATOR_SECONDS
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.templates import CUSTOM, INSTALL, NAME, Part, exists, is_installed, newest_type, parts_of

T = TypeVar("T")

WORDS = {"missing": "is missing", "differs": "is not the one of this release"}
ADDRESS = "source.ip"
CREATE_DOC, AUTO_CONFIGURE = "create_doc", "auto_configure"


def check(settings: ElasticSettings, streams: Sequence[str]) -> str:
    """One sentence on what was reached. Raises Unavailable, ConfigError."""
    for url in settings.urls or (None,):
        node = settings if url is None else settings.model_copy(update={"url": url})
        with telling(node.where, settings.urls), connect(node) as client, translated(node):
            cluster = _greet(client, node.where)
    with connect(settings) as client:
        there = _seen(lambda: {name for name in streams if exists(client, name)})
        _require_privileges(client, streams, there or set())
        installed = _seen(lambda: is_installed(client))
        parts = _seen(lambda: parts_of(client)) or ()
        types = _seen(lambda: {name: newest_type(client, name, ADDRESS) for name in sorted(there or ())}) or {}
    _require_template(installed, parts, sorted(there or ()))
    _require_addresses(types)
    if there is None or installed is None:
        return f"{cluster}: data streams {' and '.join(streams)}, which this login may write to and not look at"
    return f"{cluster}: data streams {' and '.join(streams)}"


def _greet(client: Elasticsearch, where: str) -> str:
    """What it calls itself; a login that may do nothing but write is not told."""
    try:
        answer = client.info()
    except AuthorizationException:
        return f"Elasticsearch at {where}"
    require_same_time(f"Elasticsearch at {where}", _time(client, time_of(answer.meta.headers)))
    return f"Elasticsearch {answer['version']['number']}, cluster {answer['cluster_name']}"


def _time(client: Elasticsearch, said: float | None) -> float | None:
    """Elasticsearch itself sends no header with the time; who may monitor it is told in another way."""
    if said is None:
        with suppress(ApiError, TransportError, ValueError, KeyError):
            (health,) = cast(Sequence[Mapping[str, str]], client.cat.health(format="json", h="epoch").body)
            return float(health["epoch"])
    return said


def _seen(look: Callable[[], T]) -> T | None:
    """None where the login may not look, which is no fault."""
    try:
        return look()
    except (ApiError, TransportError):
        return None


def _require_template(installed: bool | None, parts: Sequence[Part], there: Sequence[str]) -> None:
    """As we ship it: another gives other types of fields. What a login may not see is no fault. Raises Unavailable."""
    wrong = [f"the {part.kind} {part.name} {WORDS[part.state]}" for part in parts if part.state != "ok"]
    if installed is False:
        wrong = [f"the index template {NAME} is missing"]
    if not wrong:
        return
    anew = (
        f", then let the streams begin anew ({', '.join(f'POST {name}/_rollover' for name in there)})" if there else ""
    )
    raise Unavailable(f"{wrong[0]}: {INSTALL}{anew}; what is yours belongs in {CUSTOM}", retry_after=OPERATOR_SECONDS)


def _require_addresses(types: Mapping[str, str | None]) -> None:
    """Of the streams that are there: what another template made before ours was there stays so. Raises Unavailable."""
    wrong = [name for name, kind in types.items() if kind not in (None, "ip")]
    if wrong:
        raise Unavailable(
            f"{ADDRESS} of {' and '.join(wrong)} is {types[wrong[0]]}, no address: another template made it; "
            f"let it begin anew with ours ({', '.join(f'POST {name}/_rollover' for name in wrong)})",
            retry_after=OPERATOR_SECONDS,
        )


def _require_privileges(client: Elasticsearch, streams: Sequence[str], there: Collection[str]) -> None:
    """Only where the cluster has security and says so; another answer is no news."""
    wanted = {"names": list(streams), "privileges": [CREATE_DOC, AUTO_CONFIGURE]}
    try:
        answer = client.security.has_privileges(index=[wanted])
    except (ApiError, TransportError):
        return
    for name in streams:
        has = answer["index"].get(name, {})
        needed = [CREATE_DOC] if name in there else [CREATE_DOC, AUTO_CONFIGURE]
        if lacking := [privilege for privilege in needed if not has.get(privilege)]:
            raise Unavailable(
                f"the login may not write: it lacks {' and '.join(lacking)} on {name}", retry_after=OPERATOR_SECONDS
            )
