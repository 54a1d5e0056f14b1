"""Each answer that a bulk request can get, and what the sink makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.elastic_node import Fault, ItemFault, RequestFault

SOME = (3, 4, 250, 499)
CONFLICT = "version_conflict_engine_exception"


@dataclass(frozen=True)
class Row:
    """A fault, how its answers are counted, and what the log says; `dead`: so many become dead letters, and why.

    `again`: how many documents are sent a second time. `settings` of the sink are changed; `after` another request the
    fault comes; `over_tls` the connections are that break.
    """

    fault: Fault
    code: str = "200"
    says: str = ""
    dead: tuple[int, str] | None = None
    again: int | None = 0
    duplicates: int = 0
    settings: Mapping[str, object] = field(default_factory=dict)
    after: tuple[Fault, ...] = ()
    over_tls: bool = False


ALONE = {"requests_in_parallel": 1}
HONEST = ItemFault((), 201)


def held(status: int, error: str | None, says: str) -> Row:
    return Row(ItemFault(SOME, status, error), says=says, again=len(SOME))


def rejected(status: int, error: str | None, failure_store: str | None = None) -> Row:
    reason = "failure-store" if failure_store == "used" else str(error)
    says = "failure store" if failure_store == "used" else str(error)
    return Row(ItemFault(SOME, status, error, failure_store), says=says, dead=(len(SOME), reason))


def whole(status: int, error: str | None, says: str, **more: object) -> Row:
    return Row(RequestFault(status, error, times=2, **more), str(status), says, again=None)  # type: ignore[arg-type]


ROWS = {
    "item 201 in the failure store": rejected(201, None, "used"),
    "item 200, as only an update says": held(200, None, "200"),
    "item 409 with our own id": Row(ItemFault(SOME, 409, CONFLICT, stores=True), duplicates=len(SOME)),
    "item 409 of another kind": held(409, "other_exception", "409"),
    "item 429 queue full": held(429, "es_rejected_execution_exception", "overloaded"),
    "item 429 circuit breaker": held(429, "circuit_breaking_exception", "short of memory"),
    "item 500": held(500, "internal_error", "500"),
    "item 502": held(502, None, "502"),
    "item 503 red shards": held(503, "unavailable_shards_exception", "unavailable_shards_exception"),
    "item 504": held(504, None, "504"),
    **{
        f"item 400 {error}": rejected(400, error)
        for error in (
            "document_parsing_exception",
            "mapper_parsing_exception",
            "strict_dynamic_mapping_exception",
            "illegal_argument_exception",
            "action_request_validation_exception",
        )
    },
    "item 400 that the failure store did not take": rejected(400, "document_parsing_exception", "failed"),
    "item 404 no data stream": held(404, "index_not_found_exception", "sk2siem init"),
    "item 403 disk flood": held(403, "cluster_block_exception", "is the disk full"),
    "item 403 privilege": held(403, "security_exception", "create_doc"),
    "item 400 no more shards": held(400, "validation_exception", "max_shards_per_node"),
    "item 400 a closed index": held(400, "index_closed_exception", "closed"),
    "request 401": whole(401, "security_exception", "SK2SIEM_ELASTIC__API_KEY"),
    "request 403": whole(403, "security_exception", "create_doc"),
    "request 400 the whole body": whole(400, "parse_exception", "look for a proxy"),
    "request 400 media type": whole(400, "media_type_header_exception", "Elasticsearch 9 is needed"),
    "request 400 one invalid action": Row(
        RequestFault(400, "action_request_validation_exception", times=9),
        "400",
        "action_request_validation_exception",
        dead=(1, "action_request_validation_exception"),
        again=None,
        settings=ALONE,
    ),
    "request 400 of one document alone": Row(
        RequestFault(400, "parse_exception"),
        "400",
        "look for a proxy",
        again=1,
        settings={"batch_events": 999, **ALONE},
        after=(HONEST,),
    ),
    "request 404": whole(404, None, "SK2SIEM_ELASTIC__URL"),
    "request 413": Row(RequestFault(413), "413", again=None),
    "request 413 for one document": Row(
        RequestFault(413, times=9), "413", "413", dead=(1, "too-large"), again=None, settings=ALONE
    ),
    "request 429": whole(429, "es_rejected_execution_exception", "overloaded"),
    "request 429 with Retry-After": whole(429, "circuit_breaking_exception", "memory", retry_after=3.0),
    "request 500": whole(500, None, "500"),
    "request 502": whole(502, None, "502", page=True),
    "request 503": whole(503, None, "503"),
    "request 504": whole(504, None, "504"),
    "a page with 200": Row(RequestFault(page=True, times=2), "200", "is not Elasticsearch", again=None),
    "an answer without the product's header": Row(
        RequestFault(product=False, items=500, times=2), "200", "is not Elasticsearch", again=None
    ),
    "fewer items than documents": Row(
        RequestFault(items=2, times=2), "200", "told of 2 documents where 500", again=None
    ),
    "a torn connection": Row(RequestFault(torn=True, times=2), "none", "cannot be reached", again=None),
    "a torn connection after documents were stored": Row(
        RequestFault(torn=True, takes=30), "none", "cannot be reached", again=None, duplicates=30
    ),
    "a torn connection of TLS": Row(
        RequestFault(torn=True, times=2), "none", "cannot be reached", again=None, over_tls=True
    ),
    "a torn connection of TLS after documents were stored": Row(
        RequestFault(torn=True, takes=30), "none", "cannot be reached", again=None, duplicates=30, over_tls=True
    ),
    "no answer in time": Row(
        RequestFault(delay_seconds=3, takes=500),
        "none",
        "did not answer in time",
        again=None,
        duplicates=500,
        settings={"timeout_seconds": 2},
    ),
}
