"""The saved objects for Kibana: data views, a search for each analysis, and the dashboards of kibana.toml."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.content import lens
from sinks.elastic.templates import component_template

Json = dict[str, Any]

DASHBOARDS = Path(__file__).with_suffix(".toml")
SEARCHES = Path(__file__).with_name("searches.toml")
VIEWS = {
    "all": ("sk2siem-all", "IBM i: everything", "logs-ibmi.*-*"),
    "connection": ("sk2siem-connection", "IBM i: connections", "logs-ibmi.connection-*"),
    "alert": ("sk2siem-alert", "IBM i: alerts", "logs-ibmi.alert-*"),
}
COLUMNS = 48
# what the oldest Kibana that we support knows: an import into an older one is refused, and a newer one brings it up
CORE = "8.8.0"
MIGRATED = {"index-pattern": "8.0.0", "search": "10.5.0", "dashboard": "10.2.0"}
CONTROLS = (("host.name", "System"), ("network.application", "Service"))


def document() -> str:
    """The file, as it ships: NDJSON."""
    searches = tomllib.loads(SEARCHES.read_text())["search"]
    dashboards = tomllib.loads(DASHBOARDS.read_text())["dashboard"]
    objects = [*_views(), *map(_search, searches), *map(_dashboard, dashboards)]
    return "".join(json.dumps(one, sort_keys=True) + "\n" for one in objects)


def _object(kind: str, name: str, attributes: Json, references: list[Json]) -> Json:
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": references,
        "managed": False,
        "coreMigrationVersion": CORE,
        "typeMigrationVersion": MIGRATED[kind],
    }


def _views() -> Iterator[Json]:
    for name, title, pattern in VIEWS.values():
        yield _object("index-pattern", name, {"title": pattern, "name": title, "timeFieldName": "@timestamp"}, [])


def _search(row: Json) -> Json:
    index = "kibanaSavedObjectMeta.searchSourceJSON.index"
    source = {"query": {"query": row["kql"], "language": "kuery"}, "filter": [], "indexRefName": index}
    attributes = {
        "title": f"[IBM i] {row['title']}",
        "description": row["says"],
        "columns": row["columns"],
        "sort": [["@timestamp", "desc"]],
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
    }
    view = {"type": "index-pattern", "id": VIEWS[_view_of(row)][0], "name": index}
    return _object("search", _search_name(row["id"]), attributes, [view])


def _view_of(row: Json) -> str:
    return "alert" if "ibmi.alert." in row["kql"] else "connection"


def _search_name(name: str) -> str:
    return f"sk2siem-{name}"


def _dashboard(row: Json) -> Json:
    panels: list[Json] = []
    references: list[Json] = []
    for number, (place, panel) in enumerate(_placed(row["panel"]), 1):
        index = f"p{number}"
        drawn, named = (_search_panel if panel["kind"] == "search" else _lens_panel)(panel, index)
        panels.append({**drawn, "panelIndex": index, "gridData": {**place, "i": index}, "title": panel["title"]})
        references += named
    controls, controlled = _controls()
    attributes = {
        "title": row["title"],
        "description": row["says"],
        "version": 1,
        "timeRestore": True,
        "timeFrom": "now-24h",
        "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 60000},
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": True, "hidePanelTitles": False}),
        "panelsJSON": json.dumps(panels),
        "controlGroupInput": controls,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps({"query": _query(""), "filter": []})},
    }
    return _object("dashboard", f"sk2siem-{row['id']}", attributes, references + controlled)


def _placed(panels: list[Json]) -> Iterator[tuple[Json, Json]]:
    """From left to right; a panel that does not fit any more begins the next line."""
    x = y = height = 0
    for panel in panels:
        if x + panel["width"] > COLUMNS:
            x, y = 0, y + height
        height = panel.get("height", 14)
        yield {"x": x, "y": y, "w": panel["width"], "h": height}, panel
        x += panel["width"]


def _lens_panel(panel: Json, index: str) -> tuple[Json, list[Json]]:
    types = field_types()
    counts = panel.get("counts", {panel["title"] if panel["kind"] == "number" else "connections": ""})
    figures = {
        f"figure{number}": lens.figure(label, says, types) for number, (label, says) in enumerate(counts.items())
    }
    buckets: dict[str, Json] = {"time": lens.date()} if panel["kind"] in ("over-time", "line") else {}
    is_table = panel["kind"] == "table"
    order_by = None if next(iter(counts.values())).startswith("last(") else "figure0"
    for number, field in enumerate(panel.get("by", ())):
        size = panel.get("rows", 20) if is_table else 9
        buckets[f"by{number}"] = lens.terms(field, types, size=size, order_by=order_by, all_records=is_table)
    drawn = lens.picture(panel["kind"], list(buckets), list(figures))
    view = VIEWS[panel.get("view", "connection")][0]
    attributes = lens.attributes(panel["title"], view, panel.get("kql", ""), drawn, {**buckets, **figures})
    config = {"attributes": attributes, "enhancements": {}, "hidePanelTitles": panel["kind"] == "number"}
    references = [{**one, "name": f"{index}:{one['name']}"} for one in attributes["references"]]
    return {"type": "lens", "embeddableConfig": config}, references


def _search_panel(panel: Json, index: str) -> tuple[Json, list[Json]]:
    name = f"panel_{index}"
    reference = {"type": "search", "id": _search_name(panel["search"]), "name": f"{index}:{name}"}
    return {"type": "search", "embeddableConfig": {"enhancements": {}}, "panelRefName": name}, [reference]


def _controls() -> tuple[Json, list[Json]]:
    """The filters above the panels: which systems, which services."""
    panels = {
        field: {
            "order": order,
            "width": "medium",
            "grow": True,
            "type": "optionsListControl",
            "explicitInput": {
                "id": field,
                "fieldName": field,
                "title": title,
                "selectedOptions": [],
                "enhancements": {},
            },
        }
        for order, (field, title) in enumerate(CONTROLS)
    }
    ignored = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    group = {
        "chainingSystem": "HIERARCHICAL",
        "controlStyle": "oneLine",
        "showApplySelections": False,
        "ignoreParentSettingsJSON": json.dumps(ignored),
        "panelsJSON": json.dumps(panels),
    }
    view = VIEWS["all"][0]
    names = (f"controlGroup_{field}:optionsListDataView" for field in panels)
    return group, [{"type": "index-pattern", "id": view, "name": name} for name in names]


def _query(kql: str) -> Json:
    return {"query": kql, "language": "kuery"}


def field_types() -> Mapping[str, str]:
    """Each field of our template and its type in Elasticsearch."""
    return dict(_types(component_template()["template"]["mappings"]["properties"]))


def _types(properties: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, mapping in properties.items():
        if "properties" in mapping:
            yield from _types(mapping["properties"], f"{prefix}{name}.")
        else:
            yield prefix + name, mapping["type"]
