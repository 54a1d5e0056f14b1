"""What Splunk is asked for what it holds, and what an answer that is not whole comes to: never to a shorter list."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dev.hec import SEARCH_TOKEN, TOKEN, Hec
from dev.part import free_port
from runtime.errors import ConfigError, Unavailable
from runtime.metrics import Metrics
from schemas.topics import ALERTS, VERDICTS
from sinks.search import Held
from sinks.splunk.search import SplunkSearch
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink
from tests.unit.sinks.samples import ALERT, DHCP, SAMPLES, STATUS, TIME, VERDICT, parcel

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def splunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hec]:
    """With one event of each kind."""
    with Hec(port=free_port(), data=tmp_path_factory.mktemp("hec")) as part:
        sink = SplunkSink(settings(part), Metrics("test"))
        outcome = sink.send([parcel(content, place) for place, content in enumerate(SAMPLES.values())])
        sink.close()
        assert [*outcome.rejected, *outcome.deferred] == []
        yield part


def settings(hec: Hec, **more: str) -> SplunkSettings:
    given = {"url": hec.url, "token": TOKEN, "search_url": hec.url, "search_token": SEARCH_TOKEN} | more
    return SplunkSettings.model_validate(given)


def held(hec: Hec, **more: str) -> list[Held]:
    search = SplunkSearch(settings(hec, **more))
    try:
        return list(search.held(TIME - HOUR, TIME + 30 * HOUR))
    finally:
        search.close()


def script(hec: Hec, **fault: object) -> None:
    body = json.dumps([{"endpoint": "search", **fault}]).encode()
    urllib.request.urlopen(urllib.request.Request(f"{hec.url}/control/faults", data=body), timeout=30).close()


def test_every_event_is_told_once_with_the_topic_it_belongs_to(splunk: Hec) -> None:
    found = held(splunk)

    assert sorted(found) == sorted(
        Held(ALERTS if content.type == "alert" else VERDICTS, content.id) for content in SAMPLES.values()
    )
    assert {Held(VERDICTS, VERDICT.id), Held(ALERTS, ALERT.id), Held(VERDICTS, DHCP.id), Held(VERDICTS, STATUS.id)} <= {
        *found
    }


def test_only_the_time_that_was_asked_for_and_the_index_that_is_written_to_are_looked_at(splunk: Hec) -> None:
    search = SplunkSearch(settings(splunk))

    assert list(search.held(TIME - 2 * HOUR, TIME - HOUR)) == []
    assert Held(VERDICTS, VERDICT.id) in set(search.held(VERDICT.time, VERDICT.time))
    assert held(splunk, index="another") == []
    search.close()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(
            {"fatal": "The search was cancelled."}, "did not finish the search of .* was cancelled", id="fatal"
        ),
        pytest.param({"reset": True}, "broke off", id="torn"),
        pytest.param({"html": 502}, "answered 502", id="a proxy's page"),
        pytest.param({"html": 200}, "is not Splunk's search API", id="a page that says 200"),
        pytest.param({"status": 503}, "answered 503: without saying why", id="busy"),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error(splunk: Hec, fault: dict[str, object], words: str) -> None:
    script(splunk, **fault)

    with pytest.raises(Unavailable, match=words):
        held(splunk)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"search_token": "wrong"}, "set SK2SIEM_SPLUNK__SEARCH_TOKEN", id="a wrong token"),
        pytest.param({"search_url": "{url}/elsewhere"}, "is the management port", id="not the management port"),
        pytest.param({"search_url": "http://127.0.0.1:1"}, "broke off", id="nobody there"),
    ],
)
def test_wrong_settings_are_named(splunk: Hec, more: dict[str, str], words: str) -> None:
    given = {name: value.format(url=splunk.url) for name, value in more.items()}

    with pytest.raises(Unavailable, match=words) as raised:
        held(splunk, **given)

    assert "wrong" not in str(raised.value)


def test_without_its_settings_nothing_is_asked(splunk: Hec) -> None:
    without = settings(splunk).model_copy(update={"search_url": None, "search_token": None})

    with pytest.raises(ConfigError, match="SK2SIEM_SPLUNK__SEARCH_URL"):
        SplunkSearch(without)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param("search=index%3Dmain&output_mode=json", "Unknown search command", id="no search command"),
        pytest.param("search=search+index%3Dmain", "output_mode", id="not JSON"),
        pytest.param("search=search+index%3D*+|+stats+count&output_mode=json", "Unknown search command", id="stats"),
        pytest.param("search=search+user%3Dx&output_mode=json", "Unable to parse", id="another condition"),
        pytest.param("search=search+index%3D*&output_mode=json&count=0", "no parameter count", id="another parameter"),
    ],
)
def test_the_double_refuses_what_it_does_not_know(splunk: Hec, form: str, words: str) -> None:
    request = urllib.request.Request(
        f"{splunk.url}/services/search/jobs/export",
        data=form.encode(),
        headers={"Authorization": f"Bearer {SEARCH_TOKEN}"},
    )

    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request, timeout=30)

    with raised.value as answer:
        assert answer.code == 400
        assert words in json.loads(answer.read())["messages"][0]["text"]


def test_data_stay_with_the_double_over_a_restart(tmp_path: Path) -> None:
    with Hec(port=free_port(), data=tmp_path) as hec:
        sink = SplunkSink(settings(hec), Metrics("test"))
        sink.send([parcel(VERDICT)])
        sink.close()
        hec.stop()
        hec.start()

        assert held(hec) == [Held(VERDICTS, VERDICT.id)]
