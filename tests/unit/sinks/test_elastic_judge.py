"""Every answer of a bulk request and what becomes of the documents."""

import pytest

from sinks.elastic.judge import judge
from sinks.judgement import Judgement

CONFLICT = "version_conflict_engine_exception"


def item(status: int, error: str | None = None, reason: str = "", failure_store: str | None = None) -> object:
    result: dict[str, object] = {"status": status}
    if error:
        result["error"] = {"type": error, "reason": reason}
    if failure_store:
        result["failure_store"] = failure_store
    return {"create": result}


def judged(*items: object) -> Judgement:
    return judge(200, {}, {"errors": True, "items": list(items)}, len(items))


GOOD = item(201)
NO_PIPELINE = item(400, "illegal_argument_exception", "pipeline with id [geo] does not exist")


@pytest.mark.parametrize("store", [None, "not_applicable_or_unknown", "not_enabled"])
def test_created_is_accepted(store: str | None) -> None:
    judgement = judged(item(201, failure_store=store), GOOD)

    assert judgement == Judgement(accepted=range(2))


def test_the_failure_store_is_a_rejection_although_the_item_says_created() -> None:
    judgement = judged(GOOD, item(201, failure_store="used"), GOOD)

    assert judgement.accepted == [0, 2]
    assert [(index, reason.code) for index, reason in judgement.rejected] == [(1, "failure-store")]
    assert judgement.trouble is None


def test_a_conflict_with_our_own_id_is_accepted_and_counted() -> None:
    judgement = judged(item(409, CONFLICT), GOOD, item(409, CONFLICT))

    assert judgement == Judgement(accepted=[0, 1, 2], rejected=[], duplicates=2)


@pytest.mark.parametrize(
    "error",
    [
        "document_parsing_exception",
        "mapper_parsing_exception",
        "strict_dynamic_mapping_exception",
        "illegal_argument_exception",
        "action_request_validation_exception",
    ],
)
@pytest.mark.parametrize("store", [None, "failed", "not_enabled"])
def test_a_document_that_is_blamed_is_rejected_alone(error: str, store: str | None) -> None:
    judgement = judged(GOOD, item(400, error, failure_store=store), GOOD)

    assert judgement.accepted == [0, 2]
    assert [(index, reason.code) for index, reason in judgement.rejected] == [(1, error)]
    assert judgement.trouble is None


def test_a_rejection_names_the_field_and_never_its_value() -> None:
    reason = "[1:84] failed to parse field [source.ip] of type [ip]. Preview of field's value: 'secret'"

    ((_, blamed),) = judged(item(400, "document_parsing_exception", reason)).rejected

    assert "source.ip" in blamed.message
    assert "secret" not in blamed.message


@pytest.mark.parametrize(
    ("bad", "seconds", "says"),
    [
        pytest.param(item(429, "es_rejected_execution_exception"), None, "overloaded", id="429 queue full"),
        pytest.param(item(429, "circuit_breaking_exception"), None, "memory", id="429 circuit breaker"),
        pytest.param(item(500, "internal_error"), None, "500", id="500"),
        pytest.param(item(502), None, "502", id="502"),
        pytest.param(item(503, "unavailable_shards_exception"), None, "unavailable_shards", id="503"),
        pytest.param(item(504), None, "504", id="504"),
        pytest.param(item(404, "index_not_found_exception"), 30.0, "sk2siem init", id="404 no data stream"),
        pytest.param(item(403, "cluster_block_exception"), 30.0, "disk full", id="403 blocked"),
        pytest.param(item(403, "security_exception"), 30.0, "create_doc", id="403 privilege"),
        pytest.param(item(400, "validation_exception"), 30.0, "shards", id="400 that blames the cluster"),
        pytest.param(item(400, "index_closed_exception"), 30.0, "closed", id="400 a closed index"),
        pytest.param(NO_PIPELINE, 30.0, "ingest pipeline", id="400 an ingest pipeline that is not there"),
        pytest.param(item(409, "other_exception"), None, "409", id="409 of another kind"),
        pytest.param(item(200), 30.0, "200", id="200, as only an update says"),
        pytest.param(item(418), 30.0, "418", id="an unknown status"),
        pytest.param({"index": {"status": 201}}, 30.0, "not known", id="another action"),
        pytest.param("created", 30.0, "not known", id="not an item"),
    ],
)
def test_every_other_item_is_held_and_its_neighbours_are_not(bad: object, seconds: float | None, says: str) -> None:
    judgement = judged(GOOD, bad, GOOD)

    assert judgement.accepted == [0, 2]
    assert not judgement.rejected
    assert judgement.trouble is not None
    assert judgement.trouble.retry_after == seconds
    assert says in str(judgement.trouble)


@pytest.mark.parametrize(
    ("status", "error", "seconds", "says"),
    [
        pytest.param(400, "parse_exception", 30.0, "400 parse_exception", id="400 the whole body"),
        pytest.param(401, "security_exception", 30.0, "SK2SIEM_ELASTIC", id="401 key"),
        pytest.param(403, "security_exception", 30.0, "create_doc", id="403 privilege"),
        pytest.param(404, None, 30.0, "SK2SIEM_ELASTIC__URL", id="404"),
        pytest.param(405, None, 30.0, "SK2SIEM_ELASTIC__URL", id="405"),
        pytest.param(406, "media_type_header_exception", 30.0, "Elasticsearch 9", id="406 an old server"),
        pytest.param(408, None, None, "408", id="408"),
        pytest.param(429, "circuit_breaking_exception", None, "memory", id="429"),
        pytest.param(500, None, None, "500", id="500"),
        pytest.param(502, None, None, "502", id="502"),
        pytest.param(503, None, None, "503", id="503"),
        pytest.param(504, None, None, "504", id="504"),
        pytest.param(302, None, 30.0, "302", id="a redirect"),
    ],
)
def test_a_request_that_failed_is_held_as_a_whole(
    status: int, error: str | None, seconds: float | None, says: str
) -> None:
    body = {"error": {"type": error}, "status": status} if error else "<html>no</html>"

    judgement = judge(status, {}, body, 3)

    assert judgement.trouble is not None
    assert says in str(judgement.trouble)
    assert judgement == Judgement(trouble=judgement.trouble)
    assert judgement.trouble.retry_after == seconds


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty object"),
        pytest.param({"errors": False, "items": [GOOD]}, id="fewer items than documents"),
        pytest.param({"errors": False, "items": None}, id="no items"),
        pytest.param("<html>welcome</html>", id="a page"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_200_that_does_not_speak_of_every_document_is_held(body: object) -> None:
    judgement = judge(200, {}, body, 3)

    assert judgement.trouble is not None
    assert not judgement.accepted


def test_a_request_with_an_invalid_action_is_halved() -> None:
    judgement = judge(400, {}, {"error": {"type": "action_request_validation_exception"}, "status": 400}, 3)

    assert judgement.blamed is not None
    assert judgement.blamed.code == "action_request_validation_exception"


def test_413_halves_the_request() -> None:
    judgement = judge(413, {}, "<html>", 3)

    assert judgement.blamed is not None
    assert judgement.blamed.code == "too-large"


def test_retry_after_is_honoured() -> None:
    judgement = judge(429, {"Retry-After": "9"}, "", 3)

    assert judgement.trouble is not None
    assert judgement.trouble.retry_after == 9.0
