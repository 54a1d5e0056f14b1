"""The Splunk app: what AppInspect says of it, and whether its searches name only what is written."""

import configparser
import csv
import json
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dev.content.package import APP, ROOT, package
from dev.content.tools import run
from enricher.policy import Notice
from schemas.reasons import Reason
from schemas.records import DetailType
from tests.siem.contents import FULL, cim, cim_fields
from tests.siem.named_fields import in_spl, macros_in

VIEWS = sorted((APP / "default" / "data" / "ui" / "views").glob("*.xml"))
FROM_LOOKUPS = {"reason_meaning", "sk_type_meaning", "seen_before"}
HARMLESS = ["check_collections_conf"]  # says itself that no action is required
# CIM 8.5, the fields that its data models require
TRAFFIC = {"action", "app", "dest", "src", "dvc", "transport", "vendor_product"}
ALERTS = {"app", "description", "dest", "id", "severity", "signature", "signature_id", "src", "type"}
RULE = " - Rule"


def conf(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((APP / "default" / f"{name}.conf").read_text().replace(" \\\n", " "))
    return parser


def rules() -> list[configparser.SectionProxy]:
    saved = conf("savedsearches")
    return [saved[name] for name in saved.sections() if name.endswith(RULE)]


def queries() -> Iterator[tuple[str, str]]:
    """Every search of the app, by where it is."""
    saved = conf("savedsearches")
    for name in saved.sections():
        yield name, saved[name]["search"]
    for rule in rules():
        for drill in json.loads(rule["action.notable.param.drilldown_searches"]):
            yield f"{rule.name}: {drill['name']}", drill["search"]
    macros = conf("macros")
    for name in macros.sections():
        yield f"macro {name}", macros[name]["definition"]
    types = conf("eventtypes")
    for name in types.sections():
        yield f"event type {name}", types[name]["search"]
    for path in VIEWS:
        for number, query in enumerate(ElementTree.parse(path).iter("query")):
            yield f"{path.stem} {number}", query.text or ""


QUERIES = dict(queries())


def test_appinspect_finds_no_failure_and_no_error(
    appinspect: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    tags = ("--included-tags", "cloud", "--included-tags", "private_app")
    how = ("--mode", "precert", "--ci", "--skip-trusted-libraries-update", "--data-format", "json")

    done = run(appinspect, "inspect", package(tmp_path), *how, *tags, "--output-file", report)

    found: dict[str, Any] = json.loads(report.read_text())
    summary = found["summary"]
    with capsys.disabled():
        sys.stdout.write(f"\nsplunk-appinspect (cloud, private app): {summary}\n")
    checks = [check for one in found["reports"] for group in one["groups"] for check in group["checks"]]
    assert done.returncode in (0, 103), done.stdout + done.stderr
    assert (summary["failure"], summary["error"], summary["future_failure"]) == (0, 0, 0)
    assert summary["success"] > 50
    assert [check["name"] for check in checks if check["result"] == "warning"] == HARMLESS


@pytest.mark.parametrize("where", QUERIES)
def test_a_search_names_only_fields_that_are_written(where: str) -> None:
    assert in_spl(QUERIES[where]) - cim_fields() - FROM_LOOKUPS == set()


def test_the_searches_do_name_fields() -> None:
    named = {name for query in QUERIES.values() for name in in_spl(query)}

    assert {"src", "dest_port", "verdict", "lag_seconds", "ssl_cipher", "signature", "final"} <= named


def test_each_macro_that_is_used_exists() -> None:
    used = {name for query in QUERIES.values() for name in macros_in(query)}

    assert used == set(conf("macros").sections())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_rule_is_a_correlation_search_on_the_time_of_arrival(rule: configparser.SectionProxy) -> None:
    drill = json.loads(rule["action.notable.param.drilldown_searches"])
    (risk,) = json.loads(rule["action.risk.param._risk"])

    assert "_index_earliest=" in rule["search"] or "max(_indextime)" in rule["search"]
    assert "eval urgency=" in rule["search"]
    assert (rule["disabled"], rule["enableSched"], rule["cron_schedule"]) == ("1", "1", "*/5 * * * *")
    assert (rule["action.correlationsearch.enabled"], rule["action.notable"], rule["action.risk"]) == ("1", "1", "1")
    assert rule["action.notable.param.severity"] in ("low", "medium", "high", "critical")
    assert rule["alert.suppress"] == "1"
    assert set(rule["alert.suppress.fields"].split(",")) <= cim_fields()
    assert int(rule["alert.suppress.period"].removesuffix("s")) >= 3600
    assert risk["risk_object_field"] in cim_fields()
    assert drill[0]["search"]
    assert (ROOT / rule["action.notable.param.rule_description"].rpartition("Run-book: ")[2]).exists()


def test_the_promotion_is_told_once_a_day_for_a_host_source_port_and_reason() -> None:
    (rule,) = [rule for rule in rules() if "Insecure connection" in rule.name]

    assert rule["alert.suppress.fields"] == "dvc,src_ip,dest_port,reason"
    assert rule["alert.suppress.period"] == "86400s"


def test_backfill_and_what_was_superseded_raise_nothing() -> None:
    for rule in rules():
        if "verdict" in rule["search"] or "handshake" in rule["search"]:
            assert "backfill=true" in rule["search"]
            assert "`ibmi_not_superseded`" in rule["search"] or "supersedes=*" in rule["search"]


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_each_search_of_a_dashboard_has_a_time_and_a_title(path: Path) -> None:
    root = ElementTree.parse(path).getroot()

    assert root.get("version") == "1.1"
    assert all(search.find("earliest") is not None for search in root.iter("search"))
    assert all(search.find("latest") is not None for search in root.iter("search"))
    assert all(chart.find("title") is not None for panel in root.iter("panel") for chart in panel)
    assert path.stem in (APP / "default" / "data" / "ui" / "nav" / "default.xml").read_text()


def test_events_have_what_the_data_models_require() -> None:
    traffic, alert = cim(FULL["verdict"]), cim(FULL["alert"])

    assert set(traffic) >= TRAFFIC
    assert set(alert) >= ALERTS
    assert conf("tags")["eventtype=ibmi_connection"] == {"network": "enabled", "communicate": "enabled"}
    assert conf("tags")["eventtype=ibmi_alert"] == {"alert": "enabled"}
    assert {section.removeprefix("eventtype=") for section in conf("tags").sections()} == set(
        conf("eventtypes").sections()
    )


def test_each_sourcetype_that_is_written_is_described() -> None:
    written = {cim(content)["sourcetype"] for content in FULL.values()}

    assert set(conf("props").sections()) == written


def test_the_lookups_know_each_reason_and_each_detail_type() -> None:
    reasons = _first_column("ibmi_reasons")
    not_of_events = {Notice.JOURNAL_GAP}  # the alert about it has the reason `gap`

    assert {str(reason) for reason in (*Reason, *Notice) if reason not in not_of_events} <= reasons
    assert _first_column("ibmi_sk_types") == {str(kind) for kind in DetailType}


def _first_column(name: str) -> set[str]:
    with (APP / "lookups" / f"{name}.csv").open() as file:
        return {row[0] for row in list(csv.reader(file))[1:]}


def test_the_app_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert {conf("app")["launcher"]["version"], conf("app")["id"]["version"]} == {project}


def test_the_package_is_the_same_each_time_and_holds_the_whole_app(tmp_path: Path) -> None:
    archive = package(tmp_path / "one")

    with tarfile.open(archive) as packed:
        members = packed.getmembers()
    assert archive.read_bytes() == package(tmp_path / "two").read_bytes()
    assert {member.name for member in members} == {str(path.relative_to(APP.parent)) for path in (APP, *APP.rglob("*"))}
    assert {oct(member.mode) for member in members} == {"0o755", "0o644"}
    assert {(member.uid, member.uname) for member in members} == {(0, "")}
