"""The JSON Schemas and their examples, by record name: for tests and for whoever checks records from outside."""

from importlib.resources import files
from importlib.resources.abc import Traversable

import orjson

from schemas.records import RECORDS

SHARED = "common"
DEAD_LETTER_HEADERS = "dead-letter-headers"
NAMES = (*RECORDS, DEAD_LETTER_HEADERS)
SUFFIX = ".schema.json"

Document = dict[str, object]


def schema(name: str) -> Document:
    """The JSON Schema (2020-12) of a record: one of NAMES, or SHARED, which the others refer to by its `$id`."""
    return _document(files("schemas").joinpath("v1", name + SUFFIX))


def examples(name: str) -> dict[str, Document]:
    """The example documents of a record, by file name without its suffix: `valid-…` and `invalid-…`."""
    folder = files("schemas").joinpath("examples", name)
    found = {file.name.removesuffix(".json"): _document(file) for file in folder.iterdir()}
    return dict(sorted(found.items()))


def _document(file: Traversable) -> Document:
    document = orjson.loads(file.read_bytes())
    if not isinstance(document, dict):
        raise TypeError(f"{file.name}: not a JSON object")
    return document
