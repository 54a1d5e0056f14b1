"""The chart's settings are the code's, both ways: no name that the code does not know, none that cannot be reached."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.services import service
from cli.settings import Settings, load
from cli.variables import Variable, name_of, variables
from dev.chart import schema
from enricher.catalogue import load_catalogue
from enricher.policy_file import load_policy
from schemas.topics import ALERTS, ENTRIES, SERVICES, VERDICTS
from tests.helm.rendered import (
    CHART,
    EXAMPLES,
    Manifest,
    all_secrets,
    container,
    environment,
    pods,
    render,
)

EVERYTHING = CHART / "ci" / "everything-values.yaml"
ALWAYS = ("broker", "ops", "log", "loop")
SECTIONS = {
    "producer-prod1": (*ALWAYS, "producer", "ibmi", "simulator"),
    "enricher": (*ALWAYS, "enricher"),
    **{sink: (*ALWAYS, sink) for sink in ("splunk", "elastic", "syslog", "file")},
}
"""Which sections each service reads."""
DEFINITIONS = schema.definitions()
PATTERNED = {"journal_library": "QSYS", "journal_name": "QAUDJRN", "receiver_library": "AUDLIB", "namespace": "soc"}
FITTING = {("broker", "url"): "kafka://k:9092", ("syslog", "framing"): "octet-counting"}
"""Values that go together with those of the other settings."""
KNOWN = {variable.name: variable for variable in variables(Settings)}
LEFT_OUT = [
    frozenset(f"SK2SIEM_ELASTIC__{name}" for name in names.split())
    for names in (
        "CLOUD_ID API_KEY BEARER_TOKEN",
        "URL BEARER_TOKEN USERNAME PASSWORD",
        "URL API_KEY USERNAME PASSWORD",
    )
]
"""Settings that exclude each other: Elasticsearch has one kind of address and one login at a time."""


@pytest.mark.parametrize("values", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_each_service_would_start_with_what_it_is_given(values: Path) -> None:
    manifests = render(values)
    secrets = all_secrets(manifests)

    for name, pod in pods(manifests):
        given = environment(pod["spec"]["containers"][0], pod=f"{name}-0", secrets=secrets)
        ours = {variable: value for variable, value in given.items() if variable.startswith("SK2SIEM_")}
        settings = load(ours)

        command = pod["spec"]["containers"][0]["args"]
        assert settings.worker == f"{name}-0"
        assert command == ["init"] or service(command[1], settings)


@pytest.mark.parametrize("left_out", LEFT_OUT, ids=["password", "key", "token"])
def test_each_setting_of_the_code_can_be_reached(left_out: frozenset[str]) -> None:
    """Every setting gets a value of its own, and arrives at the services that read it under its variable."""
    tree, expected = _a_value_for_each(left_out)
    manifests = render(_values(tree))
    secrets = all_secrets(manifests)

    for suffix, sections in SECTIONS.items():
        given = environment(container(manifests, f"sk-sk2siem-{suffix}"), pod="p-0", secrets=secrets)
        wanted = {name: text for name, text in expected.items() if KNOWN[name].path[0] in sections}
        assert given == {"SK2SIEM_WORKER": "p-0", **wanted}, suffix
    assert {path for sections in SECTIONS.values() for path in sections} == _sections()
    assert not frozenset.intersection(*LEFT_OUT)


def _values(tree: dict[str, Any]) -> dict[str, Any]:
    return {
        "settings": tree,
        "systems": [{"name": "PROD1"}],
        "sinks": {name: {"enabled": True, "replicas": 1} for name in ("splunk", "elastic", "syslog", "file")},
        "pod": {"terminationGracePeriodSeconds": 4_000_000},
        "enricher": {"replicas": 1},
    }


def _a_value_for_each(left_out: frozenset[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """A tree of settings in which nothing else is left out, and what each variable must be."""
    tree: dict[str, Any] = {}
    expected: dict[str, str] = {}
    wanted = [one for name, one in KNOWN.items() if one.path != ("worker",) and name not in left_out]
    for number, variable in enumerate(wanted):
        value, text = _sample(variable, number)
        branch = tree
        for part in variable.path[:-1]:
            branch = branch.setdefault(part, {})
        branch[variable.path[-1]] = value
        expected[variable.name] = text
    tree["producer"].pop("system")  # the chart's: the system's name
    return tree, {**expected, "SK2SIEM_PRODUCER__SYSTEM": "PROD1"}


def _sample(variable: Variable, number: int) -> tuple[object, str]:
    """A value that the chart takes for this setting, and its text in the variable."""
    if variable.path in FITTING:
        return FITTING[variable.path], FITTING[variable.path]
    kind = _resolved(DEFINITIONS[variable.owner.__name__]["properties"].get(variable.path[-1], {"type": "string"}))
    if "items" in kind:
        values = _resolved(kind["items"]).get("enum", ["a", "b"])[:2]
        return values, ",".join(values)
    if "enum" in kind:
        return kind["enum"][-1], kind["enum"][-1]
    if kind["type"] == "boolean":
        return False, "false"
    if kind["type"] in ("integer", "number"):
        most = kind.get("maximum", 3_000_000)
        return most, str(most)
    if kind.get("pattern") == schema.URL:
        url = f"{'tls' if variable.path[0] == 'syslog' else 'https'}://host{number}"
        return url, url
    text = PATTERNED.get(variable.path[-1], f"text {number}")
    return text, text


def _resolved(kind: Mapping[str, Any]) -> Mapping[str, Any]:
    return DEFINITIONS[kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind


def _sections() -> set[str]:
    return {variable.path[0] for variable in KNOWN.values()} - {"worker"}


def test_the_chart_knows_which_settings_are_secret() -> None:
    listed = _defined("_secret-settings.tpl", "sk2siem.secretSettings").split()

    plain = {one.path[-1] for one in KNOWN.values() if not one.secret}
    assert sorted(listed) == schema.secret_settings()
    assert plain & set(listed) == set()


def test_what_is_taken_from_a_secret_by_itself_are_settings() -> None:
    keys = yaml.safe_load(_defined("_environment.tpl", "sk2siem.secretKeys"))

    named = {name_of((section, setting)) for section, settings in keys.items() for setting in settings}
    assert named <= KNOWN.keys()
    assert any(KNOWN[name].secret for name in named)


def test_certificates_can_be_given_to_each_section_that_reads_them() -> None:
    definitions = yaml.safe_load((CHART / "values.schema.json").read_text())["definitions"]
    by_section = definitions["certificates"]["properties"]

    files = {section: _certificate_keys(one, definitions) for section, one in by_section.items()}

    assert files == _certificate_files()


def _certificate_files() -> dict[str, set[str]]:
    """The settings of each section that name a file of certificates."""
    found: dict[str, set[str]] = {}
    for variable in KNOWN.values():
        if variable.path[-1] in ("ca_file", "cert_file", "key_file"):
            found.setdefault(variable.path[0], set()).add(variable.path[-1])
    return found


def _certificate_keys(one: Mapping[str, Any], definitions: Mapping[str, Any]) -> set[str]:
    properties = definitions[one["$ref"].rpartition("/")[2]]["properties"] if "$ref" in one else one["properties"]
    return {f"{name}_file" for name in properties if name != "name"}


def _defined(file: str, name: str) -> str:
    """The text of a named template."""
    text = (CHART / "templates" / file).read_text()
    return text.partition(f'define "{name}" -}}}}')[2].partition("{{- end }}")[0]


def test_policy_and_ports_arrive_as_files_that_the_enricher_can_read(tmp_path: Path) -> None:
    manifests = render(EVERYTHING)
    (files,) = [one["data"] for one in manifests if one["metadata"]["name"] == "sk-sk2siem-enricher" and "data" in one]
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    catalogue = load_catalogue(tmp_path / "ports.toml")
    policy = load_policy(tmp_path / "policy.toml", catalogue)

    given = environment(container(manifests, "sk-sk2siem-enricher"), pod="p", secrets=all_secrets(manifests))
    assert policy.mode == tomllib.loads(files["policy.toml"])["mode"]
    assert Path(given["SK2SIEM_ENRICHER__POLICY"]).name == "policy.toml"
    assert Path(given["SK2SIEM_ENRICHER__PORTS"]).name == "ports.toml"
    assert Path(given["SK2SIEM_ENRICHER__PORTS"]).parent == _mounted(container(manifests, "sk-sk2siem-enricher"))


def _mounted(one: Manifest) -> Path:
    (mount,) = [mount for mount in one["volumeMounts"] if mount["name"] == "files"]
    return Path(mount["mountPath"])


def test_lag_is_measured_where_the_services_read() -> None:
    triggers = list(_triggers(render(EVERYTHING)))

    topics = {(trigger["consumerGroup"], trigger["topic"]) for trigger in triggers}
    sinks = [name for name in SERVICES if name not in ("producer", "enricher", "file")]
    assert topics == {
        ("sk2siem.enricher", ENTRIES),
        *((f"sk2siem.{sink}", topic) for sink in sinks for topic in (VERDICTS, ALERTS)),
    }


def _triggers(manifests: list[Manifest]) -> Iterator[Mapping[str, str]]:
    for manifest in manifests:
        if manifest["kind"] == "ScaledObject":
            yield from (trigger["metadata"] for trigger in manifest["spec"]["triggers"])
