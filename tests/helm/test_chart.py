"""What the chart says of itself."""

import re
import tomllib

import yaml

from dev.chart.readme import commented
from dev.chart.written import HELM, ROOT
from tests.helm.rendered import pods, render

CHART = yaml.safe_load((HELM / "Chart.yaml").read_text())


def test_the_chart_installs_the_release_that_it_comes_with() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert CHART["appVersion"] == version


def test_each_value_that_has_a_default_is_in_the_readme() -> None:
    values = yaml.safe_load((HELM / "values.yaml").read_text())
    named = {path for path, _ in commented((HELM / "values.yaml").read_text())}

    missing = [path for path in _leaves(values) if not any(path[: len(known)] == known for known in named)]

    assert missing == []


def _leaves(tree: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(tree, dict) or not tree:
        return [path]
    return [leaf for name, value in tree.items() for leaf in _leaves(value, (*path, name))]


def test_the_values_on_the_page_on_installing_give_the_objects_that_it_names() -> None:
    page = (ROOT / "docs" / "install.md").read_text()
    (values,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    names = {name for name, _ in pods(render(yaml.safe_load(values), release="sk2siem"))}

    named = {name.removesuffix("-0") for name in re.findall(r"(?:exec |job/)(sk2siem-\S+)", page)}
    assert named == names
