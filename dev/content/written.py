"""The files of siem/ that are made from others, and whether they are fresh."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from dev.content import elastic_rules, grafana, kibana, sigma, splunk_rules

SIEM = Path(__file__).resolve().parents[2] / "siem"

WRITTEN: Mapping[Path, Callable[[], str]] = {
    SIEM / "grafana" / "sk2siem.json": grafana.dashboard,
    SIEM / "sigma" / "converted.json": sigma.document,
    SIEM / "kibana" / "saved-objects.ndjson": kibana.document,
    SIEM / "kibana" / "detection-rules.ndjson": elastic_rules.document,
    SIEM / "splunk" / "sk2siem" / "default" / "savedsearches.conf": splunk_rules.document,
}


def write() -> Iterator[Path]:
    """Write what is not fresh; the files that were. Raises Missing, Failed."""
    for path, make in WRITTEN.items():
        text = make()
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            yield path.relative_to(SIEM.parent)
