"""What in helm/ is made from other files is fresh."""

import tomllib

import pytest
import yaml

from dev.chart.readme import commented
from dev.chart.written import HELM, ROOT, superfluous, wanted

CHART = yaml.safe_load((HELM / "Chart.yaml").read_text())


@pytest.mark.parametrize("file", wanted(), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_is_fresh(file: object) -> None:
    found = {path: path.read_text() if path.exists() else None for path in wanted()}

    assert found[file] == wanted()[file], "python -m dev.chart write"  # type: ignore[index]


def test_there_is_no_copy_of_what_is_no_more() -> None:
    assert superfluous() == [], "python -m dev.chart write"


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
