"""What an answer to a bulk request means: for the request by its status, else for each item by the item's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime.errors import Unavailable
from runtime.flow import Reason
from sinks.judgement import Judgement, retry_after

CONFLICT = "version_conflict_engine_exception"
# one action that cannot be valid, an id over 512 bytes for example, fails the whole request
INVALID_ACTION = "action_request_validation_exception"
# of our own: Elasticsearch calls it illegal_argument_exception, as it does with documents
MISSING_PIPELINE = "missing_pipeline"
NO_PIPELINE = re.compile(r"pipeline with id \[.*\] does not exist")
# a 400 that blames the cluster's state and not the document
NOT_THE_DOCUMENT = frozenset(
    {MISSING_PIPELINE, "validation_exception", "index_closed_exception", "invalid_index_name_exception"}
)
BY_STATUS = {
    400: "the request as a whole is not understood; look for a proxy in the way",
    401: "the login is refused: set SK2SIEM_ELASTIC__API_KEY, BEARER_TOKEN, or USERNAME and PASSWORD",
    403: "not allowed: the login needs create_doc and auto_configure on logs-ibmi.*-*",
    404: "there is no Elasticsearch at SK2SIEM_ELASTIC__URL",
    405: "there is no Elasticsearch at SK2SIEM_ELASTIC__URL",
    406: "the server is too old: Elasticsearch 9 is needed",
    415: "the server is too old: Elasticsearch 9 is needed",
    429: "it is overloaded",
}
BY_STATUS_OF_ITEM = {403: BY_STATUS[403]}
BY_TYPE = {
    "cluster_block_exception": "writing is blocked: is the disk full, or the index read-only?",
    "index_not_found_exception": "no template for this data stream: run `sk2siem init`, or allow auto_configure",
    "validation_exception": "the cluster takes no more shards: raise cluster.max_shards_per_node or delete indices",
    "index_closed_exception": "the index is closed: open it",
    "media_type_header_exception": "the server is too old: Elasticsearch 9 is needed",
    "es_rejected_execution_exception": "it is overloaded",
    "circuit_breaking_exception": "it is short of memory",
    MISSING_PIPELINE: "the index names an ingest pipeline that is not there: create it, or take it out of the template",
}
OPERATOR_SECONDS = 30.0
TOO_LARGE = Reason("too-large", "Elasticsearch answered 413: the document is larger than it takes")
FAILURE_STORE = Reason(
    "failure-store", "Elasticsearch put the document into the failure store: look there, it is not sent again"
)


@dataclass(slots=True)
class Fates:
    """Of the items of one answer, as they are read."""

    accepted: list[int] = field(default_factory=list)
    rejected: list[tuple[int, Reason]] = field(default_factory=list)
    trouble: Unavailable | None = None
    duplicates: int = 0

    def judgement(self) -> Judgement:
        return Judgement(self.accepted, self.rejected, trouble=self.trouble, duplicates=self.duplicates)


def judge(status: int, headers: Mapping[str, str], body: object, count: int) -> Judgement:
    """The fate of the `count` documents of a request; `body` is the decoded JSON, or text where it was none."""
    if status == 413:
        return Judgement(blamed=TOO_LARGE)
    if status == 400 and _type(body) == INVALID_ACTION:
        return Judgement(blamed=_blame({}, INVALID_ACTION))
    items = body.get("items") if isinstance(body, Mapping) else None
    if status == 200 and isinstance(items, list) and len(items) == count:
        return _judge_items(items)
    if status == 200:
        told = len(items) if isinstance(items, list) else 0
        why = f"Elasticsearch answered 200 and told of {told} documents where {count} were sent: is a proxy in the way?"
        return Judgement(trouble=Unavailable(why, retry_after=OPERATOR_SECONDS))
    return Judgement(trouble=trouble(status, headers, body))


def trouble(status: int, headers: Mapping[str, str], body: object) -> Unavailable:
    """Why a whole request is held. Where only a person can help the wait is long, else the loop's backoff counts."""
    kind = _type(body)
    passes = status in (408, 429) or status >= 500
    wait = retry_after(headers)
    return Unavailable(
        f"Elasticsearch answered {_in_words(status, kind, BY_STATUS)}",
        retry_after=wait if wait is not None or passes else OPERATOR_SECONDS,
    )


def _judge_items(items: list[object]) -> Judgement:
    if all(_is_created(item) for item in items):
        return Judgement(accepted=range(len(items)))
    fates = Fates()
    for index, item in enumerate(items):
        _judge_item(index, _of_create(item), fates)
    return fates.judgement()


def _is_created(item: object) -> bool:
    result = _of_create(item)
    return result.get("status") == 201 and result.get("failure_store") != "used"


def _judge_item(index: int, result: Mapping[str, object], fates: Fates) -> None:
    status, kind = result.get("status"), _kind(result)
    if status == 201:
        if result.get("failure_store") == "used":
            fates.rejected.append((index, FAILURE_STORE))
        else:
            fates.accepted.append(index)
    elif status == 409 and kind == CONFLICT:
        fates.accepted.append(index)
        fates.duplicates += 1
    elif status == 400 and kind not in NOT_THE_DOCUMENT:
        fates.rejected.append((index, _blame(result, kind)))
    else:
        fates.trouble = fates.trouble or _trouble_of_item(status, kind)


def _trouble_of_item(status: object, kind: str) -> Unavailable:
    passes = status in (408, 409, 429) or (isinstance(status, int) and status >= 500)
    return Unavailable(
        f"Elasticsearch holds documents back: {_in_words(status, kind, BY_STATUS_OF_ITEM)}",
        retry_after=None if passes else OPERATOR_SECONDS,
    )


def _blame(result: Mapping[str, object], kind: str) -> Reason:
    """Names the field but not its value: Elasticsearch repeats that in its reason."""
    found = re.search(r"field \[([\w.@-]{1,200})\]", _reason(result))
    where = f" at field {found[1]}" if found else ""
    return Reason(kind or "bad-document", f"Elasticsearch blames the document: 400 {kind}{where}")


def _kind(result: Mapping[str, object]) -> str:
    return MISSING_PIPELINE if NO_PIPELINE.match(_reason(result)) else _type(result)


def _reason(result: Mapping[str, object]) -> str:
    error = result.get("error")
    text = error.get("reason") if isinstance(error, Mapping) else None
    return text if isinstance(text, str) else ""


def _of_create(item: object) -> dict[str, object]:
    """A plain dictionary is what JSON is decoded to; asking for any mapping takes several times as long."""
    result = item.get("create") if isinstance(item, dict) else None
    return result if isinstance(result, dict) else {}


def _type(body: object) -> str:
    error = body.get("error") if isinstance(body, Mapping) else None
    kind = error.get("type") if isinstance(error, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _in_words(status: object, kind: str, by_status: Mapping[int, str]) -> str:
    what = BY_TYPE.get(kind) or (by_status.get(status) if isinstance(status, int) else None)
    if what is None and (not isinstance(status, int) or status < 500):
        what = "which is not known here: look into the logs of Elasticsearch"
    return " ".join(filter(None, [str(status), kind])) + (f", {what}" if what else "")
