"""Documents against the JSON Schemas, for tests."""

from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from schemas import documents

REGISTRY: Registry[Any] = Registry().with_resources(
    (str(schema["$id"]), Resource.from_contents(schema))
    for schema in map(documents.schema, (*documents.NAMES, documents.SHARED))
)


def wrong_places(name: str, document: documents.Document) -> set[str]:
    """The JSON paths at which the document breaks the schema of the record `name`."""
    checker = Draft202012Validator.FORMAT_CHECKER
    validator = Draft202012Validator(documents.schema(name), registry=REGISTRY, format_checker=checker)
    return {error.json_path for error in validator.iter_errors(document)}
