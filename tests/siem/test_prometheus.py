"""The Prometheus rules and the Grafana dashboard: the alerts fire and clear, and name only what a service shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.content.tools import run
from runtime.metrics import PREFIX
from tests.e2e.small import Small
from tests.processes import wait_until

ROOT = Path(__file__).parents[2]
RULES = ROOT / "siem" / "prometheus" / "sk2siem.rules.yaml"
TESTS = ROOT / "siem" / "prometheus" / "sk2siem.test.yaml"
DASHBOARD = ROOT / "siem" / "grafana" / "sk2siem.json"
METRIC = re.compile(rf"\b{PREFIX}_[a-z0-9_]+")
SERIES_OF = re.compile(r"_(bucket|count|sum)$")
VARIABLE = re.compile(r"\$(\w+)")
RANGE = "[$__rate_interval]"
OWN_VARIABLES = {"__rate_interval"}

Json = dict[str, Any]


def rules() -> list[Json]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def dashboard() -> Json:
    loaded: Json = json.loads(DASHBOARD.read_text())
    return loaded


def charts() -> list[Json]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in charts() for target in panel["targets"])


def test_the_rules_are_valid(promtool: Path) -> None:
    checked = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", RULES)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_fires_and_clears(promtool: Path) -> None:
    tested = run(promtool, "test", "rules", TESTS)

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alert_is_tested_for_firing() -> None:
    fired = set(re.findall(r'labels: \'{alertname="(\w+)"}', TESTS.read_text()))

    assert fired == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_each_alert_says_how_urgent_it_is_and_leads_to_its_run_book(rule: Json) -> None:
    page = (ROOT / rule["annotations"]["runbook_url"]).read_text()

    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]
    assert f"`{rule['alert']}`" in page


def test_the_metrics_they_name_are_shown_by_a_service(promtool: Path, tmp_path: Path) -> None:
    named = {SERIES_OF.sub("", name) for query in queries() for name in METRIC.findall(query)}
    small = Small(tmp_path)
    small.init()

    with small.service("enricher") as enricher:
        wait_until("it is ready", lambda: enricher.get("/readyz")[0] == 200, 60)
        scraped = enricher.get("/metrics")[1]
        enricher.stop()
    small.discard()

    shown = set(re.findall(r"^# TYPE (\w+)", scraped, re.MULTILINE))
    assert len(named) > 20
    assert named - shown == set()


def test_the_queries_of_the_dashboard_are_promql(promtool: Path, tmp_path: Path) -> None:
    expressions = [target["expr"].replace(RANGE, "[5m]") for panel in charts() for target in panel["targets"]]
    recorded = [{"record": f"query{number}", "expr": expression} for number, expression in enumerate(expressions)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))

    checked = run(promtool, "check", "rules", "--lint=none", file)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(expressions)} rules found" in checked.stdout + checked.stderr


def test_the_dashboard_names_no_data_source_and_no_variable_that_it_does_not_have() -> None:
    found = dashboard()
    variables = {variable["name"] for variable in found["templating"]["list"]}
    sources = {target["datasource"]["uid"] for panel in charts() for target in (panel, *panel["targets"])}

    assert found["id"] is None
    assert found["uid"] == "sk2siem"
    assert sources == {"${datasource}"}
    assert {name for query in queries() for name in VARIABLE.findall(query)} <= variables | OWN_VARIABLES


def test_the_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    panels = dashboard()["panels"]

    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells

    assert len({panel["id"] for panel in panels}) == len(panels)
