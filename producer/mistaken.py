"""What a file is that was given as a saved journal and is none: told by how it begins, or by a line that is no text."""

import re
from pathlib import Path

AS_UTF_8 = "save it as CSV UTF-8"
BEGINNINGS = (
    (re.compile(rb"\xff\xfe|\xfe\xff"), f"UTF-16; {AS_UTF_8}"),
    (re.compile(rb"PK\x03\x04"), f"an Excel workbook or a ZIP archive; {AS_UTF_8}"),
    (re.compile(rb"\x1f\x8b"), "compressed; decompress it first"),
    (re.compile(rb"\s*\[\s*[{\]]"), "a JSON array; save one object a line, such as with `jq -c '.[]'`"),
    (re.compile(rb"(\s|#.*\n)*(\[+[\w.\"' -]+\]+\s|[\w.\"'-]+\s*=)"), "TOML, such as a policy, and no journal"),
)


def mistaken(start: bytes) -> str | None:
    """What a file is that begins so; None where it may be a saved journal."""
    return next((words for beginning, words in BEGINNINGS if beginning.match(start)), None)


def undecodable(path: Path) -> str:
    """Where a file that should be text is none. Columns have names of plain letters: the first line must be text."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f"line {number}: not UTF-8; {AS_UTF_8}" if number > 1 else "neither UTF-8 nor records of *TYPE5"
    return "not UTF-8"
