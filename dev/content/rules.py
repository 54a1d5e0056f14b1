"""The rules that ship for each SIEM: what their Sigma rule says, and what rules.toml adds to it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dev.content import sigma

TABLE = Path(__file__).with_suffix(".toml")
RUN_BOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
MINUTES = re.compile(r"(\d+)m")

# MITRE ATT&CK, where it truly fits: a first connection, a failed handshake or weak TLS by itself is no technique.
# An alert about clear text carries T1040 itself.
TACTICS = {
    "defense-evasion": ("TA0005", "Defense Evasion"),
}
TECHNIQUES = {
    "T1562": "Impair Defenses",
    "T1070": "Indicator Removal",
}


@dataclass(frozen=True, slots=True)
class Count:
    """What a Sigma correlation asks for: so many events of one group within so many minutes."""

    by: tuple[str, ...]
    minutes: int
    least: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for every SIEM. Names of fields are ours; `queries` is the Sigma rule in each language."""

    name: str
    id: str
    title: str
    description: str
    level: str
    tactic: tuple[str, str] | None
    technique: tuple[str, str] | None
    false_positives: tuple[str, ...]
    how: str
    about_alerts: bool
    queries: Mapping[str, str]
    suppress: tuple[str, ...]
    hours: int
    risk: str
    runbook: str
    new: tuple[str, ...] = ()
    count: Count | None = None

    @property
    def guide(self) -> str:
        """The run-book as Markdown, without links: they lead nowhere from a SIEM."""
        page = (RUN_BOOKS / f"{self.runbook}.md").read_text()
        return LINK.sub(r"\1", page)


@cache
def rules() -> tuple[Rule, ...]:
    """All of them. Raises Missing where sigma cannot be had, Failed where it cannot convert them."""
    return tuple(_rule(row) for row in tomllib.loads(TABLE.read_text())["rule"])


def _rule(row: dict[str, Any]) -> Rule:
    base = sigma.read(row["sigma"]) if "sigma" in row else row
    written = sigma.read(row["name"], "correlations") if row["how"] == "count" else base
    tags = [tag.removeprefix("attack.") for tag in written.get("tags", ())]
    techniques = [tag.upper() for tag in tags if tag.upper() in TECHNIQUES]
    tactics = [tag for tag in tags if tag in TACTICS]
    return Rule(
        name=row["name"],
        id=written["id"],
        title=written["title"],
        description=" ".join(written["description"].split()),
        level=written["level"],
        tactic=TACTICS[tactics[0]] if tactics else None,
        technique=(techniques[0], TECHNIQUES[techniques[0]]) if techniques else None,
        false_positives=tuple(written["falsepositives"]),
        how=row["how"],
        about_alerts=base.get("logsource", {}).get("service") == "alert",
        queries=sigma.converted()[row["sigma"]] if "sigma" in row else {},
        suppress=tuple(row["suppress"]),
        hours=row["hours"],
        risk=row["risk"],
        runbook=row["runbook"],
        new=tuple(row.get("new", ())),
        count=_count(written["correlation"]) if "correlation" in written else None,
    )


def _count(correlation: dict[str, Any]) -> Count:
    minutes = MINUTES.fullmatch(correlation["timespan"])
    assert minutes, "the timespan of a correlation is in minutes"
    return Count(tuple(correlation["group-by"]), int(minutes[1]), correlation["condition"]["gte"])
