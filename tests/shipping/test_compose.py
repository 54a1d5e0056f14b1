"""compose.yaml: a valid file whose services would start with what they are given."""

import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from cli.services import service
from cli.settings import load
from dev.chart import tools
from dev.hec.tokens import TOKEN
from tests.missing import or_give_up
from tests.shipping.conftest import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = sorted(name for name, one in SERVICES.items() if one.get("image", "").startswith("sk2siem"))


def test_it_is_a_compose_file() -> None:
    schema = json.loads(or_give_up(tools.compose_schema).read_text())

    problems = [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(COMPOSE)]

    assert problems == []


@pytest.mark.parametrize("name", OURS)
def test_each_service_would_start(name: str) -> None:
    one = SERVICES[name]
    given = {variable: _interpolated(text) for variable, text in one["environment"].items()}

    settings = load(given)

    assert one["command"] in (["init"], ["run", name])
    assert name == "init" or service(name, settings)


def test_every_kind_of_service_that_needs_no_receiver_is_there() -> None:
    assert OURS == ["elastic", "enricher", "file", "init", "producer", "splunk"]


def test_services_find_each_other() -> None:
    """Each host that an address names is a service."""
    addresses = [text for name in OURS for text in SERVICES[name]["environment"].values() if "://" in text]

    hosts = {re.sub(r"^\w+://|:\d+$", "", address) for address in addresses}

    assert hosts == {"kafka", "elasticsearch", "hec"}
    assert SERVICES["splunk"]["environment"]["SK2SIEM_SPLUNK__TOKEN"] == TOKEN


@pytest.mark.parametrize("name", ["kafka", "elasticsearch"])
def test_what_runs_beside_them_is_what_the_tests_use(name: str) -> None:
    _, _, version = SERVICES[name]["image"].rpartition(":")

    assert f"<version>{version}</version>" in (ROOT / "dev" / name / "pom.xml").read_text()


@pytest.mark.parametrize("name", OURS)
def test_each_service_runs_with_least_rights(name: str) -> None:
    one = SERVICES[name]

    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in one["security_opt"]


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [port for one in SERVICES.values() for port in one.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def _interpolated(text: str) -> str:
    """`${NAME:-default}` without a file .env."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
