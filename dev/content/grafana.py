"""The Grafana dashboard, made from the panels in grafana.toml."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PANELS = Path(__file__).with_suffix(".toml")
COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SHORTHANDS = {
    "$OURS": '{namespace=~"$namespace", service=~"$service"}',
    "$PRODUCER": '{namespace=~"$namespace", system=~"$system"}',
    "$RATE": "[$__rate_interval]",
}
VARIABLES = {
    "namespace": "sk2siem_build_info",
    "service": "sk2siem_build_info",
    "system": "sk2siem_journal_lag_entries",
}
OPTIONS: dict[str, Json] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    },
}


def dashboard() -> str:
    """The file, as it ships."""
    return json.dumps(_dashboard(tomllib.loads(PANELS.read_text())["row"]), indent=2) + "\n"


def _dashboard(rows: list[Json]) -> Json:
    return {
        "annotations": {"list": []},
        "description": "Is sk2siem reading, judging and delivering?",
        "editable": True,
        "graphTooltip": 1,
        "id": None,
        "links": [],
        "panels": list(_panels(rows)),
        "refresh": "30s",
        "schemaVersion": 39,
        "tags": ["sk2siem"],
        "templating": {"list": list(_variables())},
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "title": "sk2siem",
        "uid": "sk2siem",
        "version": 1,
    }


def _variables() -> Iterator[Json]:
    yield {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0}
    for label, metric in VARIABLES.items():
        query = f"label_values({metric}, {label})"
        yield {
            "name": label,
            "label": label.capitalize(),
            "type": "query",
            "datasource": DATASOURCE,
            "query": {"query": query, "refId": label},
            "definition": query,
            "refresh": 2,
            "includeAll": True,
            "allValue": ".*",
            "multi": True,
            "current": {"text": "All", "value": "$__all"},
            "sort": 1,
            "hide": 0,
        }


def _panels(rows: list[Json]) -> Iterator[Json]:
    """Rows of panels from left to right; a panel that does not fit any more begins the next line."""
    number, y = 1, 0
    for row in rows:
        yield _heading(row["title"], number, y)
        number, x, y, height = number + 1, 0, y + 1, 0
        for panel in row["panel"]:
            width = panel.get("width", 8)
            if x + width > COLUMNS:
                x, y = 0, y + height
            height = panel.get("height", 7)
            yield _panel(panel, number, {"x": x, "y": y, "w": width, "h": height})
            number, x = number + 1, x + width
        y += height


def _heading(title: str, number: int, y: int) -> Json:
    place = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": place}


def _panel(panel: Json, number: int, place: Json) -> Json:
    kind = panel.get("kind", "timeseries")
    return {
        "id": number,
        "type": kind,
        "title": panel["title"],
        "description": panel.get("says", ""),
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": _defaults(panel, kind), "overrides": []},
        "options": OPTIONS[kind],
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": DATASOURCE,
                "expr": _spelt_out(query),
                "legendFormat": legend,
                "instant": kind == "stat",
                "range": kind != "stat",
            }
            for index, (legend, query) in enumerate(panel["queries"].items())
        ],
    }


def _defaults(panel: Json, kind: str) -> Json:
    red_above = panel.get("red_above")
    steps: list[Json] = [{"color": "green", "value": None}]
    if red_above is not None:
        steps.append({"color": "red", "value": red_above})
    defaults: Json = {"unit": panel.get("unit", "short"), "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if kind == "timeseries":
        defaults["custom"] = {
            "drawStyle": "line",
            "fillOpacity": 10,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.get("stacked") else "none", "group": "A"},
            "thresholdsStyle": {"mode": "off" if red_above is None else "dashed"},
        }
    return defaults


def _spelt_out(query: str) -> str:
    for shorthand, text in SHORTHANDS.items():
        query = query.replace(shorthand, text)
    return query
