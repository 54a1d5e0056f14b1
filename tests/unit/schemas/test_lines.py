"""A line of NDJSON is the record that it was, although its type travels in a header."""

import orjson
import pytest

from schemas import documents
from schemas.codec import CodecError, decode
from schemas.lines import read_line
from schemas.records import RECORDS

VALID = [
    pytest.param(kind, document, id=f"{kind} {name}")
    for kind in RECORDS
    for name, document in documents.examples(kind).items()
    if name.startswith("valid-")
]


@pytest.mark.parametrize(("kind", "document"), VALID)
def test_each_record_is_told_by_its_fields(kind: str, document: documents.Document) -> None:
    line = orjson.dumps(document)

    assert read_line(line) == decode(kind, line)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(b"{", "not JSON", id="torn"),
        pytest.param(b"[]", "none of the records", id="a list"),
        pytest.param(b'{"id": "x"}', "none of the records", id="too few fields"),
    ],
)
def test_what_is_no_record_is_refused(line: bytes, problem: str) -> None:
    with pytest.raises(CodecError, match=problem):
        read_line(line)
