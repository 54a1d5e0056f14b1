"""`sk2siem reconcile` finds exactly the holes that were cut, fills exactly those, and finds none where none are."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest
from elasticsearch import Elasticsearch as Client
from elasticsearch.helpers import scan

from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.kafka import Kafka
from dev.part import free_port
from runtime.embedded.file import open_file, topic_table
from runtime.record import Partition, Record, StoredRecord
from schemas.topics import ALERTS, ENTRIES, VERDICTS
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.templates import install
from tests.integration.line import Line, Lossy, Told, reconcile

CUT = {ENTRIES: 60, VERDICTS: 40, ALERTS: 30}
OF_CONNECTIONS = ("entry", "verdict", "event", "alert")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """An embedded broker on which everything is judged, and nothing was delivered."""
    line = Line(tmp_path_factory.mktemp("judged"))
    line.judge()
    return line


@pytest.fixture
def line(judged: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    copy = judged.copied_to(tmp_path)
    copy.set(monkeypatch)
    return copy


def holes(told: Told) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for hole in told.holes:
        found.setdefault(hole["hop"], set()).add(hole["id"])
    return found


def cut(line: Line, topic: str, count: int, seed: int) -> set[str]:
    """Delete records of connections at random, but not the first, from which on the journal is compared; their ids."""
    _, *records = (record for record in line.broker.read(topic) if record.type in OF_CONNECTIONS)
    chosen = random.Random(seed).sample(records, count)
    connection = open_file(line.path, create=False)
    connection.executemany(f"DELETE FROM {topic_table(topic)} WHERE offset = ?", [(one.offset,) for one in chosen])
    connection.close()
    return {_id(record) for record in chosen}


def test_nothing_is_missing_where_nothing_was_cut(line: Line) -> None:
    before = line.contents()

    told = reconcile()

    assert told.code == 0
    assert told.holes == []
    assert told.counts("journal")["expected"] == len(line.entries) - 1, "all behind the oldest"
    assert line.contents() == before
    assert told.errors == ""


@pytest.mark.parametrize("seed", range(2))
def test_holes_cut_at_random_into_the_topics_are_listed_and_filled_and_nothing_else_is_touched(
    line: Line, seed: int
) -> None:
    before = line.contents()
    missing = {topic: cut(line, topic, count, seed) for topic, count in CUT.items()}
    torn = line.contents()

    dry = reconcile("--dry-run")
    after_dry = line.contents()
    told = reconcile()
    again = reconcile()

    expected = {"journal": missing[ENTRIES], "verdicts": missing[VERDICTS], "alerts": missing[ALERTS]}
    assert (dry.code, holes(dry)) == (69, expected)
    assert after_dry == torn
    assert (told.code, holes(told)) == (0, expected)
    assert line.contents() == before, "each once, and what it was"
    assert (again.code, again.holes) == (0, [])


def test_what_was_filled_is_marked_as_late_and_the_enricher_leaves_restored_entries_alone(line: Line) -> None:
    missing = {topic: cut(line, topic, count, 7) for topic, count in CUT.items()}
    reconcile()
    filled = [record for record in line.broker.read(ENTRIES) if record.is_restored]
    before = line.contents()

    line.judge_on()

    assert {orjson.loads(record.value)["id"] for record in filled} == missing[ENTRIES]
    late = {d["id"] for d in line.documents(ENTRIES) + line.documents(VERDICTS) if _is_late(d)}
    assert late >= missing[ENTRIES] | missing[VERDICTS]
    assert line.contents() == before


def _is_late(document: dict[str, object]) -> bool:
    entry = document.get("entry")
    return bool(document.get("backfill") or (isinstance(entry, dict) and entry["backfill"]))


def test_a_handshake_that_was_lost_before_it_was_judged_corrects_the_verdict_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(tmp_path)
    line.read_journal()
    line.set(monkeypatch)
    handshakes = [d["id"] for d in line.documents(ENTRIES) if d.get("detail_type") == "S"]
    lost = set(random.Random(1).sample(handshakes, 40))
    connection = open_file(line.path, create=False)
    for record in list(line.broker.read(ENTRIES)):
        if orjson.loads(record.value).get("id") in lost:
            connection.execute(f"DELETE FROM {topic_table(ENTRIES)} WHERE offset = ?", (record.offset,))
    connection.close()
    line.judge_on()
    wrong = line.last_words()

    told = reconcile()
    again = reconcile()
    truth = Line(tmp_path / "whole")
    truth.judge()

    assert (told.code, holes(told)["journal"]) == (0, lost)
    assert wrong != truth.last_words()
    assert line.last_words() == truth.last_words()
    corrections = [d for d in line.documents(VERDICTS) if d.get("supersedes")]
    corrected = [d for d in corrections if d["backfill"]]
    assert corrected
    assert {d["supersedes"] for d in corrected} <= wrong.keys()
    assert (again.code, again.holes) == (0, [])


@pytest.fixture(scope="module")
def own_kafka(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """With nothing else on it; `kafka` proves that Kafka can be had."""
    del kafka
    with Kafka(port=free_port(), data=tmp_path_factory.mktemp("kafka-of-its-own")) as part:
        yield part


def test_holes_in_topics_of_kafka_are_filled_on_the_partitions_where_they_belong(
    own_kafka: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(tmp_path, own_kafka.url, partitions=2)
    line.judge()
    line.set(monkeypatch)
    records = {topic: [r for r in line.broker.read(topic) if r.type in OF_CONNECTIONS] for topic in CUT}
    records[ENTRIES].remove(min(records[ENTRIES], key=_id))
    lost = {topic: random.Random(3).sample(records[topic], count) for topic, count in CUT.items()}
    monkeypatch.setattr("cli.running.connect", Lossy.connecting(record for ones in lost.values() for record in ones))

    told = reconcile()
    again = reconcile()

    ids = {topic: set(map(_id, ones)) for topic, ones in lost.items()}
    expected = {"journal": ids[ENTRIES], "verdicts": ids[VERDICTS], "alerts": ids[ALERTS]}
    assert (told.code, holes(told)) == (0, expected)
    assert (again.code, again.holes) == (0, [])
    for topic, ones in lost.items():
        copies = [r for r in line.broker.read(topic) if orjson.loads(r.value).get("id") in ids[topic]]
        assert Counter(map(_place, copies)) == {_place(one): 2 for one in ones}, "the lost one and the new one"


def _place(record: StoredRecord) -> tuple[str, Partition, bytes]:
    return orjson.loads(record.value)["id"], record.partition, record.key


def test_holes_cut_at_random_into_elasticsearch_are_filled_without_a_double(
    line: Line, elasticsearch: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = f"reconcile{free_port()}"
    install(ElasticSettings(url=elasticsearch.url, namespace=namespace))
    line.set(monkeypatch, SK2SIEM_ELASTIC__URL=elasticsearch.url, SK2SIEM_ELASTIC__NAMESPACE=namespace)
    line.deliver("elastic")
    with Client(elasticsearch.url) as client:
        before = _documents(client, namespace)
        chosen = random.Random(5).sample(sorted(before), 50)
        for index, one in chosen:
            client.delete(index=index, id=one)

        dry = reconcile("elastic", "--dry-run", "--since", "2026-01-01")
        told = reconcile("elastic", "--since", "2026-01-01")
        after = _documents(client, namespace)
    again = reconcile("elastic")

    assert (dry.code, holes(dry)) == (69, {"elastic": {one for _, one in chosen}})
    assert len(dry.holes) == len(told.holes) == len(chosen)
    assert told.code == 0
    assert after == before
    assert (again.code, again.holes) == (0, [])


def _documents(client: Client, namespace: str) -> set[tuple[str, str]]:
    streams = f"logs-ibmi.*-{namespace}"
    client.indices.refresh(index=streams)
    return {(hit["_index"], hit["_id"]) for hit in scan(client, index=streams, query={"_source": False})}


def test_holes_cut_at_random_into_splunk_are_filled_without_a_double(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hec(port=free_port(), data=tmp_path / "hec") as hec:
        line.set(monkeypatch, **hec.exports())
        line.deliver("splunk")
        hec.stop()
        file = tmp_path / "hec" / "indexed.ndjson"
        events = file.read_text().splitlines()
        lost = set(random.Random(6).sample(range(len(events)), 50))
        file.write_text("".join(f"{event}\n" for place, event in enumerate(events) if place not in lost))
        hec.start()

        dry = reconcile("splunk", "--dry-run", "--settle", "0", "--since", "2026-01-01")
        told = reconcile("splunk", "--settle", "0", "--since", "2026-01-01")
        again = reconcile("splunk")

    ids = Counter(_event(events[place]) for place in lost)
    assert (dry.code, Counter(hole["id"] for hole in dry.holes)) == (69, Counter(one for _, one in ids.elements()))
    assert told.code == 0
    assert sorted(map(_event, file.read_text().splitlines())) == sorted(map(_event, events))
    assert (again.code, again.holes) == (0, [])


def _event(line: str) -> tuple[str, str]:
    envelope = json.loads(line)
    return envelope["sourcetype"], envelope["event"]["event_id"]


def test_records_that_a_sink_has_not_come_to_or_leaves_out_are_no_holes(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hec(port=free_port(), data=tmp_path / "hec") as hec:
        line.set(monkeypatch, **hec.exports(), SK2SIEM_SPLUNK__FORWARD__WHAT="alerts")
        waiting = reconcile("splunk")
        line.deliver("splunk")
        filtered = reconcile("splunk")

    there = len(line.documents(VERDICTS)) + len(line.documents(ALERTS))
    assert (waiting.code, waiting.counts("splunk")["no_holes"]) == (0, {"waiting": there})
    left_out = sum(d.get("lag_seconds") is None for d in line.documents(VERDICTS))
    assert (filtered.code, filtered.counts("splunk")["no_holes"]) == (0, {"filtered": left_out})


def test_what_expired_is_no_hole_unless_it_is_asked_for(line: Line) -> None:
    entries = [record for record in line.broker.read(ENTRIES) if record.type == "entry"]
    boundary = entries[len(entries) // 3]
    first = next(one for one in entries if orjson.loads(one.value)["detail_type"] == "A")
    _delete_before(line, boundary.offset)
    torn = line.contents()

    told = reconcile()
    untouched = line.contents() == torn
    line.delete(VERDICTS, [one for one in line.broker.read(VERDICTS) if _id(one) == _id(first)])
    asked = reconcile("--since", "2026-01-01")

    assert (told.code, told.holes) == (0, [])
    assert untouched
    assert asked.code == 0
    assert holes(asked)["journal"] == {_id(one) for one in entries if one.offset < boundary.offset}
    assert {one["id"] for one in line.entries} == set(map(_id, entries))
    assert holes(asked)["verdicts"] == {_id(first)}
    assert _id(first) in {one["id"] for one in line.documents(VERDICTS)}


def test_verdicts_that_expired_before_their_entries_are_no_holes_unless_they_are_asked_for(line: Line) -> None:
    before = line.contents()
    verdicts = list(line.broker.read(VERDICTS))
    line.delete(VERDICTS, verdicts[:200])

    told = reconcile("verdicts")
    asked = reconcile("verdicts", "--since", "2026-01-01")

    assert (told.code, told.holes) == (0, [])
    assert told.counts("verdicts")["no_holes"]["expired"] > 150
    assert asked.code == 0
    assert holes(asked)["verdicts"] == set(map(_id, verdicts[:200]))
    assert line.contents() == before


def _id(record: StoredRecord) -> str:
    return str(orjson.loads(record.value)["id"])


def _delete_before(line: Line, offset: int) -> None:
    connection = open_file(line.path, create=False)
    connection.execute(f"DELETE FROM {topic_table(ENTRIES)} WHERE offset < ?", (offset,))
    connection.close()


def test_what_a_gap_said_is_no_hole(line: Line) -> None:
    entries = [record for record in line.broker.read(ENTRIES) if record.type == "entry"]
    lost: Sequence[StoredRecord] = entries[200:260]
    line.delete(ENTRIES, lost)
    line.announce_gap(after=entries[199], until=entries[260])

    told = reconcile("--dry-run")

    assert holes(told).get("journal", set()) == set()
    assert told.counts("journal")["no_holes"] == {"gap": len(lost)}


def test_dead_letters_of_the_producer_and_of_a_sink_are_no_holes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(tmp_path)
    line.save_journal(bad=3)
    line.judge()
    with Hec(port=free_port(), data=tmp_path / "hec") as hec:
        line.set(monkeypatch, **hec.exports())
        line.deliver("splunk", refuse=2)
        told = reconcile("--settle", "0")

    assert (told.code, told.holes) == (0, [])
    assert told.counts("journal")["no_holes"] == {"dead_letter": 3}
    assert told.counts("splunk")["no_holes"] == {"dead_letter": 2}


def test_records_that_cannot_be_read_stop_nothing(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = (b"not JSON", b"[]", b'{"id": "x", "time": "yesterday"}', b'{"id": "x", "time": "2026-11-22T02:15:00Z"}')
    kinds = {ENTRIES: ("entry", "progress", "gap", "rumour"), VERDICTS: ("verdict", "event"), ALERTS: ("alert",)}
    missing = cut(line, ENTRIES, 5, 2)
    line.publish(
        [Record(topic, b"key", value, kind) for topic, found in kinds.items() for kind in found for value in values]
    )
    with Hec(port=free_port(), data=tmp_path / "hec") as hec:
        line.set(monkeypatch, **hec.exports())
        line.deliver("splunk")
        told = reconcile()

    assert (told.code, holes(told)) == (0, {"journal": missing})
    assert told.counts("verdicts")["no_holes"]["unreadable"] > 0


def test_a_journal_that_ends_before_the_position_is_not_taken_for_the_one_that_was_read(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.set(monkeypatch, SK2SIEM_SIMULATOR__ENTRIES="700")

    told = reconcile(as_json=False)

    assert told.code == 69
    assert "before the stored position" in told.errors
    assert "Not all of it was compared." in told.out


def test_a_terminal_is_told_in_words_where_the_holes_are(line: Line) -> None:
    missing = cut(line, VERDICTS, 12, 1)

    told = reconcile("--dry-run", as_json=False)

    assert told.code == 69
    assert "verdicts: 12 of " in told.out
    assert "of PROD1 AUDRCV0001 missing" in told.out
    assert min(missing) in told.out
    assert "… and 2 more (--json has all)" in told.out
    assert told.errors == "sk2siem: 12 holes remain; without --dry-run they are filled\n"
