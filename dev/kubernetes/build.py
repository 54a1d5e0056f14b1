"""Building Kubernetes from its Go modules, once: ten minutes of two cores."""

import json
import re
import tempfile
from pathlib import Path

from dev import fetch
from dev.chart.tools import go
from dev.part import STACK

KUBERNETES = "k8s.io/kubernetes@v1.35.4"
ETCD = "etcd-server"
KWOK = "sigs.k8s.io/kwok/cmd/kwok@v0.7.0"
# what a server says of itself: Helm compares it with what a chart asks for
VERSION = "-ldflags=-X k8s.io/component-base/version.gitVersion=v1.35.4"
FOLDER = STACK / "chart"
COMMANDS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
STAGING = re.compile(r"^\s*(k8s\.io/\S+) v0\.0\.0$", re.MULTILINE)


def build() -> Path:
    """The folder with the commands of Kubernetes, and kwok. Raises Missing."""
    return fetch.once(FOLDER / "kubernetes", KUBERNETES + KWOK + VERSION, _build)


def etcd() -> Path:
    """The one of Debian's package, unpacked and not installed. Raises Missing."""
    made = fetch.once(FOLDER / "etcd", ETCD, lambda folder: fetch.unpacked(ETCD, folder))
    return made / "usr" / "bin" / "etcd"


def _build(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch)
        go(["mod", "init", "kubernetes"], module)
        go(["mod", "edit", *_replacements(module)], module)
        go(["get", *(f"k8s.io/kubernetes/cmd/{name}@{KUBERNETES.partition('@')[2]}" for name in COMMANDS)], module)
        go(["build", VERSION, "-o", f"{folder}/", *(f"k8s.io/kubernetes/cmd/{name}" for name in COMMANDS)], module)
        go(["install", KWOK], module, GOBIN=str(folder))


def _replacements(module: Path) -> list[str]:
    """Kubernetes names its own libraries by no version; each release of it has one of theirs: 1.35.4 has 0.35.4."""
    mod = Path(json.loads(go(["mod", "download", "-json", KUBERNETES], module))["GoMod"]).read_text()
    version = KUBERNETES.partition("@v1.")[2]
    return [f"-replace={name}={name}@v0.{version}" for name in sorted(set(STAGING.findall(mod)))]
