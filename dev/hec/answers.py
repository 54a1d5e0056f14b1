"""What a HEC says: every code with its HTTP status and text, rendered as the bytes a Splunk server sends."""

import json
from dataclasses import dataclass

JSON_TYPE = "application/json; charset=UTF-8"
HTML_TYPE = "text/html; charset=UTF-8"

CODES: dict[int, tuple[int, str]] = {
    0: (200, "Success"),
    1: (403, "Token disabled"),
    2: (401, "Token is required"),
    3: (401, "Invalid authorization"),
    4: (403, "Invalid token"),
    5: (400, "No data"),
    6: (400, "Invalid data format"),
    7: (400, "Incorrect index"),
    8: (500, "Internal server error"),
    9: (503, "Server is busy"),
    10: (400, "Data channel is missing"),
    11: (400, "Invalid data channel"),
    12: (400, "Event field is required"),
    13: (400, "Event field cannot be blank"),
    14: (400, "ACK is disabled"),
    15: (400, "Error in handling indexed fields"),
    16: (400, "Query string authorization is not enabled"),
    17: (200, "HEC is healthy"),
    18: (503, "HEC is unhealthy, queues are full"),
    19: (503, "HEC is unhealthy, ack service unavailable"),
    20: (503, "HEC is unhealthy, queues are full, ack service unavailable"),
    21: (400, "Invalid token"),
    22: (400, "Token disabled"),
    23: (503, "Server is shutting down"),
    24: (200, "HEC queue is approaching its capacity limit"),
    25: (200, "HEC ACK is approaching its capacity limit"),
    26: (429, "HEC queue is at capacity"),
    27: (429, "HEC ACK channel is at capacity"),
    28: (
        400,
        (
            "Data channel is missing. If you have multiple indexers, sticky session load balancers "
            "must be provisioned and client requests must be routed accordingly."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `code` and `ack_id` repeat what a HEC body says. `reset` tears the connection instead."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    code: int | None = None
    ack_id: int | None = None
    reset: bool = False


class Refused(Exception):
    """The request as a whole is refused: nothing of it is taken."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def hec(code: int, *, number: int | None = None, ack_id: int | None = None, status: int | None = None) -> Answer:
    """The answer for a HEC code; `status` overrides the one the code normally comes with."""
    usual, text = CODES.get(code, (500, "Unknown"))
    content: dict[str, object] = {"text": text, "code": code}
    if number is not None:
        content["invalid-event-number"] = number
    if ack_id is not None:
        content["ackId"] = ack_id
    return Answer(status or usual, _render(content), code=code, ack_id=ack_id)


def acknowledged(acks: dict[int, bool]) -> Answer:
    """The answer to a poll of acknowledgements: JSON keys are text."""
    return Answer(200, _render({"acks": {str(ack_id): known for ack_id, known in acks.items()}}))


def unknown_url(status: int = 404, allow: str | None = None) -> Answer:
    """Splunk answers 404 and 405 with the same body; its `code` is no HEC code (measured on 10.4.3)."""
    body = _render({"text": "The requested URL was not found on this server.", "code": 404})
    return Answer(status, body, headers=(("Allow", allow),) if allow else ())


def html(status: int, text: str) -> Answer:
    """What a proxy, or Splunk's own HTTP layer (415), puts in the way of HEC."""
    page = f"<!doctype html><html><head><title>{status} {text}</title></head><body><h1>{text}</h1></body></html>"
    return Answer(status, page.encode(), HTML_TYPE)


def document(content: object, status: int = 200) -> Answer:
    """An answer of the control path."""
    return Answer(status, _render(content))


def _render(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
