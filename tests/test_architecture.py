"""What holds of the house as a whole: layers, names, folders, types."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ("producer", "enricher", "sinks", "schemas", "runtime", "cli")
FOLDERS = {*PACKAGES, "dev", "docs", "tests"}
MAY_BE_THERE = {"siem", "helm", "bench"}
MADE_HERE = {"build", "dist", "demo-output", "__pycache__"}
HOMES = {
    "aiodns": ("enricher.reverse_dns",),
    "elastic_transport": ("sinks.elastic",),
    "elasticsearch": ("sinks.elastic",),
    "isal": ("sinks.compression",),
    "jsonschema": ("enricher.policy_schema",),
    "kafka": ("runtime.kafka",),
    # the contract, and where one object is made for every entry
    "msgspec": ("schemas", "enricher.connection", "enricher.facts", "sinks.elastic.fields", "sinks.splunk.fields"),
    "prometheus_client": ("runtime.metrics", "runtime.ops"),
    "pycares": ("enricher.reverse_dns",),
    "pyodbc": ("producer.odbc",),
    "sqlite3": ("runtime.embedded",),
    "structlog": ("runtime.logs",),
    "urllib3": ("sinks.splunk",),
}
"""The modules, or the packages with all that is in them, that may import a foreign library."""


def test_the_layers_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_each_foreign_library_is_imported_at_home_and_nowhere_else() -> None:
    found = {(module, library) for module, library in _imports() if library in HOMES}

    at_home = {(module, library, home) for module, library in found for home in HOMES[library] if _is_in(module, home)}
    strays = found - {(module, library) for module, library, _ in at_home}
    assert not strays, "\n".join(f"{module} imports {library}, home: {HOMES[library]}" for module, library in strays)
    lived_in = {(library, home) for _, library, home in at_home}
    assert lived_in == {(library, home) for library, homes in HOMES.items() for home in homes}


def _imports() -> Iterator[tuple[str, str]]:
    """Each module of ours with the top-level name of what it imports, in functions too."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                yield from ((module, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield module, node.module.partition(".")[0]


def _is_in(module: str, home: str) -> bool:
    return f"{module}.".startswith(f"{home}.")


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
