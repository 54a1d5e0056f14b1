"""The codec takes what the contract allows, keeps every microsecond and digit, and names the field it refuses."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from schemas import documents
from schemas.codec import CodecError, decode, decode_as, encode
from schemas.records import Entry, Position, Progress, Verdict

ENTRY = documents.examples("entry")["valid-accept"]
VERDICT = documents.examples("verdict")["valid-cleartext-port"]
POSITION = documents.examples("position")["valid-running"]


def without(document: documents.Document, field: str) -> documents.Document:
    return {name: value for name, value in document.items() if name != field}


def test_an_unknown_field_is_ignored() -> None:
    entry = decode_as(Entry, orjson.dumps({**ENTRY, "of_a_later_release": [1]}))

    assert entry == decode_as(Entry, orjson.dumps(ENTRY))


def test_fields_with_a_default_may_be_absent() -> None:
    position = decode_as(Position, orjson.dumps(without(without(POSITION, "rejections"), "version")))

    assert (position.rejections, position.version) == ((0, 0, 0), 1)


def test_a_time_keeps_its_microseconds_and_leaves_as_utc_with_a_z() -> None:
    time = datetime(2026, 11, 22, 2, 15, 0, 1, tzinfo=UTC)

    document = orjson.loads(encode(Progress("PROD1", "QAUDJRN", time, True, None, None, 6)))

    assert document["time"] == "2026-11-22T02:15:00.000001Z"
    assert decode_as(Progress, orjson.dumps(document)).time == time


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    entry = decode_as(Entry, orjson.dumps({**ENTRY, "time": "2026-11-22T03:15:00.123456+01:00"}))

    assert entry.time == datetime(2026, 11, 22, 3, 15, 0, 123456, tzinfo=timezone(timedelta(hours=1)))


def test_a_sequence_above_two_to_the_53_keeps_every_digit() -> None:
    entry = decode_as(Entry, orjson.dumps({**ENTRY, "sequence": "18446744073709551600"}))

    assert orjson.loads(encode(entry))["sequence"] == "18446744073709551600"


@pytest.mark.parametrize(
    ("record_type", "document", "message"),
    [
        pytest.param(Entry, without(ENTRY, "system"), "system: missing", id="missing"),
        pytest.param(Entry, {**ENTRY, "system": None}, "system: expected str, got null", id="null text"),
        pytest.param(Entry, {**ENTRY, "system": 7}, "system: expected str, got int", id="number for text"),
        pytest.param(Entry, {**ENTRY, "local_port": "23"}, "local_port: expected int | null, got str", id="text port"),
        pytest.param(
            Entry, {**ENTRY, "local_port": 23.5}, "local_port: expected int | null, got float", id="half a port"
        ),
        pytest.param(
            Entry, {**ENTRY, "local_port": True}, "local_port: expected int | null, got bool", id="truth for a port"
        ),
        pytest.param(Entry, {**ENTRY, "backfill": 0}, "backfill: expected bool, got int", id="number for truth"),
        pytest.param(
            Entry, {**ENTRY, "detail_type": "Q"}, "detail_type: not one of the values allowed", id="unknown detail type"
        ),
        pytest.param(Entry, {**ENTRY, "detail_type": []}, "detail_type: ", id="array for a detail type"),
        pytest.param(Entry, {**ENTRY, "time": "yesterday"}, "time: invalid RFC3339 encoded datetime", id="not a time"),
        pytest.param(
            Entry,
            {**ENTRY, "time": "2026-11-22T02:15:00"},
            "time: expected datetime with a timezone component",
            id="no zone",
        ),
        pytest.param(
            Entry, {**ENTRY, "version": 2}, "version: this release reads version 1 of entry", id="later version"
        ),
        pytest.param(
            Verdict, {**VERDICT, "evidence": "x"}, "evidence: expected array, got str", id="text for an array"
        ),
        pytest.param(
            Verdict, {**VERDICT, "evidence": [1]}, "evidence[0]: expected str, got int", id="number in an array"
        ),
        pytest.param(Verdict, {**VERDICT, "tls": {"cipher": None}}, "tls.protocol: missing", id="missing in an object"),
        pytest.param(
            Verdict, {**VERDICT, "source": "10.9.8.7"}, "source: expected object, got str", id="text for an object"
        ),
        pytest.param(
            Position,
            {**POSITION, "rejections": [1]},
            "rejections: expected array of length 3",
            id="array too short",
        ),
    ],
)
def test_an_error_names_the_field_and_what_is_wrong(
    record_type: Any, document: documents.Document, message: str
) -> None:
    with pytest.raises(CodecError) as refused:
        decode_as(record_type, orjson.dumps(document))

    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        pytest.param("entry", b"", "not JSON: ", id="empty"),
        pytest.param("entry", b'{"id": "2026', "not JSON: ", id="cut off"),
        pytest.param("entry", b"\xff\xfe", "not JSON: ", id="not UTF-8"),
        pytest.param("entry", b"[]", "record: expected object, got array", id="array"),
        pytest.param("entry", b"null", "record: expected object, got null", id="null"),
        pytest.param("rumour", b"{}", "unknown record type", id="unknown type"),
    ],
)
def test_bytes_that_are_no_record_are_refused(kind: str, value: bytes, message: str) -> None:
    with pytest.raises(CodecError) as refused:
        decode(kind, value)

    assert str(refused.value).startswith(message)
