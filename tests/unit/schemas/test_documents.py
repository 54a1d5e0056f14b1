"""The JSON Schemas, the examples, the structs and the codec say the same of every record."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import fields

from runtime.dead_letters import dead_letter
from runtime.flow import Reason
from runtime.record import Offset, Partition, StoredRecord
from schemas import codec, documents, records
from tests.unit.schemas.validation import wrong_places


def cases(prefix: str) -> list[Any]:
    return [
        pytest.param(name, document, id=f"{name}/{file}")
        for name in documents.NAMES
        for file, document in documents.examples(name).items()
        if file.startswith(prefix)
    ]


@pytest.mark.parametrize("name", [*documents.NAMES, documents.SHARED])
def test_each_schema_is_valid_json_schema_under_a_urn_of_its_name(name: str) -> None:
    schema = documents.schema(name)

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:sk2siem:schema:v1:{name}"


@pytest.mark.parametrize("name", documents.NAMES)
def test_each_record_has_two_valid_and_two_invalid_examples_and_no_others(name: str) -> None:
    files = list(documents.examples(name))

    valid = [file for file in files if file.startswith("valid-")]
    invalid = [file for file in files if file.startswith("invalid-")]

    assert min(len(valid), len(invalid)) >= 2
    assert sorted(valid + invalid) == sorted(files)


@pytest.mark.parametrize(("name", "document"), cases("valid-"))
def test_a_valid_example_validates(name: str, document: documents.Document) -> None:
    assert wrong_places(name, document) == set()


@pytest.mark.parametrize(("name", "document"), cases("invalid-"))
def test_an_invalid_example_is_wrong_in_exactly_one_place(name: str, document: documents.Document) -> None:
    assert len(wrong_places(name, document)) == 1


@pytest.mark.parametrize(
    ("name", "document"), [case for case in cases("valid-") if case.values[0] != documents.DEAD_LETTER_HEADERS]
)
def test_a_valid_example_decodes_and_encodes_to_the_same_document(name: str, document: documents.Document) -> None:
    record = codec.decode(name, orjson.dumps(document))

    assert isinstance(record, records.RECORDS[name])
    assert orjson.loads(codec.encode(record)) == document
    assert list(orjson.loads(codec.encode(record))) == list(document)


@pytest.mark.parametrize(
    ("name", "document"), [case for case in cases("invalid-") if case.values[0] != documents.DEAD_LETTER_HEADERS]
)
def test_an_invalid_example_is_refused_by_the_codec(name: str, document: documents.Document) -> None:
    with pytest.raises(codec.CodecError):
        codec.decode(name, orjson.dumps(document))


def object_schema(name: str, definition: str) -> dict[str, Any]:
    schema: dict[str, Any] = documents.schema(name)
    found: dict[str, Any] = schema["$defs"][definition] if definition else schema
    return found


@pytest.mark.parametrize(
    ("name", "definition", "record_type"),
    [
        *(pytest.param(name, "", kind, id=name) for name, kind in records.RECORDS.items()),
        pytest.param("gap", "journal_place", records.JournalPlace, id="gap/journal_place"),
        pytest.param("verdict", "endpoint", records.Endpoint, id="verdict/endpoint"),
        pytest.param("verdict", "tls", records.Tls, id="verdict/tls"),
    ],
)
def test_a_schema_has_exactly_the_fields_of_its_record(name: str, definition: str, record_type: Any) -> None:
    schema = object_schema(name, definition)

    assert list(schema["properties"]) == [field.name for field in fields(record_type)]
    assert schema["required"] == [field.name for field in fields(record_type) if field.required]
    assert schema["additionalProperties"] is True


@pytest.mark.parametrize(
    ("values", "enumeration"),
    [
        pytest.param(documents.schema("common"), {"detail_type": records.DetailType}, id="detail_type"),
        pytest.param(documents.schema("common"), {"severity": records.Severity}, id="severity"),
        pytest.param(documents.schema("common"), {"verdict_kind": records.VerdictKind}, id="verdict_kind"),
        pytest.param(documents.schema("verdict"), {"basis": records.Basis}, id="basis"),
        pytest.param(documents.schema("verdict"), {"direction": records.Direction}, id="direction"),
        pytest.param(documents.schema("verdict"), {"network": records.Network}, id="network"),
        pytest.param(documents.schema("alert"), {"kind": records.AlertKind}, id="alert kind"),
    ],
)
def test_a_schema_lists_the_values_of_the_enumeration(values: Any, enumeration: dict[str, type[StrEnum]]) -> None:
    ((name, kind),) = enumeration.items()
    listed = (values.get("$defs") if "properties" not in values else values["properties"])[name]["enum"]

    assert {value for value in listed if value is not None} == {str(member) for member in kind}


@pytest.mark.parametrize(
    ("name", "change", "place"),
    [
        pytest.param("entry", {"local_port": 65536}, "$.local_port", id="port above the range"),
        pytest.param("entry", {"local_port": -1}, "$.local_port", id="port below the range"),
        pytest.param("entry", {"remote_address": "10.9.8"}, "$.remote_address", id="address cut off"),
        pytest.param("entry", {"sequence": "-1"}, "$.sequence", id="sequence not of digits"),
        pytest.param("entry", {"id": "184467"}, "$.id", id="id not made from the journal"),
        pytest.param("entry", {"time": "2026-11-22T03:15:00.123456+01:00"}, "$.time", id="time not in UTC"),
        pytest.param("entry", {"time": "2026-11-22T02:15:00.123Z"}, "$.time", id="time in milliseconds"),
        pytest.param(
            "entry", {"journal_time": "2026-11-22T03:15:00Z"}, "$.journal_time", id="journal time with a zone"
        ),
        pytest.param("progress", {"audit_levels": ["NETSCK"]}, "$.audit_levels[0]", id="level without its star"),
        pytest.param("position", {"partitions": 0}, "$.partitions", id="no partitions"),
        pytest.param("verdict", {"policy": "default"}, "$.policy", id="policy is not a hash"),
        pytest.param("verdict", {"reason": "Clear text!"}, "$.reason", id="reason is not a code"),
        pytest.param("status", {"lag_seconds": -1.0}, "$.lag_seconds", id="ahead of the journal"),
    ],
)
def test_a_schema_refuses_values_out_of_their_range(name: str, change: documents.Document, place: str) -> None:
    valid = next(case.values[1] for case in cases("valid-") if case.values[0] == name)

    assert wrong_places(name, {**valid, **change}) == {place}


@pytest.mark.parametrize("name", documents.NAMES)
def test_a_field_of_a_later_release_is_allowed(name: str) -> None:
    valid = next(case.values[1] for case in cases("valid-") if case.values[0] == name)

    assert wrong_places(name, {**valid, "of_a_later_release": "anything"}) == set()


def test_the_headers_that_are_written_validate() -> None:
    rejected = StoredRecord(Partition("sk.entries", 3), Offset(184467), b"key", b"{}", "entry")

    letter = dead_letter(rejected, Reason("corrupt-record", "entry: id is missing"), "enricher")

    headers: documents.Document = {name: value.decode() for name, value in letter.headers}
    assert wrong_places(documents.DEAD_LETTER_HEADERS, {**headers, "type": letter.type}) == set()
    assert set(headers) | {"type"} == set(object_schema(documents.DEAD_LETTER_HEADERS, "")["properties"])
    assert datetime.fromisoformat(str(headers["x-rejected-at"])).utcoffset() is not None
