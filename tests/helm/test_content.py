"""Alerts and dashboards arrive in the cluster as they ship."""

from typing import Any

import yaml

from dev.chart.written import ROOT
from tests.helm.rendered import CHART, Manifest, render

EVERYTHING = yaml.safe_load((CHART / "ci" / "everything-values.yaml").read_text())
SHIPPED = yaml.safe_load((ROOT / "siem" / "prometheus" / "sk2siem.rules.yaml").read_text())["groups"]
RUNBOOKS = EVERYTHING["prometheusRule"]["runbooks"]


def test_the_alerts_are_those_that_ship_with_their_run_books_at_the_address_of_the_site() -> None:
    (found,) = of_kind("PrometheusRule", render(EVERYTHING))

    expected = [{**group, "rules": [_at_the_site(rule) for rule in group["rules"]]} for group in SHIPPED]
    assert found["spec"]["groups"] == expected


def _at_the_site(rule: dict[str, Any]) -> dict[str, Any]:
    annotations = rule["annotations"]
    return {**rule, "annotations": {**annotations, "runbook_url": RUNBOOKS + annotations["runbook_url"]}}


def test_an_alert_can_be_left_out() -> None:
    unwanted = SHIPPED[0]["rules"][0]["alert"]
    chosen = {**EVERYTHING["prometheusRule"], "leaveOut": [unwanted]}

    (found,) = of_kind("PrometheusRule", render({**EVERYTHING, "prometheusRule": chosen}))

    alerts = [rule["alert"] for group in found["spec"]["groups"] for rule in group["rules"]]
    assert sorted([*alerts, unwanted]) == sorted(rule["alert"] for group in SHIPPED for rule in group["rules"])


def test_each_dashboard_arrives_unchanged_where_grafana_looks() -> None:
    found = {
        name: text
        for one in of_kind("ConfigMap", render(EVERYTHING))
        if one["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
        for name, text in one["data"].items()
    }

    assert found == {path.name: path.read_text() for path in (ROOT / "siem" / "grafana").glob("*.json")}
    assert found


def of_kind(kind: str, manifests: list[Manifest]) -> list[Manifest]:
    return [one for one in manifests if one["kind"] == kind]
