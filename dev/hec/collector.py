"""The HTTP Event Collector itself: from one request to one answer, as a Splunk server gives it, or a scripted fault."""

import json
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from gzip import decompress
from http import HTTPStatus
from typing import Protocol

from dev.hec.acks import Acks, is_channel
from dev.hec.answers import Answer, Refused, acknowledged, hec, html, unknown_url
from dev.hec.counts import Counts
from dev.hec.envelopes import INCORRECT_INDEX, NO_DATA, Rules, read_envelopes
from dev.hec.faults import Fault, FaultScript
from dev.hec.indexed import Indexed
from dev.hec.search import broken_off, export
from dev.hec.settings import Settings
from dev.hec.tokens import Token, authorize

CLOUD_MAX_BODY_BYTES = 5_242_881  # the largest that was seen to pass; refused somewhere below 6,000,000
BLAMES_BY_NUMBER = frozenset({6, 7, 12, 13, 15})  # what stands before the number is indexed

_ENDPOINTS = {
    "/services/collector": "event",
    "/services/collector/event": "event",
    "/services/collector/event/1.0": "event",
    "/services/collector/raw": "raw",
    "/services/collector/raw/1.0": "raw",
    "/services/collector/ack": "ack",
    "/services/collector/health": "health",
    "/services/collector/health/1.0": "health",
    "/services/search/jobs/export": "search",
}
_POST, _GET = "POST,OPTIONS", "GET,HEAD,OPTIONS"


