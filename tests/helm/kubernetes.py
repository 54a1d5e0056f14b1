"""What Kubernetes and the operators accept, offline: what an API server would refuse, unknown fields too."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dev.chart import tools

HOME = "https://kubernetes.io/api/_definitions.json"

Schema = dict[str, Any]
Kind = tuple[str, str]
"""apiVersion and kind."""


def problems(manifest: Mapping[str, Any], version: str) -> list[str]:
    """Why this Kubernetes would refuse the object; a kind that it does not know is refused."""
    kind = (manifest["apiVersion"], manifest["kind"])
    validator = _operators().get(kind) or _kubernetes(version).get(kind)
    if validator is None:
        return [f"{kind[1]} of {kind[0]}: not in Kubernetes {version}"]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(manifest)]


@cache
def _kubernetes(version: str) -> dict[Kind, Draft202012Validator]:
    document = json.loads((tools.schemas() / f"{version}.json").read_text())
    registry: Registry[Any] = Registry().with_resource(HOME, DRAFT202012.create_resource(document))
    return {
        kind: Draft202012Validator({"$ref": f"{HOME}#/$defs/{name}"}, registry=registry)
        for name, definition in document["$defs"].items()
        for kind in _kinds(definition)
    }


def _kinds(definition: Schema) -> Iterator[Kind]:
    for one in definition.get("x-kubernetes-group-version-kind", ()):
        yield "/".join(filter(None, (one["group"], one["version"]))), one["kind"]


@cache
def _operators() -> dict[Kind, Draft202012Validator]:
    found = {}
    for path in sorted(tools.crds().glob("*.yaml")):
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            kind = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            found[kind] = Draft202012Validator(_closed(version["schema"]["openAPIV3Schema"]))
    return found


def _closed(schema: Any) -> Any:
    """Unknown fields are refused, as an API server does when it validates strictly."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(one) for name, one in schema.items()}
    open_on_purpose = schema.get("x-kubernetes-preserve-unknown-fields") or "metadata" in schema.get("properties", {})
    if isinstance(schema.get("properties"), dict) and "type" in schema and not open_on_purpose:
        closed.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        closed["type"] = ["integer", "string"]
    return closed
