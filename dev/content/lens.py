"""Kibana's Lens: one panel's columns and picture, in the form that Kibana 8.17 and 9 export."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

LAYER = "layer"
FIGURE = re.compile(r"(last|max|different)\(([\w.@]+)\)")
OPERATIONS = {"max": "max", "different": "unique_count"}
NUMBERS = frozenset({"long", "float"})


def date() -> Json:
    return {
        "label": "@timestamp",
        "dataType": "date",
        "operationType": "date_histogram",
        "isBucketed": True,
        "scale": "interval",
        "sourceField": "@timestamp",
        "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
    }


def terms(field: str, types: Mapping[str, str], *, size: int, order_by: str | None, all_records: bool = False) -> Json:
    """The values of a field, those with the highest figure in the column `order_by` first, or by the alphabet.

    With `all_records` the others, and what has no value there, have a row each, so that nothing drops out of a sum.
    """
    kind = _data_type(types[field])
    order: Json = {"type": "column", "columnId": order_by} if order_by else {"type": "alphabetical", "fallback": False}
    return {
        "label": field,
        "customLabel": True,
        "dataType": kind,
        "operationType": "terms",
        "isBucketed": True,
        "scale": "ordinal",
        "sourceField": field,
        "params": {
            "size": size,
            "orderBy": order,
            "orderDirection": "desc" if order_by else "asc",
            "otherBucket": all_records,
            "missingBucket": all_records and kind == "string",
            "parentFormat": {"id": "terms"},
            "include": [],
            "exclude": [],
            "includeIsRegex": False,
            "excludeIsRegex": False,
        },
    }


def figure(label: str, says: str, types: Mapping[str, str]) -> Json:
    """A column with a number, or the last value of a field."""
    column: Json = {"label": label, "customLabel": True, "dataType": "number", "isBucketed": False, "scale": "ratio"}
    if not (found := FIGURE.fullmatch(says)):
        matching = {"filter": {"query": says, "language": "kuery"}} if says else {}
        count = {"operationType": "count", "sourceField": "___records___", "params": {"emptyAsNull": False}}
        return {**column, **count, **matching}
    what, field = found.groups()
    if what == "last":
        kind = _data_type(types[field])
        scale = "ratio" if kind == "number" else "interval" if kind == "date" else "ordinal"
        params = {"sortField": "@timestamp", "showArrayValues": kind == "string"}
        exists = {"query": f'"{field}": *', "language": "kuery"}
        last = {"operationType": "last_value", "sourceField": field, "filter": exists}
        return {**column, **last, "dataType": kind, "scale": scale, "params": params}
    return {**column, "operationType": OPERATIONS[what], "sourceField": field, "params": {"emptyAsNull": False}}


def picture(kind: str, buckets: Sequence[str], figures: Sequence[str]) -> tuple[str, Json]:
    """Lens' name of the kind, and how the columns are drawn."""
    layer: Json = {"layerId": LAYER, "layerType": "data"}
    match kind:
        case "number":
            return "lnsMetric", {**layer, "metricAccessor": figures[0]}
        case "donut":
            legend: Json = {"numberDisplay": "percent", "categoryDisplay": "default", "legendDisplay": "default"}
            slices = {
                **layer,
                "primaryGroups": list(buckets),
                "metrics": list(figures),
                "nestedLegend": False,
                **legend,
            }
            return "lnsPie", {"shape": "donut", "layers": [slices]}
        case "table":
            return "lnsDatatable", {**layer, "columns": [{"columnId": one} for one in (*buckets, *figures)]}
        case _:
            series = "line" if kind == "line" else "bar_stacked"
            layer |= {"position": "top", "showGridlines": False}
            split = {"splitAccessor": buckets[1]} if len(buckets) > 1 else {}
            drawn = {**layer, "seriesType": series, "xAccessor": buckets[0], "accessors": list(figures), **split}
            return "lnsXY", {
                "legend": {"isVisible": True, "position": "right"},
                "valueLabels": "hide",
                "fittingFunction": "None",
                "preferredSeriesType": series,
                "layers": [drawn],
            }


def attributes(title: str, view: str, kql: str, drawn: tuple[str, Json], columns: Mapping[str, Json]) -> Json:
    """A panel by value, which carries its own reference to its data view."""
    kind, visualization = drawn
    return {
        "title": title,
        "visualizationType": kind,
        "type": "lens",
        "references": [{"type": "index-pattern", "id": view, "name": f"indexpattern-datasource-layer-{LAYER}"}],
        "state": {
            "visualization": visualization,
            "query": {"query": kql, "language": "kuery"},
            "filters": [],
            "datasourceStates": {
                "formBased": {
                    "layers": {LAYER: {"columns": dict(columns), "columnOrder": list(columns), "incompleteColumns": {}}}
                }
            },
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def _data_type(mapped: str) -> str:
    """Kibana's word for a type of Elasticsearch."""
    return "number" if mapped in NUMBERS else mapped if mapped in ("date", "ip", "boolean") else "string"
