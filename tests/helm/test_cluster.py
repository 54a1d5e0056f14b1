"""The chart on a real Kubernetes: its API server, controllers and scheduler; kwok plays the nodes.

`make helm-e2e` runs this: Kubernetes has to be built for it.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.chart import tools
from dev.kubernetes import Kubernetes
from tests.helm.rendered import CHART
from tests.missing import or_give_up
from tests.processes import wait_until

pytestmark = pytest.mark.cluster

RELEASE, NAMESPACE = "sk", "soc"
EVERYTHING = CHART / "ci" / "everything-values.yaml"
PAGE = (CHART.parent / "docs" / "install.md").read_text()
VALUES = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
SERVICES = ("producer-prod1", "producer-devh1", "enricher", "splunk", "elastic", "syslog", "file")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    """Two nodes, the operators' definitions, and a namespace in which only restricted pods may run."""
    made = Kubernetes(tmp_path_factory.mktemp("kubernetes"))
    or_give_up(made.start)
    try:
        made.kubectl("apply", "--server-side", "-f", str(or_give_up(tools.crds)))
        made.apply(*surroundings())
        yield made
    finally:
        made.stop()


def surroundings() -> Iterator[dict[str, Any]]:
    """What an operator has before: nodes, a namespace, a volume, a priority."""
    for name in ("one", "two"):
        labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": name, "site": "berlin", "siem": "near"}
        yield {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        }
    restricted = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": restricted}}
    yield {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "soc-critical"},
        "value": 1000,
    }
    for name in ("files", "driver"):
        yield {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "capacity": {"storage": "20Gi"},
                "accessModes": ["ReadWriteOnce"],
                "hostPath": {"path": f"/made-up/{name}"},
            },
        }
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "ibm-iaccess", "namespace": NAMESPACE},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


def test_the_chart_is_installed_upgraded_rolled_back_and_removed(cluster: Kubernetes, tmp_path: Path) -> None:
    helm = helm_of(cluster)
    changed = tmp_path / "changed.yaml"
    changed.write_text(
        yaml.safe_dump({"settings": {"log": {"level": "warning"}}, "enricher": {"policy": 'mode = "ports"\n'}})
    )

    helm("install", RELEASE, str(CHART), "-f", str(EVERYTHING), "--wait", "--timeout", "8m")
    first = settled(cluster)
    helm("upgrade", RELEASE, str(CHART), "-f", str(EVERYTHING), "-f", str(changed), "--wait", "--timeout", "8m")
    second = settled(cluster)
    helm("rollback", RELEASE, "1", "--wait", "--timeout", "8m")
    third = settled(cluster)
    history = helm("history", RELEASE)
    helm("uninstall", RELEASE, "--wait")

    assert set(first) == {f"sk-sk2siem-{name}-0" for name in SERVICES}
    assert log_levels(first) == log_levels(third) == {"debug"}
    assert log_levels(second) == {"warning"}
    assert policies(first) == policies(third) != policies(second)
    assert [len(ids(pods)) for pods in (first, second, third)] == [len(SERVICES)] * 3
    assert not ids(first) & ids(second), "every pod was replaced"
    assert "Rollback to 1" in history
    assert left(cluster) == []


def test_the_commands_on_the_page_on_installing_work(cluster: Kubernetes, tmp_path: Path) -> None:
    (tmp_path / "helm").symlink_to(CHART)
    (tmp_path / "my-values.yaml").write_text(VALUES.findall(PAGE)[0])

    for command in commands_of_the_page():
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": f"{tools.helm().parent}:/bin", "KUBECONFIG": str(cluster.config)},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def commands_of_the_page() -> list[str]:
    """Those of helm and kubectl, but for the ones that look into a container: nothing runs in these."""
    lines = [line for block in PAGE.split("\n```")[1::2] for line in block.splitlines()]
    found = [line for line in lines if line.startswith(("helm ", "kubectl "))]
    assert len(found) > 12
    return [line for line in found if " exec " not in line and " logs " not in line]


Helm = Callable[..., str]


def helm_of(cluster: Kubernetes) -> Helm:
    def run(*words: str) -> str:
        done = subprocess.run(
            [tools.helm(), *words, "--namespace", NAMESPACE],
            env={**os.environ, "KUBECONFIG": str(cluster.config)},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"helm {' '.join(words)}\n{done.stdout}{done.stderr}\n{state(cluster)}"
        assert "would violate PodSecurity" not in done.stderr
        return done.stdout

    return run


def settled(cluster: Kubernetes) -> dict[str, dict[str, Any]]:
    """The pods by name, once each service has one that is ready and of the newest revision."""
    wait_until(f"all pods are ready:\n{state(cluster)}", lambda: all_ready(cluster), 240)
    return {pod["metadata"]["name"]: pod for pod in cluster.get("pods", namespace=NAMESPACE)}


def all_ready(cluster: Kubernetes) -> bool:
    sets = cluster.get("statefulsets", namespace=NAMESPACE)
    return len(sets) == len(SERVICES) and all(
        one["status"].get("readyReplicas") == one["spec"]["replicas"]
        and one["status"].get("updateRevision") == one["status"].get("currentRevision")
        and one["status"]["observedGeneration"] == one["metadata"]["generation"]
        for one in sets
    )


def state(cluster: Kubernetes) -> str:
    """What a person would look at first."""
    words = ("-n", NAMESPACE, "get", "pods,statefulsets,jobs,pvc,events")
    return cluster.kubectl(*words)


def log_levels(pods: dict[str, dict[str, Any]]) -> set[str]:
    return {variable(pod, "SK2SIEM_LOG__LEVEL") for pod in pods.values()}


def variable(pod: dict[str, Any], name: str) -> str:
    (found,) = [one["value"] for one in pod["spec"]["containers"][0]["env"] if one["name"] == name]
    return str(found)


def policies(pods: dict[str, dict[str, Any]]) -> str:
    return str(pods["sk-sk2siem-enricher-0"]["metadata"]["annotations"]["checksum/files"])


def ids(pods: dict[str, dict[str, Any]]) -> set[str]:
    return {pod["metadata"]["uid"] for pod in pods.values()}


def left(cluster: Kubernetes) -> list[str]:
    """What a removed release leaves behind, but for the volume that the operator's data are on."""
    kinds = (
        "statefulsets,jobs,services,configmaps,secrets,networkpolicies,poddisruptionbudgets,scaledobjects,podmonitors"
    )
    found = cluster.get(kinds, namespace=NAMESPACE)
    return [f"{one['kind']} {one['metadata']['name']}" for one in found if one["metadata"]["name"].startswith("sk-")]
