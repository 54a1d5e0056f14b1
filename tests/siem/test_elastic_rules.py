"""The detection rules for Elastic: importable, on the time of arrival, over fields that we write."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dev.content import elastic_rules
from dev.content.tools import HERE, run
from dev.content.written import SIEM
from schemas.ids import correction_id, entry_id
from tests.siem.contents import ecs_fields
from tests.siem.named_fields import in_esql, in_lucene

Json = dict[str, Any]

FILE = SIEM / "kibana" / "detection-rules.ndjson"

# the import of Kibana 9 refuses any other key
KEYS_TEXT = """
alert_suppression author description enabled false_positives from interval language license max_signals name note
query references risk_score rule_id severity tags threat timestamp_override to type version
"""
KEYS = frozenset(KEYS_TEXT.split())
ONLY_SOME = {"index", "new_terms_fields", "history_window_start", "rule_name_override", "severity_mapping"}
RISKS = {"low": 21, "medium": 47, "high": 73, "critical": 99}
COMPUTED = {"Esql.suppression"}
MOST_TO_SUPPRESS_BY = 3


def rules() -> list[Json]:
    return [json.loads(line) for line in FILE.read_text().splitlines()]


each = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["name"])


def by_name(part: str) -> Json:
    (found,) = [rule for rule in rules() if part in rule["name"]]
    return found


@each
def test_a_rule_has_the_keys_that_the_import_takes(rule: Json) -> None:
    assert set(rule) - KEYS <= ONLY_SOME | {"risk_score_mapping"}
    assert set(rule) >= KEYS
    assert rule["risk_score"] == RISKS[rule["severity"]]
    assert ("index" in rule) == (rule["language"] != "esql")
    assert len(rule["alert_suppression"]["group_by"]) <= MOST_TO_SUPPRESS_BY


@each
def test_a_rule_goes_by_the_time_of_arrival(rule: Json) -> None:
    assert rule["timestamp_override"] == "event.ingested"


@each
def test_a_rule_names_only_fields_that_are_written(rule: Json) -> None:
    read = in_esql if rule["language"] == "esql" else in_lucene
    mapped = [entry["field"] for key in ("severity_mapping", "risk_score_mapping") for entry in rule.get(key, ())]
    others = [*rule["alert_suppression"]["group_by"], *rule.get("new_terms_fields", ()), *mapped]

    named = read(rule["query"]) | set(others)

    assert named - ecs_fields() - COMPUTED == set()


@each
def test_a_rule_comes_with_its_run_book_and_no_link_that_leads_nowhere(rule: Json) -> None:
    assert f"*{rule['name']}*" in rule["note"]
    assert "](" not in rule["note"]


def test_elastics_own_grammar_takes_each_query_in_esql(esql: Path, tmp_path: Path) -> None:
    queries = [rule["query"] for rule in rules() if rule["language"] == "esql"]
    file = tmp_path / "queries.json"
    file.write_text(json.dumps(queries))
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(["FROM logs-* | STATS Esql.first = COUNT(*)"]))

    checked, refused = (run(esql, HERE / "esql_syntax.py", one) for one in (file, wrong))

    assert len(queries) == 3
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (refused.returncode, "line 1, column 25" in refused.stdout) == (1, True)


def test_connections_of_long_ago_raise_nothing() -> None:
    about_connections = [rule for rule in rules() if "verdict" in rule["query"]]

    assert len(about_connections) == 4
    assert all("ibmi.backfill" in rule["query"] for rule in about_connections)


def test_a_superseded_verdict_does_not_count() -> None:
    for name in ("Insecure connection", "Repeated failed"):
        steps = by_name(name)["query"].split("\n| ")
        newest = steps.index("INLINE STATS Esql.newest = MAX(event.id) BY Esql.connection")
        assert steps[newest + 1].startswith("WHERE event.id == Esql.newest AND ")


def test_the_promotion_is_told_once_a_day_for_a_host_source_port_and_reason() -> None:
    rule = by_name("Insecure connection")

    (suppression,) = [line for line in rule["query"].splitlines() if "Esql.suppression" in line]
    assert [
        name for name in ("host.name", "source.ip", "destination.port", "ibmi.alert.reason") if name not in suppression
    ] == []
    assert rule["alert_suppression"]["group_by"] == ["Esql.suppression"]
    assert rule["alert_suppression"]["duration"] == {"value": 24, "unit": "h"}


def test_a_system_without_status_is_told_after_fifteen_minutes() -> None:
    query = by_name("No status")["query"]

    assert "NOW() - 15 minutes" in query
    assert "ibmi.status.final" in query


def test_each_rule_has_an_id_of_its_own_that_stays() -> None:
    ids = [rule["rule_id"] for rule in rules()]

    assert len(set(ids)) == len(ids) == 9
    assert "5b1f4b2e-8c0f-4b60-9f4e-6a6c1f0a3d11" in ids


def test_a_severity_of_ours_is_one_of_elastics() -> None:
    values = {entry["value"] for entry in by_name("Insecure connection")["severity_mapping"]}

    assert values == {"1", "21", "47", "73", "99"}
    assert elastic_rules.RISK == RISKS


def test_the_newest_record_of_a_connection_is_the_one_with_the_greatest_id() -> None:
    first = entry_id(datetime(2026, 11, 22, 3, 15), "PROD1", "AUDRCV0001", 184467)
    ids = [first, correction_id(first, 1), correction_id(first, 2)]
    replaced = re.search(r'REPLACE\(event\.id, "(.*?)", ""\)', by_name("Insecure connection")["query"])

    assert replaced
    assert max(ids) == ids[-1]
    assert {re.sub(replaced[1].replace("\\\\", "\\"), "", one) for one in ids} == {first}
