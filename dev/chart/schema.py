"""The settings in values.schema.json, made from the settings' models: what the code would refuse, helm refuses."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.settings import Settings
from cli.variables import variables

Schema = dict[str, Any]

NOT_OURS = ("default", "title", "format", "writeOnly")
URL = "^$|^[A-Za-z]+://"
"""The least that the code's own check of an address asks for; most that are wrong lack it."""


def definitions() -> Schema:
    """One definition for each section, and `settings` for the whole tree. Nothing is required: secrets come later."""
    model = Settings.model_json_schema(ref_template="#/definitions/{model}")
    found = {name: _cleaned(section) for name, section in model["$defs"].items()}
    sections = {name: _cleaned(field) for name, field in model["properties"].items()}
    # the worker is named after its pod, and the system where it is listed
    sections.pop("worker")
    found["ProducerSettings"]["properties"].pop("system")
    return {**found, "settings": {"type": "object", "additionalProperties": False, "properties": sections}}


def secret_settings() -> list[str]:
    """The names of the settings whose values are secret."""
    return sorted({variable.path[-1] for variable in variables(Settings) if variable.secret})


def _cleaned(schema: Mapping[str, Any]) -> Schema:
    """Draft 7, without what is not the chart's to say; null, where it is allowed, means the same as leaving out."""
    kept = {name: value for name, value in schema.items() if name not in (*NOT_OURS, "required")}
    if "properties" in kept:
        kept["properties"] = {
            name: _cleaned({**field, "pattern": URL} if name.endswith("url") else field)
            for name, field in kept["properties"].items()
        }
    if "items" in kept:
        kept["items"] = _cleaned(kept["items"])
    if "anyOf" in kept:
        return _flat(kept, list(_alternatives(kept.pop("anyOf"))))
    if "$ref" in kept:
        # draft 7 ignores what stands beside a reference
        return {"$ref": kept["$ref"]}
    return kept


def _alternatives(schemas: list[Schema]) -> Iterator[Schema]:
    yield from (_cleaned(schema) for schema in schemas if schema.get("type") != "null")


def _flat(kept: Schema, alternatives: list[Schema]) -> Schema:
    """Optional is the usual reason for alternatives: one is left then, and helm's message about it is short."""
    return {**kept, **alternatives[0]} if len(alternatives) == 1 else {**kept, "anyOf": alternatives}
