"""What an operator sees when a SIEM is away or a record is corrupt; and that nothing is lost by it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.part import free_port
from runtime.record import Record
from schemas.topics import ALERTS, ENTRIES, VERDICTS
from tests.e2e import siems
from tests.e2e.siems import Relay, Siem
from tests.e2e.small import Small
from tests.processes import wait_until

CORRUPT = Record(VERDICTS, b"key", b'{"id": 1', "verdict")
FLOOD = 150
GRACE = {"SK2SIEM_LOOP__GRACE": "2"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """A broker on which every entry has its verdict and nothing was delivered yet."""
    made = Small(tmp_path_factory.mktemp("judged"))
    made.judge()
    yield made
    made.discard()


@pytest.fixture
def small(judged: Small, tmp_path: Path) -> Iterator[Small]:
    copy = judged.copied_to(tmp_path)
    yield copy
    copy.discard()


@pytest.fixture
def siem(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Siem]:
    with made(request, tmp_path) as siem:
        yield siem


def made(request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[Siem]:
    match request.param:
        case "splunk":
            hec: Hec = request.getfixturevalue("own_hec")
            return siems.splunk(hec)
        case "elastic":
            elasticsearch: Elasticsearch = request.getfixturevalue("elasticsearch")
            return siems.elastic(elasticsearch)
        case _:
            return siems.file(folder)


@pytest.fixture
def own_hec(tmp_path: Path) -> Iterator[Hec]:
    with Hec(port=free_port(), data=tmp_path / "hec") as part:
        yield part


def to_deliver(small: Small) -> set[str]:
    return {
        one
        for topic, kinds in ((VERDICTS, ("verdict", "event", "status")), (ALERTS, ("alert",)))
        for one in small.ids(topic, *kinds)
    }


@pytest.mark.parametrize("siem", ["splunk", "elastic"], indirect=True)
def test_a_siem_that_is_away_is_waited_for_and_gets_everything_when_it_is_back(siem: Siem, small: Small) -> None:
    sink = small.service(siem.sink, **siem.settings)
    before = small.behind(siem.sink)

    with sink:
        wait_until("it says why it waits", lambda: "stage: " in sink.get("/readyz")[1], 60)
        waiting = sink.get("/livez")[0], sink.get("/readyz")
        holding, kept = sink.metric("holding"), small.behind(siem.sink)
        siem.relay.open()
        wait_until("everything is delivered", lambda: small.behind(siem.sink) == 0, 60)
        wait_until("it is ready again", lambda: sink.get("/readyz")[0] == 200, 60)
        rejected, held = sink.metric("items_rejected_total"), sink.metric("holding")
        exit_code = sink.stop()

    assert waiting[0] == 200
    assert waiting[1][0] == 503
    assert str(siem.relay.port) in waiting[1][1]
    assert (holding, held) == (1, 0)
    assert kept == before > 0
    assert rejected == 0
    assert exit_code == 0
    assert siem.delivered() == to_deliver(small)


@pytest.mark.parametrize("siem", ["splunk", "elastic"], indirect=True)
def test_a_stop_while_a_siem_is_away_ends_the_process_and_leaves_the_batch_for_later(siem: Siem, small: Small) -> None:
    sink = small.service(siem.sink, **siem.settings, **GRACE)

    with sink:
        wait_until("it holds a batch", lambda: sink.metric("holding") == 1, 60)
        exit_code = sink.stop(60)
    siem.relay.open()
    with sink:
        wait_until("everything is delivered", lambda: small.behind(siem.sink) == 0, 60)
        sink.stop()

    assert exit_code == 0
    assert siem.delivered() == to_deliver(small)


@pytest.mark.parametrize("siem", ["splunk", "elastic", "file"], indirect=True)
def test_a_corrupt_record_becomes_a_dead_letter_and_its_neighbours_are_delivered(siem: Siem, small: Small) -> None:
    expected = to_deliver(small)
    first, *_ = small.broker.read(VERDICTS)
    small.publish([CORRUPT, Record(VERDICTS, first.key, first.value, first.type)])
    siem.relay.open()
    sink = small.service(siem.sink, **siem.settings)

    with sink:
        wait_until("everything is settled", lambda: small.behind(siem.sink) == 0, 60)
        wait_until("it is counted", lambda: sink.metric("items_rejected_total") == 1, 60)
        ready = sink.get("/readyz")[0]
        sink.stop()

    (letter,) = small.dead_letters(siem.sink)
    assert (letter["value"], letter["x-reason"]) == ('{"id": 1', "corrupt-record")
    assert letter["__connect.errors.exception.message"]
    assert ready == 200
    assert [event["items"] for event in sink.events("items rejected")] == [1]
    assert siem.delivered() == expected


def test_a_corrupt_record_becomes_a_dead_letter_of_the_enricher_and_its_neighbours_are_judged(tmp_path: Path) -> None:
    small = Small(tmp_path)
    small.init()
    small.publish([Record(ENTRIES, b"key", b"not JSON", "entry"), Record(ENTRIES, b"key", b"{}", "unheard-of")])
    enricher = small.service("enricher")

    with small.service("producer") as producer, enricher:
        producer.wait(60)
        wait_until("everything is settled", lambda: small.behind("enricher") == 0, 60)
        wait_until("it is counted", lambda: enricher.metric("items_rejected_total") == 2, 60)
        ready = enricher.get("/readyz")[0]
        enricher.stop()

    letters = small.dead_letters("enricher")
    assert [(letter["value"], letter["x-reason"]) for letter in letters] == [
        ("not JSON", "corrupt-record"),
        ("{}", "unknown-type"),
    ]
    assert ready == 200
    small.assert_judged_once()


@pytest.mark.parametrize("service", ["enricher", "file"])
def test_a_flood_of_rejections_halts_before_anything_of_it_is_stored(service: str, small: Small) -> None:
    topic = ENTRIES if service == "enricher" else ALERTS
    small.publish([Record(topic, b"key", b"not JSON", "entry")] * FLOOD)
    before = small.behind(service)
    settings = {"SK2SIEM_FILE__PATH": str(small.folder / "out"), "SK2SIEM_LOOP__BATCH_SIZE": "10000"}

    with small.service(service, **settings) as halted:
        exit_code = halted.wait(60)
    with small.service(service, **settings) as again:
        second_code = again.wait(60)
    left, letters = small.behind(service), small.dead_letters(service)
    with small.service(service, **settings, SK2SIEM_LOOP__REJECTIONS_IN_A_ROW="1000") as allowed:
        wait_until("everything is settled", lambda: small.behind(service) == 0, 60)
        allowed.stop()

    (stopped,) = halted.events("stopped")[-1:]
    assert (exit_code, second_code) == (70, 70)
    assert f"{FLOOD} items in a row were rejected, the last one because: " in str(stopped["why"])
    assert left == before
    assert letters == []
    assert len(small.dead_letters(service)) == FLOOD


@pytest.mark.parametrize("siem", ["splunk", "elastic"], indirect=True)
def test_a_stop_while_a_siem_does_not_answer_ends_the_process_within_the_grace(siem: Siem, small: Small) -> None:
    with Relay(0, stalled=True) as silent:
        silent.open()
        settings = {name: silent.url if name.endswith("__URL") else value for name, value in siem.settings.items()}
        sink = small.service(siem.sink, **settings, **GRACE)
        with sink:
            wait_until("it has a batch in hand", lambda: sink.metric("items_received_total") > 0, 60)
            exit_code = sink.stop(60)
    siem.relay.open()
    with small.service(siem.sink, **siem.settings) as mended:
        wait_until("everything is delivered", lambda: small.behind(siem.sink) == 0, 60)
        mended.stop()

    assert exit_code == 75
    assert siem.delivered() == to_deliver(small)
