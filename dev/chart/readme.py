"""helm/README.md, written from the comments of values.yaml: each key under a comment that begins with `# --`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

KEY = re.compile(r"^(?P<indent> *)(?P<name>[A-Za-z]\w*):")
HEADER = """\
# The chart

Generated from `values.yaml` by `python -m dev.chart write`; a test keeps it fresh.
[Install](../docs/install.md#kubernetes) shows the way from nothing to a first alert. Values that cannot work are
refused with a sentence for each: `helm template sk2siem helm -f my-values.yaml` is enough to see them.

| service | is | pods |
|---|---|---|
| producer | a StatefulSet for each of `systems` | one, always |
| enricher, each of `sinks` | a StatefulSet | `replicas`, or by lag with KEDA |
| init | a Job before each install and upgrade | topics, and Elasticsearch's templates |

A worker is named after its pod, so a restarted one takes over its own work at once. Secrets that exist go first
(`secrets`); a secret setting that stands in `settings` is put into a Secret of the chart, fit for a trial. `ci/`
has complete examples.

| value | default | meaning |
|---|---|---|
"""


def readme(values: Path) -> str:
    """The whole page."""
    text = values.read_text()
    defaults = yaml.safe_load(text)
    return HEADER + "".join(_row(path, comment, defaults) for path, comment in commented(text))


def commented(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each key that has a comment, or that holds a value: its path, and the comment or an empty text."""
    path: list[str] = []
    comment = ""
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("# -- "):
            comment = bare.removeprefix("# -- ")
        elif bare.startswith("# ") and comment:
            comment += " " + bare.removeprefix("# ")
        elif found := KEY.match(line):
            del path[len(found["indent"]) // 2 :]
            path.append(found["name"])
            if comment or line.rstrip() != f"{found[0]}":
                yield tuple(path), comment
            comment = ""


def _row(path: tuple[str, ...], comment: str, defaults: object) -> str:
    value = defaults
    for name in path:
        value = value[name] if isinstance(value, dict) else None
    whole = isinstance(value, dict) and len(json.dumps(value)) > 60
    shown = "" if whole or value in ("", None) else f"`{json.dumps(value)}`"
    return f"| `{'.'.join(path)}` | {shown} | {comment.replace('|', chr(92) + '|')} |\n"
