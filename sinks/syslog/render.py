"""One event as a syslog message: the header of RFC 5424 before a body of CEF or LEEF."""

import re
from typing import Literal

from schemas.records import Severity
from sinks.sink import Forwarded
from sinks.syslog.cef import cef
from sinks.syslog.facts import tell
from sinks.syslog.leef import leef

BODIES = {"cef": cef, "leef": leef}
VERSION = "1"
"""Of the mapping, where the products have their release: rules of a SIEM hang on it."""
LEVELS = {
    Severity.INFORMATIONAL: 6,
    Severity.LOW: 5,
    Severity.MEDIUM: 4,
    Severity.HIGH: 3,
    Severity.CRITICAL: 2,
}
NOT_IN_HEADER = re.compile(r"[^\x21-\x7e]")
NIL = "-"


def render(content: Forwarded, form: Literal["cef", "leef"], facility: int) -> bytes:
    """The message without its frame; it never holds a line break."""
    told = tell(content)
    header = (
        f"<{facility * 8 + LEVELS[told.severity]}>1",
        f"{content.time:%Y-%m-%dT%H:%M:%S.%f}Z",
        NOT_IN_HEADER.sub("_", content.system)[:255] or NIL,
        "sk2siem",
        NIL,
        content.type,
        NIL,
        BODIES[form](told, VERSION),
    )
    return " ".join(header).encode("utf-8", "replace")


def framed(message: bytes, framing: Literal["octet-counting", "newline"]) -> bytes:
    """RFC 5425 §4.3.1, or a line break behind it (RFC 6587 §3.4.2)."""
    return message + b"\n" if framing == "newline" else b"%d %b" % (len(message), message)
