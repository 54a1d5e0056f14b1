"""The Sigma rules find what they should and nothing else, in a real Elasticsearch, in both sets of field names."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch as Client

from dev.content import sigma
from dev.content.tools import run
from dev.elasticsearch import Elasticsearch
from tests.siem.contents import cim, cim_fields, ecs_fields
from tests.siem.named_fields import in_esql, in_lucene, in_spl
from tests.siem.searching import Search, searching
from tests.siem.sigma_samples import ALERTS, CASES, OTHERS


@pytest.fixture(scope="module")
def cim_search(elasticsearch: Elasticsearch) -> Iterator[Search]:
    """The same over what the sink splunk writes: no Splunk can be had, but its field names can be searched."""
    index = f"splunk-{uuid.uuid4().hex[:12]}"
    with Client(elasticsearch.url, request_timeout=30) as client:
        texts = {"match_mapping_type": "string", "mapping": {"type": "keyword"}}
        client.indices.create(index=index, mappings={"dynamic_templates": [{"texts": texts}]})
        for content in (*ALERTS, *OTHERS):
            client.create(index=index, id=content.id, document=cim(content))
        yield searching(client, index)


def test_each_rule_has_samples() -> None:
    assert set(CASES) == set(sigma.names())


@pytest.mark.parametrize("name", CASES)
def test_a_rule_finds_its_positives_and_nothing_else(sigma_tool: Path, ecs_search: Search, name: str) -> None:
    found = ecs_search(sigma.converted()[name]["lucene"])

    assert found == {content.id for content in CASES[name].positive}
    assert len(found) + len(CASES[name].negative) == len(ALERTS) + len(OTHERS)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_in_the_names_of_splunk_finds_the_same(sigma_tool: Path, cim_search: Search, name: str) -> None:
    found = cim_search(sigma.convert("lucene", "cim")[name])

    assert found == {content.id for content in CASES[name].positive}


def test_the_rules_are_good_sigma(sigma_tool: Path) -> None:
    checked = run(sigma_tool, "check", "--fail-on-error", "--fail-on-issues", sigma.FOLDER / "rules")

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", CASES)
def test_a_rule_names_only_fields_that_are_written(sigma_tool: Path, name: str) -> None:
    queries = sigma.converted()[name]

    named = in_lucene(queries["lucene"]) | in_esql(queries["esql"])

    assert named
    assert named - ecs_fields() == set()
    assert in_spl(queries["splunk"]) - cim_fields() == set()


def test_a_pipeline_maps_only_to_fields_that_are_written() -> None:
    names = {field for service in (None, "alert") for field in sigma.fields("ecs", service=service).values()}

    assert names - ecs_fields() == set()
    assert set(sigma.fields("cim").values()) - cim_fields() == set()
