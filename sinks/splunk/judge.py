"""What an answer of the HTTP Event Collector means: by HTTP status first, by HEC code second."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from runtime.errors import Unavailable
from runtime.flow import Reason
from sinks.judgement import Judgement, retry_after

# HEC codes, as Splunk documents them; 28 is Splunk Cloud's variant of 10
TAKEN = frozenset({0, 24, 25})
TAKEN_BUT_NEARLY_FULL = frozenset({24, 25})
BLAMES_AN_EVENT = {
    5: "No data",
    6: "Invalid data format",
    12: "Event field is required",
    13: "Event field cannot be blank",
    15: "Error in handling indexed fields",
}
INVALID_FORMAT = 6
ACK_DISABLED = 14
ACK_ID = re.compile("[0-9]{1,19}")
INCORRECT_INDEX = 7
ACKNOWLEDGES = (
    "turn indexer acknowledgement off for this token, or set SK2SIEM_SPLUNK__ACKNOWLEDGEMENT=true "
    "(several indexers behind one address must keep a channel with one of them)"
)
CONFIGURATION = {
    1: "Token disabled: enable the token in Splunk",
    2: "Token is required: set SK2SIEM_SPLUNK__TOKEN",
    3: "Invalid authorization: set SK2SIEM_SPLUNK__TOKEN to the token alone",
    4: "Invalid token: set SK2SIEM_SPLUNK__TOKEN to a token that Splunk knows",
    7: "Incorrect index: allow the index for this token, or change SK2SIEM_SPLUNK__INDEX",
    10: f"Data channel is missing: {ACKNOWLEDGES}",
    11: f"Invalid data channel: {ACKNOWLEDGES}",
    14: "ACK is disabled: turn indexer acknowledgement on for this token, or set SK2SIEM_SPLUNK__ACKNOWLEDGEMENT=false",
    16: "Query string authorization is not enabled: take ?token= out of SK2SIEM_SPLUNK__URL",
    17: "HEC is healthy: so answers its health endpoint alone; check SK2SIEM_SPLUNK__URL",
    21: "Invalid token: set SK2SIEM_SPLUNK__TOKEN to a token that Splunk knows",
    22: "Token disabled: enable the token in Splunk",
    28: f"Data channel is missing: {ACKNOWLEDGES}",
}
OVERLOAD = {
    8: "Internal server error",
    9: "Server is busy",
    18: "queues are full",
    19: "acknowledgement service unavailable",
    20: "queues full and acknowledgement service unavailable",
    23: "Server is shutting down",
    26: "queue is at capacity",
    27: "acknowledgement channel is at capacity",
}
BY_STATUS = {
    401: "the token is refused: set SK2SIEM_SPLUNK__TOKEN",
    403: "the token is refused: set SK2SIEM_SPLUNK__TOKEN",
    404: "no HTTP Event Collector there: check SK2SIEM_SPLUNK__URL",
    405: "no HTTP Event Collector there: check SK2SIEM_SPLUNK__URL",
    407: "the proxy on the way asks for a login: set SK2SIEM_SPLUNK__PROXY_USERNAME and SK2SIEM_SPLUNK__PROXY_PASSWORD",
    415: "the request is not understood: try SK2SIEM_SPLUNK__GZIP=false, or look for a proxy in the way",
}

# Splunk Cloud refuses a body over its limit with code 6 and number 0, whatever event 0 is
SURELY_SMALL_ENOUGH = 1_048_576
OPERATOR_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`document` is the JSON of its body; None for a page of HTML, an empty body, or anything else that is none."""

    status: int
    headers: Mapping[str, str]
    document: object


@dataclass(frozen=True, slots=True)
class Reply:
    """What HEC says in a body: its code, for some codes the number of the event that it blames, and the id under
    which it will acknowledge what it took."""

    code: int
    number: int | None
    ack_id: int | None = None


def judge(answer: Answer, count: int, size: int) -> Judgement:
    """The fate of the `count` events of a request whose body had `size` bytes before compression."""
    if answer.status == 413:
        return Judgement(blamed=Reason("too-large", "Splunk answered 413: the event is larger than it takes"))
    reply = read(answer)
    if answer.status == 200 and reply and reply.code in TAKEN:
        return Judgement(accepted=range(count), slow=reply.code in TAKEN_BUT_NEARLY_FULL)
    if answer.status == 400 and reply and reply.code in BLAMES_AN_EVENT:
        return _blame(reply, count, size)
    if answer.status == 400 and reply and reply.code == INCORRECT_INDEX:
        return Judgement(accepted=range(_before_wrong_index(reply, count)), trouble=trouble(answer, reply))
    return Judgement(trouble=trouble(answer, reply))


def trouble(answer: Answer, reply: Reply | None) -> Unavailable:
    """Why events are held. Where only a person can help the wait is long, else the loop's own backoff counts."""
    passes = answer.status in (408, 429) or answer.status >= 500
    wait = retry_after(answer.headers)
    return Unavailable(
        f"Splunk answered {_in_words(answer, reply)}",
        retry_after=wait if wait is not None or passes else OPERATOR_SECONDS,
    )


def document_of(body: bytes) -> object:
    """See `Answer`."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def read(answer: Answer) -> Reply | None:
    """None for what is not HEC's."""
    document = answer.document
    if not isinstance(document, dict) or type(document.get("code")) is not int:
        return None
    number, ack_id = document.get("invalid-event-number"), document.get("ackId")
    return Reply(document["code"], number if type(number) is int else None, ack_id if type(ack_id) is int else None)


def acknowledged(answer: Answer) -> set[int] | None:
    """The ids that an answer on acknowledgements calls true; None when it is not such an answer.

    `false` says nothing: pending, not known, told before, or lost.
    """
    acks = answer.document.get("acks") if isinstance(answer.document, dict) else None
    if answer.status != 200 or type(acks) is not dict:
        return None
    return {int(number) for number, known in acks.items() if known is True and ACK_ID.fullmatch(number)}


def _blame(reply: Reply, count: int, size: int) -> Judgement:
    """Splunk stops at the event it blames: those before it are indexed, it and those after it are not."""
    reason = Reason(f"hec-{reply.code}", f"Splunk blames the event: code {reply.code}, {BLAMES_AN_EVENT[reply.code]}")
    number = reply.number
    too_large_as_a_whole = reply.code == INVALID_FORMAT and number == 0 and size > SURELY_SMALL_ENOUGH
    if number is None or not 0 <= number < count or too_large_as_a_whole:
        return Judgement(blamed=reason)
    return Judgement(accepted=range(number), rejected=[(number, reason)], again=range(number + 1, count))


def _before_wrong_index(reply: Reply, count: int) -> int:
    """How many were indexed before the event with the wrong index. For this code alone the number counts from 1."""
    return reply.number - 1 if reply.number is not None and 1 <= reply.number <= count else 0


def _in_words(answer: Answer, reply: Reply | None) -> str:
    if reply is None:
        what = BY_STATUS.get(answer.status, "not in the words of its HTTP Event Collector: is a proxy in the way?")
        return f"{answer.status}, {what}"
    known = CONFIGURATION.get(reply.code) or OVERLOAD.get(reply.code) or BY_STATUS.get(answer.status)
    return (
        f"{answer.status} code {reply.code}, {known or 'which is not known: see the documents of your Splunk release'}"
    )
