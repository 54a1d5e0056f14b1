"""What holds of the house as a whole: layers, names, folders, types."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ("producer", "enricher", "sinks", "schemas", "runtime", "cli")
FOLDERS = {*PACKAGES, "dev", "docs", "tests"}
MAY_BE_THERE = {"siem", "helm", "bench"}
MADE_HERE = {"build", "dist", "demo-output", "__pycache__"}


def test_the_layers_hold_and_each_foreign_library_has_one_home() -> None:
    lint = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_wheel_and_layers_name_the_same_packages() -> None:
    tools = PROJECT["tool"]

    assert tuple(tools["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES
    assert tuple(tools["importlinter"]["root_packages"]) == PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_no_dependency_ships_a_package_of_our_name(package: str) -> None:
    owners = set(packages_distributions().get(package, ()))

    assert owners <= {"sk2siem"}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_what_it_is_for_and_that_it_is_typed(package: str) -> None:
    folder = ROOT / package

    assert (folder / "py.typed").is_file()
    assert (folder / "__init__.py").read_text().startswith('"""')


def test_the_top_level_folders_are_the_ones_that_contributing_explains() -> None:
    found = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}

    assert found >= FOLDERS
    assert found - MADE_HERE <= FOLDERS | MAY_BE_THERE
