"""The Sigma rules, and what pySigma makes of them in each language."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dev.content import tools
from dev.part import Failed

FOLDER = Path(__file__).resolve().parents[2] / "siem" / "sigma"
LANGUAGES = {"lucene": "ecs", "esql": "ecs", "splunk": "cim"}

Json = dict[str, Any]
Queries = Mapping[str, str]


def read(name: str, folder: str = "rules") -> Json:
    """One rule as it is written, by the name of its file."""
    found: Json = yaml.safe_load((FOLDER / folder / f"{name}.yml").read_text())
    return found


def names() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "rules").glob("*.yml"))


@cache
def converted() -> Mapping[str, Queries]:
    """Each rule's query in each language. Raises Missing, Failed."""
    by_language = {language: convert(language, pipeline) for language, pipeline in LANGUAGES.items()}
    return {name: {language: queries[name] for language, queries in by_language.items()} for name in names()}


@cache
def convert(language: str, pipeline: str) -> Queries:
    """The rules' queries in the fields of one pipeline. Raises Missing, Failed."""
    files = [FOLDER / "rules" / f"{name}.yml" for name in names()]
    target = ("-t", language, "-p", FOLDER / "pipelines" / f"{pipeline}.yml")
    done = tools.run(tools.sigma(), "convert", *target, *files)
    queries = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or len(queries) != len(files):
        raise Failed(f"sigma could not convert the rules to {language}:\n{done.stdout}{done.stderr}")
    return dict(zip(names(), queries, strict=True))


def fields(pipeline: str, *, service: str | None = None) -> Mapping[str, str]:
    """Our names and what the pipeline makes of them, for rules about alerts where `service` is `alert`."""
    found: dict[str, str] = {}
    for step in yaml.safe_load((FOLDER / "pipelines" / f"{pipeline}.yml").read_text())["transformations"]:
        services = {condition.get("service") for condition in step.get("rule_conditions", ())}
        if step["type"] == "field_name_mapping" and (not services or service in services):
            for name, field in step["mapping"].items():
                found.setdefault(name, field if isinstance(field, str) else field[0])
    return found


def document() -> str:
    """All queries, as they ship: for whoever wants them in rules of their own."""
    return json.dumps(converted(), indent=2) + "\n"