class Headers(Protocol):
    """The headers of a request; names in any case."""

    def get(self, name: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body as it came over the wire."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    body: bytes


class Collector:
    """Plays HEC on what it has indexed, its acknowledgements and its faults; safe to call from many threads."""

    def __init__(self, indexed: Indexed, settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
        self.indexed = indexed
        self.settings = settings
        self.faults = FaultScript()
        self.counts = Counts()
        self._acks = Acks()
        self._sleep = sleep
        self._play: dict[str, Callable[[Request], Answer]] = {
            "event": self._take_envelopes,
            "raw": self._take_lines,
            "ack": self._tell_acks,
            "health": _tell_health,
            "search": self._search,
        }

    def answer(self, request: Request) -> Answer:
        endpoint = _ENDPOINTS.get(request.path)
        answer = self._answer(endpoint, request)
        self.counts.add(endpoint or "unknown", request_bytes=len(request.body), answer=answer)
        return answer

    def _answer(self, endpoint: str | None, request: Request) -> Answer:
        if endpoint is None:
            return unknown_url()
        allow = _GET if endpoint == "health" else _POST
        if request.method == "OPTIONS":
            return Answer(200, headers=(("Allow", allow),))
        if request.method not in allow.split(","):
            return unknown_url(405, allow)
        fault = self.faults.take(endpoint)
        return self._answer_honestly(endpoint, request) if fault is None else self._fail(fault, endpoint, request)

    def _answer_honestly(self, endpoint: str, request: Request) -> Answer:
        try:
            return self._play[endpoint](request)
        except Refused as refused:
            return refused.answer

    def _fail(self, fault: Fault, endpoint: str, request: Request) -> Answer:
        self.counts.add_fault()
        if fault.is_honest or fault.code in (24, 25):
            answer = self._answer_honestly(endpoint, request)
            if fault.fatal is not None:
                answer = broken_off(answer, fault.fatal)
            if fault.lose_ack and answer.ack_id is not None:
                self._acks.lose(_named_channel(request), answer.ack_id)
            if fault.code is not None and answer.code == 0:
                answer = hec(fault.code, ack_id=answer.ack_id)
        else:
            answer = _faulty_answer(fault, self._take_some(request, fault.takes))
        self._sleep(fault.delay_seconds)
        return answer

    def _take_some(self, request: Request, count: int) -> int | None:
        """Index so many; the id under which they are acknowledged, where the token asks for that."""
        if count == 0:
            return None
        try:
            token = _token(request)
            channel = self._channel(token, request)
            self.indexed.append(read_envelopes(self._body(request), self._rules(token)).lines[:count])
        except Refused:
            return None
        return self._open_ack(channel)

    def _take_envelopes(self, request: Request) -> Answer:
        token = _token(request)
        channel = self._channel(token, request)
        reading = read_envelopes(self._body(request), self._rules(token))
        self.indexed.append(reading.lines)
        # A refused batch with an accepted prefix is acknowledged too: its 400 carries the id of the prefix.
        ack_id = self._open_ack(channel) if reading.lines or not reading.code else None
        return hec(reading.code, number=reading.number, ack_id=ack_id)

    def _take_lines(self, request: Request) -> Answer:
        token = _token(request)
        channel = self._channel(token, request)
        metadata = {
            key: request.query[key] for key in ("host", "source", "sourcetype", "index") if key in request.query
        }
        if token.indexes is not None and metadata.get("index", "main") not in token.indexes:
            raise Refused(hec(INCORRECT_INDEX))
        lines = [line for line in self._body(request).decode(errors="replace").splitlines() if line.strip()]
        if not lines:
            raise Refused(hec(NO_DATA))
        self.indexed.append([json.dumps({**metadata, "event": line}, ensure_ascii=False) for line in lines])
        return hec(0, ack_id=self._open_ack(channel))

    def _tell_acks(self, request: Request) -> Answer:
        if not _token(request).use_ack:
            raise Refused(hec(14))
        channel = self._require_channel(request)
        return acknowledged(self._acks.poll(channel, _asked_acks(request.body)))

    def _search(self, request: Request) -> Answer:
        return export(self.indexed.read().splitlines(), request.headers.get("Authorization"), request.body)

    def _open_ack(self, channel: str | None) -> int | None:
        if channel is None:
            return None
        return self._acks.open(channel, delay_seconds=self.settings.ack_delay_seconds)

    def _channel(self, token: Token, request: Request) -> str | None:
        """A token without acknowledgement does not look at the channel (measured on 10.4.3)."""
        return self._require_channel(request) if token.use_ack else None

    def _require_channel(self, request: Request) -> str:
        channel = _named_channel(request)
        if not channel:
            raise Refused(hec(28 if self.settings.cloud else 10))
        if not is_channel(channel):
            raise Refused(hec(11))
        return channel

    def _body(self, request: Request) -> bytes:
        if len(request.body) > self.settings.max_body_bytes:
            raise Refused(html(413, "Request Entity Too Large"))
        body = _decompressed(request)
        if self.settings.cloud and len(body) > CLOUD_MAX_BODY_BYTES:
            raise Refused(hec(6, number=0))
        return body

    def _rules(self, token: Token) -> Rules:
        return Rules(token.indexes, self.settings.max_event_bytes)


def _token(request: Request) -> Token:
    return authorize(request.headers.get("Authorization"), in_query="token" in request.query)


def _named_channel(request: Request) -> str:
    return request.headers.get("X-Splunk-Request-Channel") or request.query.get("channel", "")


def _decompressed(request: Request) -> bytes:
    encoding = (request.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding == "identity":
        return request.body
    if encoding != "gzip":
        raise Refused(html(415, "Unsupported Media Type"))
    try:
        return decompress(request.body)
    except (OSError, EOFError, zlib.error):
        raise Refused(hec(6)) from None


def _asked_acks(body: bytes) -> list[int]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise Refused(hec(6)) from None
    acks = asked.get("acks") if isinstance(asked, dict) else None
    if not isinstance(acks, list) or not all(type(ack_id) is int for ack_id in acks):
        raise Refused(hec(6))
    return acks


def _tell_health(request: Request) -> Answer:
    """Needs no token, but minds a wrong one, in codes of its own."""
    if request.headers.get("Authorization") is None:
        return hec(17)
    try:
        _token(request)
    except Refused as refused:
        return hec(22 if refused.answer.code == 1 else 21)
    return hec(17)


def _faulty_answer(fault: Fault, ack_id: int | None) -> Answer:
    """`ack_id` is of the prefix that was taken: the answer that blames the event behind it carries it too."""
    headers = (("Retry-After", f"{fault.retry_after:g}"),) if fault.retry_after is not None else ()
    if fault.reset:
        return Answer(0, reset=True)
    if fault.html is not None:
        return replace(html(fault.html, _reason(fault.html)), headers=headers)
    if fault.code is None:
        return Answer(fault.status or 500, headers=headers)
    of_prefix = ack_id if fault.code in BLAMES_BY_NUMBER else None
    return replace(hec(fault.code, number=fault.number, ack_id=of_prefix, status=fault.status), headers=headers)


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else "Unknown"
