"""Every answer of HEC and what becomes of the events: accepted, blamed, sent again, held."""

import pytest

from sinks.judgement import Judgement
from sinks.splunk.judge import Answer, acknowledged, document_of, judge

COUNT = 4
SMALL = 4_000


def answer(status: int, code: int | None = None, number: int | None = None, retry_after: str | None = None) -> Answer:
    content: dict[str, object] = {"text": "whatever", "code": code}
    if number is not None:
        content["invalid-event-number"] = number
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Answer(status, headers, None if code is None else content)


def judged(given: Answer, *, count: int = COUNT, size: int = SMALL) -> Judgement:
    return judge(given, count, size)


def words(judgement: Judgement) -> str:
    assert judgement.trouble is not None
    return str(judgement.trouble)


@pytest.mark.parametrize(
    ("code", "slow"),
    [
        pytest.param(0, False, id="0 success"),
        pytest.param(24, True, id="24 queue nearly full"),
        pytest.param(25, True, id="25 acknowledgement nearly full"),
    ],
)
def test_all_are_accepted(code: int, slow: bool) -> None:
    judgement = judged(answer(200, code))

    assert judgement == Judgement(accepted=range(COUNT), slow=slow)


@pytest.mark.parametrize("code", [6, 12, 13, 15])
@pytest.mark.parametrize("number", range(COUNT))
def test_a_numbered_event_is_rejected_and_what_stands_before_it_is_accepted(code: int, number: int) -> None:
    judgement = judged(answer(400, code, number))

    assert list(judgement.accepted) == list(range(number))
    assert [(index, reason.code) for index, reason in judgement.rejected] == [(number, f"hec-{code}")]
    assert list(judgement.again) == list(range(number + 1, COUNT))
    assert judgement.trouble is None


@pytest.mark.parametrize(
    ("given", "size"),
    [
        pytest.param(answer(400, 5), SMALL, id="5 never has a number"),
        pytest.param(answer(400, 6), SMALL, id="6 without a number"),
        pytest.param(answer(400, 6, COUNT), SMALL, id="6 with a number past the end"),
        pytest.param(answer(400, 6, -1), SMALL, id="6 with a number before the start"),
        pytest.param(answer(400, 6, 0), 1_048_577, id="6 number 0 of a large body: Splunk Cloud's limit"),
        pytest.param(answer(413), SMALL, id="413 from Splunk"),
        pytest.param(Answer(413, {}, document_of(b"<html>too large</html>")), SMALL, id="413 from a proxy"),
    ],
)
def test_blame_that_names_nobody_halves_the_request(given: Answer, size: int) -> None:
    judgement = judged(given, size=size)

    assert judgement.blamed is not None
    assert not judgement.accepted
    assert not judgement.rejected


@pytest.mark.parametrize(
    ("number", "taken"),
    [
        pytest.param(1, 0, id="number 1 is the first event"),
        pytest.param(3, 2, id="number 3 is the third event"),
        pytest.param(4, 3, id="number 4 is the last event"),
        pytest.param(5, 0, id="out of range"),
        pytest.param(0, 0, id="0 cannot be"),
        pytest.param(None, 0, id="no number"),
    ],
)
def test_a_wrong_index_accepts_the_prefix_and_holds_the_rest(number: int | None, taken: int) -> None:
    judgement = judged(answer(400, 7, number))

    assert list(judgement.accepted) == list(range(taken))
    assert not judgement.rejected
    assert not judgement.again
    assert "SK2SIEM_SPLUNK__INDEX" in words(judgement)


