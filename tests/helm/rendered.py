"""The chart as an operator renders it, and what there is in the manifests."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dev.chart.tools import helm

CHART = Path(__file__).resolve().parents[2] / "helm"
EXAMPLES = sorted((CHART / "ci").glob("*-values.yaml"))

Manifest = dict[str, Any]


def render(values: Path | Mapping[str, Any], *, release: str = "sk") -> list[Manifest]:
    """Every object of the release in the namespace `soc`."""
    return [manifest for manifest in yaml.load_all(_text(_given(values), release), yaml.CSafeLoader) if manifest]


@cache
def _text(values: str, release: str) -> str:
    done = _helm("template", release, str(CHART), "--namespace", "soc", values=values)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(values: Path | Mapping[str, Any]) -> str:
    """What helm says about values that it refuses."""
    done = run_helm("template", "sk", str(CHART), values=values)
    assert done.returncode != 0, "nothing was refused"
    return done.stderr


def run_helm(*words: str, values: Path | Mapping[str, Any]) -> "subprocess.CompletedProcess[str]":
    return _helm(*words, values=_given(values))


def _given(values: Path | Mapping[str, Any]) -> str:
    """The text of a file of values, or of values that are no file."""
    return values.read_text() if isinstance(values, Path) else json.dumps(values)


def _helm(*words: str, values: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [helm(), *words, "--values", "-"], input=values, capture_output=True, text=True, check=False, timeout=60
    )


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """The name of each workload, and the template of its pods."""
    for manifest in manifests:
        if manifest["kind"] in ("StatefulSet", "Job"):
            yield manifest["metadata"]["name"], manifest["spec"]["template"]


def container(manifests: list[Manifest], name: str) -> Manifest:
    """The container of the workload `name`."""
    (found,) = [pod["spec"]["containers"][0] for workload, pod in pods(manifests) if workload == name]
    return dict(found)


def environment(container: Manifest, *, pod: str, secrets: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The variables that Kubernetes would give to the container."""
    found = {}
    for variable in container["env"]:
        source = variable.get("valueFrom", {})
        if "fieldRef" in source:
            assert source["fieldRef"]["fieldPath"] == "metadata.name"
            found[variable["name"]] = pod
        elif "secretKeyRef" in source:
            found[variable["name"]] = secrets[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
        else:
            found[variable["name"]] = variable["value"]
    return found


def all_secrets(manifests: list[Manifest]) -> dict[str, dict[str, str]]:
    """Each secret that a container names, as it would be: the chart's own, and made up ones of the operator's."""
    found: dict[str, dict[str, str]] = {}
    for _, pod in pods(manifests):
        for variable in pod["spec"]["containers"][0]["env"]:
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                found.setdefault(reference["name"], {})[reference["key"]] = f"made-up-{reference['key']}"
    own = {one["metadata"]["name"]: one["stringData"] for one in manifests if one["kind"] == "Secret"}
    return {**found, **own}
