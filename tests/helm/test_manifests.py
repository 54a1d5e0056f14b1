"""What the chart renders is accepted by helm, by the oldest and the newest Kubernetes, and by the operators."""

from pathlib import Path

import pytest

from dev.chart.tools import KUBERNETES, crds, schemas
from tests.helm.kubernetes import problems
from tests.helm.rendered import CHART, EXAMPLES, pods, render, run_helm
from tests.missing import or_give_up

each_example = pytest.mark.parametrize("values", EXAMPLES, ids=[path.stem.removesuffix("-values") for path in EXAMPLES])


@pytest.fixture(scope="module", autouse=True)
def known_schemas() -> None:
    or_give_up(schemas)
    or_give_up(crds)


@each_example
def test_helm_finds_nothing_to_say(values: Path) -> None:
    done = run_helm("lint", "--strict", str(CHART), values=values)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", KUBERNETES)
@each_example
def test_each_object_is_valid(values: Path, version: str) -> None:
    manifests = render(values)

    found = {one["metadata"]["name"]: why for one in manifests if (why := problems(one, version))}

    assert len(manifests) > 5
    assert found == {}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"kind": "StatefulSets"}, "not in Kubernetes", id="a kind that there is not"),
        pytest.param({"spec": {"replica": 1}}, "'replica' was unexpected", id="a field that there is not"),
        pytest.param({"metadata": {"labels": {"team": 1}}}, "is not of type", id="a value of the wrong type"),
    ],
)
def test_what_is_not_valid_would_be_noticed(change: dict[str, object], why: str) -> None:
    manifest = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "x"}, **change}

    assert why in " ".join(problems(manifest, KUBERNETES[0]))


@each_example
def test_names_are_unique_and_short_enough(values: Path) -> None:
    manifests = render(values)

    names = [(one["kind"], one["metadata"]["name"]) for one in manifests]

    assert len(set(names)) == len(names)
    assert max(len(name) for kind, name in names if kind == "StatefulSet") <= 52


def test_a_long_release_name_leaves_room_for_the_longest_system() -> None:
    system = {"name": "ABCDEFGH", "settings": {"producer": {"reader": "simulator"}}}
    values = {
        "settings": {"broker": {"url": "kafka://k:9092"}, "file": {"path": "-"}},
        "systems": [system],
        "sinks": {"file": {"enabled": True}},
        "fullnameOverride": "a-name-that-somebody-made-very-long-indeed",
    }

    names = [name for name, _ in pods(render(values))]

    assert max(map(len, names)) <= 52


@each_example
def test_each_volume_that_is_mounted_is_there(values: Path) -> None:
    for name, pod in pods(render(values)):
        claims = [one["metadata"]["name"] for one in _claims(values, name)]
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]} | set(claims)

        mounted = {mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}

        assert mounted <= volumes, name


def _claims(values: Path, name: str) -> list[dict[str, dict[str, str]]]:
    (found,) = [one for one in render(values) if one["metadata"]["name"] == name and "template" in one.get("spec", {})]
    return list(found["spec"].get("volumeClaimTemplates", []))
