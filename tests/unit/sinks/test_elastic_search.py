"""What Elasticsearch is asked for what it holds, by a login that may do less, and of an index that answers in part."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from runtime.errors import Unavailable
from schemas.records import EventId
from schemas.topics import ALERTS, VERDICTS
from sinks.elastic.search import NOT_REFRESHED_SECONDS, ElasticSearch
from sinks.elastic.settings import ElasticSettings
from sinks.search import Held
from tests.unit.sinks.samples import TIME

Answer = tuple[int, Mapping[str, Any]]
FORBIDDEN: Answer = (403, {"error": {"type": "security_exception", "reason": "no"}, "status": 403})
MISSING: Answer = (404, {"error": {"type": "index_not_found_exception", "reason": "no"}, "status": 404})
POINT: Answer = (200, {"id": "p"})
DONE: Answer = (200, {})
A, B = EventId("a"), EventId("b")


def hits(*ids: str, failed: int = 0) -> Answer:
    found = [{"_id": one, "sort": [place]} for place, one in enumerate(ids)]
    return 200, {"pit_id": "p", "_shards": {"failed": failed}, "hits": {"hits": found}}


@contextmanager
def answering(answers: Mapping[str, Answer]) -> Iterator[ElasticSearch]:
    """A node that gives these answers, by the last part of the path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            key = next((key for key in answers if path.endswith(key)), "")
            status, document = DONE if self.command == "DELETE" else answers[key]
            body = orjson.dumps(document)
            self.send_response(status)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing to read there."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        search = ElasticSearch(ElasticSettings(url=f"http://127.0.0.1:{server.server_port}"))
        try:
            yield search
        finally:
            search.close()
            server.shutdown()


def test_a_stream_that_is_not_there_holds_nothing_and_the_other_is_read() -> None:
    answers = {
        "_refresh": DONE,
        "logs-ibmi.connection-default/_pit": MISSING,
        "logs-ibmi.alert-default/_pit": POINT,
        "_search": hits("a", "b"),
    }
    with answering(answers) as search:
        assert list(search.held(TIME, TIME)) == [Held(ALERTS, A), Held(ALERTS, B)]
        assert search.settle_seconds == 0


def test_a_login_that_may_not_refresh_has_to_wait_for_what_was_just_taken() -> None:
    with answering({"_refresh": FORBIDDEN, "_pit": POINT, "_search": hits("a")}) as search:
        assert set(search.held(TIME, TIME)) == {Held(VERDICTS, A), Held(ALERTS, A)}
        assert search.settle_seconds == NOT_REFRESHED_SECONDS


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param({"_refresh": DONE, "_pit": FORBIDDEN}, "it needs `read`", id="may not search"),
        pytest.param(
            {"_refresh": DONE, "_pit": POINT, "_search": hits("a", failed=1)}, "in part only", id="a shard failed"
        ),
        pytest.param({"_refresh": DONE, "_pit": POINT, "_search": (503, {})}, "503", id="no shard answered"),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error(answers: dict[str, Answer], words: str) -> None:
    with answering(answers) as search, pytest.raises(Unavailable, match=words):
        list(search.held(TIME, TIME))
