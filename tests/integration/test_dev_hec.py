"""The HEC double keeps the rules of a Splunk server, over a real socket."""

import base64
import gzip
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from dev.hec import ACK_TOKEN, DISABLED_TOKEN, LIMITED_TOKEN, SEARCH_TOKEN, TOKEN, Hec
from dev.hec.settings import BadInput
from dev.part import free_port

EVENT = "/services/collector/event"
RAW = "/services/collector/raw"
ACK = "/services/collector/ack"
HEALTH = "/services/collector/health"
CHANNEL = "0f3a3c1e-5a77-4b1e-9d0e-2f6f1f0c9a11"
OTHER_CHANNEL = "1f3a3c1e-5a77-4b1e-9d0e-2f6f1f0c9a12"

GOOD = '{"event":"good"}'


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        return cast(dict[str, object], json.loads(self.body))

    @property
    def said(self) -> tuple[int, object, object]:
        content = self.json()
        return self.status, content.get("code"), content.get("invalid-event-number")


class Client:
    """A plain HTTP client on one kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def request(
        self, method: str, path: str, body: str | bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        content = body.encode() if isinstance(body, str) else body
        self._connection.request(method, path, content, dict(headers or {}))
        response = self._connection.getresponse()
        return Reply(response.status, {key.lower(): value for key, value in response.getheaders()}, response.read())

    def send(self, body: str | bytes, *, token: str = TOKEN, path: str = EVENT, **headers: str) -> Reply:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, body, {"Authorization": f"Splunk {token}", **names})

    def send_acked(self, body: str, channel: str = CHANNEL) -> Reply:
        return self.send(body, token=ACK_TOKEN, X_Splunk_Request_Channel=channel)

    def poll(self, *ack_ids: int, channel: str = CHANNEL) -> object:
        reply = self.send(json.dumps({"acks": ack_ids}), token=ACK_TOKEN, path=f"{ACK}?channel={channel}")
        return reply.json()["acks"]

    def script(self, *faults: Mapping[str, object]) -> Reply:
        return self.request("POST", "/control/faults", json.dumps(faults))

    def set(self, **settings: object) -> Reply:
        return self.request("POST", "/control/settings", json.dumps(settings))

    def indexed(self) -> list[str]:
        return self.request("GET", "/control/indexed").body.decode().splitlines()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hec]:
    with Hec(free_port(), tmp_path_factory.mktemp("hec")) as hec:
        yield hec


@pytest.fixture
def client(server: Hec) -> Iterator[Client]:
    client = Client(server.port)
    client.request("DELETE", "/control/indexed")
    client.request("DELETE", "/control/counts")
    yield client
    client.request("DELETE", "/control/faults")
    client.set(cloud=False, ack_delay_seconds=0, max_body_bytes=838_860_800, max_event_bytes=5_242_880)
    client.close()


def test_one_connection_serves_request_after_request(client: Client) -> None:
    replies = [client.send(GOOD) for _ in range(3)]

    assert [reply.said for reply in replies] == [(200, 0, None)] * 3
    assert replies[0].json() == {"text": "Success", "code": 0}
    assert client.indexed() == [GOOD] * 3


@pytest.mark.parametrize(
    ("headers", "query", "status", "code"),
    [
        pytest.param({}, "", 401, 2, id="no token"),
        pytest.param({"Authorization": "Splunk"}, "", 401, 2, id="a scheme without a token"),
        pytest.param({"Authorization": f"Bearer {TOKEN}"}, "", 401, 3, id="a scheme of others"),
        pytest.param({"Authorization": "Basic !"}, "", 401, 3, id="basic, not decodable"),
        pytest.param({"Authorization": "Splunk nobody"}, "", 403, 4, id="an unknown token"),
        pytest.param({"Authorization": f"Splunk {DISABLED_TOKEN}"}, "", 403, 1, id="a disabled token"),
        pytest.param({"Authorization": f"Splunk {TOKEN}"}, f"?token={TOKEN}", 400, 16, id="a token in the query"),
        pytest.param({"Authorization": f"Splunk {ACK_TOKEN}"}, "", 400, 10, id="ack token, no channel"),
        pytest.param({"Authorization": f"Splunk {ACK_TOKEN}"}, "?channel=7", 400, 11, id="ack token, no GUID"),
    ],
)
def test_a_request_without_the_right_to_send_is_refused_whole(
    client: Client, headers: Mapping[str, str], query: str, status: int, code: int
) -> None:
    reply = client.request("POST", EVENT + query, GOOD + GOOD, headers)

    assert reply.said == (status, code, None)
    assert client.indexed() == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Authorization": f"splunk {TOKEN}"}, id="the scheme in any case"),
        pytest.param(
            {"Authorization": "Basic " + base64.b64encode(f"x:{TOKEN}".encode()).decode()},
            id="basic, token as password",
        ),
        pytest.param(
            {"Authorization": f"Splunk {TOKEN}", "X-Splunk-Request-Channel": "no GUID"}, id="channel not looked at"
        ),
    ],
)
def test_other_ways_to_say_the_token_are_accepted(client: Client, headers: Mapping[str, str]) -> None:
    assert client.request("POST", EVENT, GOOD, headers).said == (200, 0, None)


@pytest.mark.parametrize("path", ["/services/collector", "/services/collector/event", "/services/collector/event/1.0"])
def test_each_name_of_the_event_endpoint_takes_envelopes(client: Client, path: str) -> None:
    assert client.send(GOOD, path=path).said == (200, 0, None)
    assert client.indexed() == [GOOD]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        pytest.param("OPTIONS", EVENT, 200, "POST,OPTIONS", id="options"),
        pytest.param("OPTIONS", HEALTH, 200, "GET,HEAD,OPTIONS", id="options of health"),
        pytest.param("GET", EVENT, 405, "POST,OPTIONS", id="get on event"),
        pytest.param("POST", "/services/collectors", 404, None, id="a wrong path"),
    ],
)
def test_routes_answer_without_a_token(client: Client, method: str, path: str, status: int, allow: str | None) -> None:
    reply = client.request(method, path)

    assert (reply.status, reply.headers.get("allow")) == (status, allow)
    missing = {"text": "The requested URL was not found on this server.", "code": 404}
    assert reply.body == b"" if status == 200 else reply.json() == missing


@pytest.mark.parametrize(
    ("token", "path", "status", "code"),
    [
        pytest.param(None, HEALTH, 200, 17, id="no token needed"),
        pytest.param(None, HEALTH + "/1.0", 200, 17, id="versioned"),
        pytest.param(TOKEN, HEALTH, 200, 17, id="a good token"),
        pytest.param("nobody", HEALTH, 400, 21, id="an unknown token"),
        pytest.param(DISABLED_TOKEN, HEALTH, 400, 22, id="a disabled token"),
    ],
)
def test_health_has_codes_of_its_own(client: Client, token: str | None, path: str, status: int, code: int) -> None:
    headers = {"Authorization": f"Splunk {token}"} if token else {}

    assert client.request("GET", path, headers=headers).said == (status, code, None)


BLAMED = {
    "broken JSON": ('{"event":', 6),
    "an array": ('[{"event":"a"}]', 6),
    "a bare value": ("5", 6),
    "a comma between objects": (f",{GOOD}", 6),
    "NaN": ('{"event":NaN}', 6),
    "bytes that are not UTF-8": (b'{"event":"\xff"}', 6),
    "a boolean event": ('{"event":true}', 6),
    "a host that is no text": ('{"event":"a","host":1}', 6),
    "no event": ('{"host":"a"}', 12),
    "a null event": ('{"event":null}', 12),
    "an empty event": ('{"event":""}', 13),
    "a blank event": ('{"event":"  "}', 13),
    "nested fields": ('{"event":"a","fields":{"b":{"c":1}}}', 15),
    "fields that are no object": ('{"event":"a","fields":[1]}', 15),
    "a list of numbers in fields": ('{"event":"a","fields":{"b":[1]}}', 15),
    "null in fields": ('{"event":"a","fields":{"b":null}}', 15),
    "time with an exponent": ('{"time":1.79E9,"event":"a"}', 15),
    "time with an exponent, as text": ('{"time":"1.79e9","event":"a"}', 15),
    "time with an exponent under an escaped key": ('{"\\u0074ime":1.79E9,"event":"a"}', 15),
    "time that is a word": ('{"time":"now","event":"a"}', 15),
    "time that is null": ('{"time":null,"event":"a"}', 15),
    "negative time": ('{"time":-1.5,"event":"a"}', 15),
}


@pytest.mark.parametrize("separator", ["\n", ""], ids=["lines", "no separator"])
@pytest.mark.parametrize("good", [0, 1, 2])
@pytest.mark.parametrize(("bad", "code"), BLAMED.values(), ids=BLAMED)
def test_what_precedes_a_blamed_object_is_indexed_and_nothing_after_it(
    client: Client, bad: str | bytes, code: int, good: int, separator: str
) -> None:
    content = bad.encode() if isinstance(bad, str) else bad

    reply = client.send(separator.encode().join([*[GOOD.encode()] * good, content, GOOD.encode()]))

    assert reply.said == (400, code, good)
    assert client.indexed() == [GOOD] * good


@pytest.mark.parametrize("good", [0, 1, 2])
def test_a_wrong_index_is_numbered_one_too_high(client: Client, good: int) -> None:
    fine, wrong = '{"index":"main","event":"a"}', '{"index":"other","event":"a"}'

    reply = client.send("\n".join([fine] * good + [wrong, fine]), token=LIMITED_TOKEN)

    assert reply.said == (400, 7, good + 1)
    assert client.indexed() == [fine] * good


@pytest.mark.parametrize(
    ("good", "said"), [pytest.param(0, (400, 5, None), id="alone"), pytest.param(2, (200, 0, None), id="after others")]
)
def test_an_unknown_key_silently_ends_the_batch(client: Client, good: int, said: tuple[int, int, None]) -> None:
    reply = client.send("\n".join([GOOD] * good + ['{"event":"a","id":1}', GOOD]))

    assert reply.said == said
    assert client.indexed() == [GOOD] * good


@pytest.mark.parametrize(
    ("body", "prefix"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" \r\n", [], id="only space"),
        pytest.param('{"event":{}}', [], id="an empty object"),
        pytest.param(GOOD + '{"event":{}}' + GOOD, [GOOD], id="an empty object after a good one"),
    ],
)
def test_no_data_is_answered_without_a_number(client: Client, body: str, prefix: list[str]) -> None:
    assert client.send(body).said == (400, 5, None)
    assert client.indexed() == prefix


def test_fields_without_an_event_are_passed_over(client: Client) -> None:
    reply = client.send(GOOD + '{"fields":{"a":1}}' + GOOD)

    assert reply.said == (200, 0, None)
    assert client.indexed() == [GOOD, GOOD]


@pytest.mark.parametrize(
    "envelope",
    [
        '{"time":1790000000,"event":1}',
        '{"time":1790000000.123,"event":{"time":1.5E3}}',
        '{"time":"1790000000.123","event":{"a":[{}]}}',
        '{"time":1790000000.123,"host":"a","source":"b","sourcetype":"c","index":"d","event":"e"}',
        '{"event":"a","fields":{"b":"c","d":1.5,"e":["f","g"]}}',
        '{"event":"grüße € 😀 }{"}',
    ],
)
def test_a_good_envelope_is_kept_as_it_was_received(client: Client, envelope: str) -> None:
    assert client.send(f"{envelope}\r\n{envelope} {envelope}").said == (200, 0, None)
    assert client.indexed() == [envelope] * 3


def test_an_envelope_over_several_lines_is_kept_on_one(client: Client) -> None:
    assert client.send('{\n "event":\r\n "a"\n}\n' + GOOD).said == (200, 0, None)
    assert [json.loads(line) for line in client.indexed()] == [{"event": "a"}, {"event": "good"}]


def test_a_gzipped_body_is_read(client: Client) -> None:
    reply = client.send(gzip.compress(f"{GOOD}\n{GOOD}".encode()), Content_Encoding="gzip")

    assert reply.said == (200, 0, None)
    assert client.indexed() == [GOOD, GOOD]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(GOOD.encode(), id="not gzip"),
        pytest.param(gzip.compress(GOOD.encode() * 1000)[:-12], id="cut off"),
        pytest.param(gzip.compress(GOOD.encode())[:12] + b"\xff" * 20, id="damaged"),
    ],
)
def test_gzip_that_does_not_decompress_is_blamed_without_a_number(client: Client, body: bytes) -> None:
    assert client.send(body, Content_Encoding="gzip").said == (400, 6, None)
    assert client.indexed() == []


def test_another_compression_is_answered_with_a_page(client: Client) -> None:
    reply = client.send(GOOD, Content_Encoding="deflate")

    assert (reply.status, reply.headers["content-type"][:9]) == (415, "text/html")


def test_a_chunked_body_is_read(client: Client) -> None:
    chunked = f"{len(GOOD):x}\r\n{GOOD}\r\n0\r\n\r\n"

    reply = client.send(chunked, Transfer_Encoding="chunked")

    assert reply.said == (200, 0, None)


def test_sizes_are_limited_as_in_an_enterprise_server(client: Client) -> None:
    long = '{"event":"' + "é" * 100 + '"}'
    client.set(max_event_bytes=200, max_body_bytes=400)

    assert client.send(GOOD + long).said == (400, 6, 1)
    assert client.send(GOOD * 30).status == 413
    assert client.indexed() == [GOOD]


def test_the_cloud_answers_a_large_body_with_code_6_and_number_0(client: Client) -> None:
    line = '{"event":"' + "a" * 1000 + '"}\n'
    client.set(cloud=True)

    reply = client.send(gzip.compress((line * 6000).encode()), Content_Encoding="gzip")

    assert reply.said == (400, 6, 0)
    assert client.indexed() == []


def test_the_cloud_has_its_own_code_for_a_missing_channel(client: Client) -> None:
    client.set(cloud=True)

    assert client.send(GOOD, token=ACK_TOKEN).said == (400, 28, None)


def test_raw_lines_become_events_with_the_metadata_of_the_query(client: Client) -> None:
    reply = client.send("first\n\nsecond\n", path=f"{RAW}?host=a&sourcetype=b")

    assert reply.said == (200, 0, None)
    assert [json.loads(line) for line in client.indexed()] == [
        {"host": "a", "sourcetype": "b", "event": "first"},
        {"host": "a", "sourcetype": "b", "event": "second"},
    ]


def test_ack_ids_count_from_0_in_each_channel_and_are_told_once(client: Client) -> None:
    ids = [client.send_acked(GOOD, channel=CHANNEL).json()["ackId"] for _ in range(2)]
    other = client.send_acked(GOOD, channel=OTHER_CHANNEL).json()["ackId"]

    assert (ids, other) == ([0, 1], 0)
    assert client.poll(0, 1, 7) == {"0": True, "1": True, "7": False}
    assert client.poll(0, 1) == {"0": False, "1": False}
    assert client.poll(0, channel=OTHER_CHANNEL) == {"0": True}


def test_a_refused_batch_acknowledges_its_prefix(client: Client) -> None:
    channel = "2f3a3c1e-5a77-4b1e-9d0e-2f6f1f0c9a13"

    with_prefix = client.send_acked(GOOD + "{", channel)
    without = client.send_acked("{" + GOOD, channel)

    assert (with_prefix.said, with_prefix.json()["ackId"]) == ((400, 6, 1), 0)
    assert (without.said, "ackId" in without.json()) == ((400, 6, 0), False)
    assert client.poll(0, channel=channel) == {"0": True}


@pytest.mark.parametrize(
    ("token", "path", "body", "code"),
    [
        pytest.param(TOKEN, ACK, '{"acks":[0]}', 14, id="a token without acknowledgement"),
        pytest.param(ACK_TOKEN, ACK, '{"acks":[0]}', 10, id="no channel"),
        pytest.param(ACK_TOKEN, f"{ACK}?channel=7", '{"acks":[0]}', 11, id="no GUID"),
        pytest.param(ACK_TOKEN, f"{ACK}?channel={CHANNEL}", "[0]", 6, id="another body"),
    ],
)
def test_a_wrong_poll_is_refused(client: Client, token: str, path: str, body: str, code: int) -> None:
    assert client.send(body, token=token, path=path).said == (400, code, None)


def test_an_acknowledgement_is_pending_until_its_delay_is_over(client: Client) -> None:
    channel = "3f3a3c1e-5a77-4b1e-9d0e-2f6f1f0c9a14"
    client.set(ack_delay_seconds=3600)

    client.send_acked(GOOD, channel)

    assert client.poll(0, channel=channel) == {"0": False}


def test_a_lost_acknowledgement_never_turns_true(client: Client) -> None:
    channel = "4f3a3c1e-5a77-4b1e-9d0e-2f6f1f0c9a15"
    client.script({"lose_ack": True})

    replies = [client.send_acked(GOOD, channel) for _ in range(2)]

    assert [reply.said for reply in replies] == [(200, 0, None)] * 2
    assert client.poll(0, 1, channel=channel) == {"0": False, "1": True}


def test_faults_come_in_order_and_then_the_server_is_honest_again(client: Client) -> None:
    client.script(
        {"status": 503, "code": 9, "times": 2, "retry_after": 1}, {"html": 502}, {"status": 500}, {"code": 26}
    )

    replies = [client.send(GOOD) for _ in range(6)]

    assert [reply.status for reply in replies] == [503, 503, 502, 500, 429, 200]
    assert (replies[0].json()["code"], replies[0].headers["retry-after"]) == (9, "1")
    assert replies[2].headers["content-type"].startswith("text/html")
    assert replies[3].body == b""
    assert client.indexed() == [GOOD]


def test_a_fault_may_take_a_prefix_all_the_same(client: Client) -> None:
    client.script({"code": 9, "takes": 2, "number": 2})

    assert client.send(GOOD * 3).said == (503, 9, 2)
    assert client.indexed() == [GOOD] * 2


def test_a_success_near_the_capacity_takes_everything(client: Client) -> None:
    client.script({"code": 24})

    assert client.send(GOOD * 2).said == (200, 24, None)
    assert client.indexed() == [GOOD] * 2


def test_a_reset_tears_the_connection_without_an_answer(client: Client, server: Hec) -> None:
    client.script({"reset": True, "takes": 1})
    victim = Client(server.port)

    with pytest.raises(ConnectionResetError) as torn:
        victim.send(GOOD)

    assert not isinstance(torn.value, http.client.RemoteDisconnected)
    assert client.indexed() == [GOOD]


def test_a_delayed_answer_finds_the_events_taken(client: Client, server: Hec) -> None:
    client.script({"delay_seconds": 600})
    impatient = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    impatient.request("POST", EVENT, GOOD, {"Authorization": f"Splunk {TOKEN}"})

    with pytest.raises(TimeoutError):
        impatient.getresponse()

    impatient.close()
    assert client.indexed() == [GOOD]


def test_faults_of_one_endpoint_leave_the_others_alone(client: Client) -> None:
    client.script({"endpoint": "health", "code": 18, "times": None})

    assert client.send(GOOD).said == (200, 0, None)
    assert [client.request("GET", HEALTH).said for _ in range(2)] == [(503, 18, None)] * 2


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        pytest.param("/control/faults", '[{"stauts":503}]', "stauts", id="a misspelt key"),
        pytest.param("/control/faults", '[{"status":"503"}]', "status", id="a wrong type"),
        pytest.param("/control/faults", '[{"endpoint":"s2s"}]', "s2s", id="an unknown endpoint"),
        pytest.param("/control/faults", '{"status":503}', "list", id="no list"),
        pytest.param("/control/faults", "{", "JSON", id="no JSON"),
        pytest.param("/control/settings", '{"clowd":true}', "clowd", id="an unknown setting"),
    ],
)
def test_a_mistake_on_the_control_path_is_named(client: Client, path: str, body: str, named: str) -> None:
    reply = client.request("POST", path, body)

    assert reply.status == 400
    assert named in str(reply.json()["error"])
    assert client.request("GET", "/control/faults").body == b"[]"


def test_counts_tell_what_was_asked_and_answered(client: Client) -> None:
    client.script({"code": 9})
    for body in (GOOD, GOOD * 2, "{"):
        client.send(body)

    counts = client.request("GET", "/control/counts").json()

    assert counts["requests"] == {"event": 3}
    assert counts["answers"] == {"503/9": 1, "200/0": 1, "400/6": 1}
    assert (counts["indexed"], counts["faults"]) == (2, 1)


def test_what_was_answered_survives_sigkill_and_acknowledgements_do_not(tmp_path: Path) -> None:
    hec = Hec(free_port(), tmp_path)
    with hec:
        first = Client(hec.port)
        first.send_acked(GOOD * 2)
        first.close()
        hec.kill()
        assert hec.pid is None
        with (tmp_path / "indexed.ndjson").open("ab") as file:
            file.write(b'{"event":"torn by the cra')

        hec.start()
        second = Client(hec.port)

        assert second.indexed() == [GOOD] * 2
        assert second.poll(0) == {"0": False}
        assert second.send_acked(GOOD).json()["ackId"] == 0
        assert second.indexed() == [GOOD] * 3
        second.close()

    assert hec.pid is None


def test_the_part_names_its_address_and_token(server: Hec) -> None:
    assert server.exports() == {
        "SK2SIEM_SPLUNK__URL": f"http://127.0.0.1:{server.port}",
        "SK2SIEM_SPLUNK__TOKEN": TOKEN,
        "SK2SIEM_SPLUNK__SEARCH_URL": server.url,
        "SK2SIEM_SPLUNK__SEARCH_TOKEN": SEARCH_TOKEN,
    }


def test_an_unknown_setting_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="clowd"):
        Hec(free_port(), tmp_path, settings={"clowd": True})