@pytest.mark.parametrize(
    ("given", "seconds", "says"),
    [
        pytest.param(answer(403, 1), 30.0, "403 code 1, Token disabled", id="1 token disabled"),
        pytest.param(answer(401, 2), 30.0, "SK2SIEM_SPLUNK__TOKEN", id="2 no token"),
        pytest.param(answer(401, 3), 30.0, "SK2SIEM_SPLUNK__TOKEN", id="3 invalid authorization"),
        pytest.param(answer(403, 4), 30.0, "SK2SIEM_SPLUNK__TOKEN", id="4 invalid token"),
        pytest.param(answer(500, 8), None, "500 code 8", id="8 internal error"),
        pytest.param(answer(503, 9), None, "Server is busy", id="9 busy"),
        pytest.param(answer(503, 9, 2), None, "Server is busy", id="9 with a number: nothing is taken for granted"),
        pytest.param(answer(400, 10), 30.0, "acknowledgement off", id="10 channel missing"),
        pytest.param(answer(400, 11), 30.0, "acknowledgement off", id="11 channel invalid"),
        pytest.param(answer(400, 14), 30.0, "ACK is disabled", id="14 acknowledgement disabled"),
        pytest.param(answer(400, 16), 30.0, "?token=", id="16 token in the query"),
        pytest.param(answer(200, 17), 30.0, "200 code 17", id="17 healthy is no delivery"),
        pytest.param(answer(503, 18), None, "queues are full", id="18 queues full"),
        pytest.param(answer(503, 19), None, "503 code 19", id="19 acknowledgement unavailable"),
        pytest.param(answer(503, 20), None, "503 code 20", id="20 both"),
        pytest.param(answer(400, 21), 30.0, "SK2SIEM_SPLUNK__TOKEN", id="21 health: invalid token"),
        pytest.param(answer(400, 22), 30.0, "Token disabled", id="22 health: token disabled"),
        pytest.param(answer(503, 23), None, "shutting down", id="23 shutting down"),
        pytest.param(answer(429, 26), None, "at capacity", id="26 queue at capacity"),
        pytest.param(answer(429, 27), None, "at capacity", id="27 acknowledgement at capacity"),
        pytest.param(answer(400, 28), 30.0, "acknowledgement off", id="28 Cloud: channel missing"),
        pytest.param(answer(400, 99), 30.0, "400 code 99", id="an unknown code"),
        pytest.param(answer(503, 6, 1), None, "503 code 6", id="the status goes before the code"),
        pytest.param(answer(200, 6, 1), 30.0, "200 code 6", id="a blame under 200 is none"),
        pytest.param(answer(404, 404), 30.0, "SK2SIEM_SPLUNK__URL", id="404 in Splunk's words"),
        pytest.param(answer(200), 30.0, "proxy", id="200 without a body"),
        pytest.param(Answer(200, {}, document_of(b"<html>welcome</html>")), 30.0, "proxy", id="200 with a page"),
        pytest.param(Answer(200, {}, document_of(b'"ok"')), 30.0, "proxy", id="200 with other JSON"),
        pytest.param(Answer(400, {}, document_of(b"<html>bad request</html>")), 30.0, "proxy", id="400 with a page"),
        pytest.param(answer(401), 30.0, "SK2SIEM_SPLUNK__TOKEN", id="401 without a body"),
        pytest.param(answer(403), 30.0, "SK2SIEM_SPLUNK__TOKEN", id="403 without a body"),
        pytest.param(answer(404), 30.0, "SK2SIEM_SPLUNK__URL", id="404 without a body"),
        pytest.param(answer(405), 30.0, "SK2SIEM_SPLUNK__URL", id="405"),
        pytest.param(answer(408), None, "408", id="408"),
        pytest.param(answer(415), 30.0, "GZIP", id="415"),
        pytest.param(answer(429), None, "429", id="429 without a body"),
        pytest.param(Answer(502, {}, document_of(b"<html>bad gateway</html>")), None, "502", id="502 from a proxy"),
        pytest.param(answer(302), 30.0, "302", id="a redirect"),
        pytest.param(answer(204), 30.0, "204", id="204"),
        pytest.param(answer(503, 9, retry_after="7"), 7.0, "busy", id="Retry-After on 503"),
        pytest.param(answer(429, 26, retry_after="2"), 2.0, "capacity", id="Retry-After on 429"),
    ],
)
def test_everything_else_is_held(given: Answer, seconds: float | None, says: str) -> None:
    judgement = judged(given)

    assert not judgement.accepted
    assert not judgement.rejected
    assert judgement.blamed is None
    assert says in words(judgement)
    assert judgement.trouble is not None
    assert judgement.trouble.retry_after == seconds


def test_no_answer_settles_an_event_by_silence() -> None:
    """A number that is no whole number is no number."""
    given = Answer(400, {}, document_of(b'{"text":"x","code":6,"invalid-event-number":"1"}'))

    assert judged(given).blamed is not None


def test_an_acknowledgement_of_what_is_no_id_is_passed_over() -> None:
    acks = {"3": True, "9" * 5_000: True, "-1": True, "four": True, "5": False}

    assert acknowledged(Answer(200, {}, {"acks": acks})) == {3}
