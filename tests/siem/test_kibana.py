"""The saved objects for Kibana: whole, joined to each other, over fields that we write."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dev.content import kibana
from dev.content.written import SIEM
from tests.siem.contents import ecs_fields
from tests.siem.named_fields import in_lucene
from tests.siem.searching import Search, in_lucenes_words
from tests.siem.sigma_samples import ALERTS, OTHERS

Json = dict[str, Any]

FILE = SIEM / "kibana" / "saved-objects.ndjson"
OBJECTS: list[Json] = [json.loads(line) for line in FILE.read_text().splitlines()]
DASHBOARDS = [one for one in OBJECTS if one["type"] == "dashboard"]
SEARCHES = [one for one in OBJECTS if one["type"] == "search"]
RECORDS = "___records___"


def panels(dashboard: Json) -> list[Json]:
    found: list[Json] = json.loads(dashboard["attributes"]["panelsJSON"])
    return found


CHARTS = {
    f"{dashboard['id']}: {panel['title']}": panel["embeddableConfig"]["attributes"]
    for dashboard in DASHBOARDS
    for panel in panels(dashboard)
    if panel["type"] == "lens"
}
each_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=list(CHARTS))


def columns(chart: Json) -> Json:
    (layer,) = chart["state"]["datasourceStates"]["formBased"]["layers"].values()
    found: Json = layer["columns"]
    return found


def queries(chart: Json) -> Iterator[str]:
    yield chart["state"]["query"]["query"]
    yield from (column["filter"]["query"] for column in columns(chart).values() if "filter" in column)


def accessors(value: object) -> Iterator[str]:
    """The columns that a picture is drawn of."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("metricAccessor", "xAccessor", "splitAccessor", "columnId"):
                yield inner
            elif key in ("accessors", "primaryGroups", "metrics"):
                yield from inner
            else:
                yield from accessors(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from accessors(inner)


def test_there_are_data_views_four_dashboards_and_a_search_for_each_analysis() -> None:
    titles = {one["attributes"]["title"] for one in DASHBOARDS}

    assert titles == {
        "[IBM i] Overview",
        "[IBM i] Insecure connections",
        "[IBM i] TLS hygiene",
        "[IBM i] Pipeline health",
    }
    assert {one["attributes"]["title"] for one in OBJECTS if one["type"] == "index-pattern"} == {
        "logs-ibmi.*-*",
        "logs-ibmi.connection-*",
        "logs-ibmi.alert-*",
    }
    assert len(SEARCHES) == 10


def test_each_reference_leads_to_an_object_of_the_file() -> None:
    there = {(one["type"], one["id"]) for one in OBJECTS}
    named = {(ref["type"], ref["id"]) for one in OBJECTS for ref in one["references"]}

    assert len(there) == len(OBJECTS)
    assert named <= there


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["id"])
def test_an_object_says_which_kibana_it_is_for(one: Json) -> None:
    assert one["coreMigrationVersion"] == kibana.CORE
    assert one["typeMigrationVersion"] == kibana.MIGRATED[one["type"]]
    assert one["id"].startswith("sk2siem-")


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["id"])
def test_a_dashboard_is_joined_to_what_its_panels_show(dashboard: Json) -> None:
    names = {reference["name"] for reference in dashboard["references"]}
    taken: set[tuple[int, int]] = set()

    for panel in panels(dashboard):
        place = panel["gridData"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["i"] == panel["panelIndex"]
        assert place["x"] + place["w"] <= kibana.COLUMNS
        taken |= cells
        if panel["type"] == "lens":
            inner = panel["embeddableConfig"]["attributes"]["references"]
            assert {f"{panel['panelIndex']}:{reference['name']}" for reference in inner} <= names
        else:
            assert f"{panel['panelIndex']}:{panel['panelRefName']}" in names
    controls = json.loads(dashboard["attributes"]["controlGroupInput"]["panelsJSON"])
    assert {f"controlGroup_{name}:optionsListDataView" for name in controls} <= names
    assert {control["explicitInput"]["fieldName"] for control in controls.values()} <= ecs_fields()


@each_chart
def test_a_chart_names_only_fields_that_are_written(chart: Json) -> None:
    fields = {column["sourceField"] for column in columns(chart).values()} - {RECORDS}
    named = fields | {name for query in queries(chart) for name in in_lucene(query)}

    assert named - ecs_fields() == set()


@each_chart
def test_a_chart_is_drawn_of_its_columns_buckets_first(chart: Json) -> None:
    (layer,) = chart["state"]["datasourceStates"]["formBased"]["layers"].values()
    order = [layer["columns"][name]["isBucketed"] for name in layer["columnOrder"]]

    assert set(accessors(chart["state"]["visualization"])) == set(layer["columns"])
    assert set(layer["columnOrder"]) == set(layer["columns"])
    assert order == sorted(order, reverse=True)


@each_chart
def test_a_column_has_the_type_of_its_field(chart: Json) -> None:
    types = kibana.field_types()

    for column in columns(chart).values():
        if column["operationType"] in ("terms", "last_value"):
            mapped = types[column["sourceField"]]
            expected = {"long": "number", "float": "number", "keyword": "string"}.get(mapped, mapped)
            assert column["dataType"] == expected, column["label"]
        if column["operationType"] == "terms" and column["params"]["orderBy"]["type"] == "column":
            assert columns(chart)[column["params"]["orderBy"]["columnId"]]["dataType"] == "number"


@pytest.mark.parametrize("search", SEARCHES, ids=lambda one: one["id"])
def test_a_search_names_only_fields_that_are_written(search: Json) -> None:
    source = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])

    named = in_lucene(source["query"]["query"]) | set(search["attributes"]["columns"])

    assert in_lucene(source["query"]["query"])
    assert named - ecs_fields() == set()
    assert source["indexRefName"] == search["references"][0]["name"]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda one: one["id"])
def test_a_search_finds_some_records_and_not_all(ecs_search: Search, search: Json) -> None:
    source = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])

    found = ecs_search(in_lucenes_words(source["query"]["query"]))

    assert 0 < len(found) < len(ALERTS) + len(OTHERS)


@each_chart
def test_a_chart_finds_some_records(ecs_search: Search, chart: Json) -> None:
    for query in queries(chart):
        assert not query or ecs_search(in_lucenes_words(query)), query
