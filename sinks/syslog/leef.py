"""LEEF 2.0: a header between pipes, then keys and values with tabs between them, and no escapes at all."""

from sinks.syslog.cef import without_controls
from sinks.syslog.columns import COLUMNS, SEVERITIES
from sinks.syslog.facts import Told

TAB = "\t"


def leef(told: Told, version: str) -> str:
    """One line whatever the facts hold: what could end a value or the header becomes a blank."""
    head = ("LEEF:2.0", "sk2siem", "sk2siem", version, _event_id(told.code), "x09")
    pairs = [f"{key}={value}" for key, value in _attributes(told).items()]
    return "|".join((*map(_header, head), TAB.join(pairs)))


def _attributes(told: Told) -> dict[str, str]:
    found = {"sev": str(SEVERITIES[told.severity]), "name": without_controls(told.name)}
    for column in COLUMNS:
        value = told.facts.get(column.fact)
        if value is not None and column.leef is not None:
            found[column.leef] = without_controls(str(value))
    return found


def _event_id(code: str) -> str:
    """`SK_A`, in the form that QRadar knows from other products for IBM i."""
    return code.replace("SK-", "SK_", 1) if code.startswith("SK-") else code


def _header(text: str) -> str:
    return without_controls(text).replace("|", " ")
