"""The files of helm/ that are made from others: its README, the settings it knows, and the content of siem/."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from dev.chart import schema
from dev.chart.readme import readme

ROOT = Path(__file__).resolve().parents[2]
HELM = ROOT / "helm"
COPIES = {"dashboards": ROOT / "siem" / "grafana", "rules": ROOT / "siem" / "prometheus"}
"""Helm reads nothing outside of its folder, and follows no links out of it when it packs: these folders are copies."""
SECRET_SETTINGS = """\
{{{{/*
The settings whose values are secret: where one is given in the values, it is put into a Secret.
Written by `python -m dev.chart write`.
*/}}}}
{{{{- define "sk2siem.secretSettings" -}}}}
{names}
{{{{- end }}}}
"""
COPIED = ("*.json", "*.rules.yaml")


@cache
def wanted() -> Mapping[Path, str]:
    """What each of these files must hold."""
    return {
        HELM / "README.md": readme(HELM / "values.yaml"),
        HELM / "values.schema.json": _values_schema(HELM / "values.schema.json"),
        HELM / "templates" / "_secret-settings.tpl": SECRET_SETTINGS.format(names=" ".join(schema.secret_settings())),
        **{
            HELM / folder / file.name: file.read_text()
            for folder, source in COPIES.items()
            for file in _shipped(source)
        },
    }


def superfluous() -> list[Path]:
    """Copies of what is no more."""
    return [file for folder in COPIES for file in (HELM / folder).glob("*") if file not in wanted()]


def write() -> Iterator[Path]:
    """Bring them up to date; gives the ones that changed."""
    for file in superfluous():
        file.unlink()
        yield file
    for file, text in wanted().items():
        if not file.exists() or file.read_text() != text:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
            yield file


def _shipped(source: Path) -> Iterator[Path]:
    for pattern in COPIED:
        yield from sorted(source.glob(pattern))


def _values_schema(path: Path) -> str:
    """The schema as it is, with the settings of the code in it."""
    document = json.loads(path.read_text())
    kept = {name: one for name, one in document["definitions"].items() if not _is_of_the_code(name)}
    document["definitions"] = {**kept, **schema.definitions()}
    return json.dumps(document, indent=2) + "\n"


def _is_of_the_code(name: str) -> bool:
    """Models are written with a capital, the chart's own definitions are not."""
    return name[0].isupper()
