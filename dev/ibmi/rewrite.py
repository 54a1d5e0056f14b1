"""Rewrites Db2 for i SQL to PostgreSQL by tokens: what a journal reader writes, everything else untouched."""

import re
from collections.abc import Sequence
from functools import lru_cache

_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*")
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<marker>\$\d+|\?)
      | (?P<word>[A-Za-z_\#@][\w\#@$]*)
      | (?P<sign>=>|<=|>=|<>|\|\||::|.)""",
    re.S | re.X,
)
_ENDING = re.compile(
    r"\s+(?:WITH\s+(?:UR|CS|RS|RR|NC)|FOR\s+(?:READ|FETCH)\s+ONLY|OPTIMIZE\s+FOR\s+\d+\s+ROWS?)\s*;?\s*$", re.I
)
_CURSOR = re.compile(r"\s*(?:BEGIN;\s*)?declare\s+\S+\s+(?:\w+\s+)*?cursor\s+(?:with\s+hold\s+)?for\s+", re.I)
_BINARY_TYPE = re.compile(r"(?:VAR)?BINARY\s*\(\s*(\d+)\s*\)|(?:VAR)?CHAR\s*\(\s*(\d+)\s*\)\s+FOR\s+BIT\s+DATA", re.I)
_CCSID = re.compile(r"\s+CCSID\s+\d+", re.I)

_REGISTERS = {
    "TIMESTAMP": "dbl.local_timestamp()",
    "TIMEZONE": "dbl.timezone()",
    "DATE": "CAST(dbl.local_timestamp() AS date)",
    "TIME": "CAST(dbl.local_timestamp() AS time(0))",
    "USER": "upper(CURRENT_USER)",
    "SERVER": "dbl.system_name()",
}
_POSTGRES_ONLY = {"::", "ILIKE", "RETURNING", "LIMIT"}


class Db2Error(Exception):
    """What Db2 for i would refuse: its SQLSTATE and message."""

    def __init__(self, state: str, text: str) -> None:
        super().__init__(text)
        self.state = state
        self.text = text


@lru_cache(maxsize=256)
def rewrite(sql: str) -> str:
    """The same statement for PostgreSQL. Raises Db2Error for what Db2 would refuse before it ran anything."""
    cursor = _CURSOR.match(sql)  # psqlODBC wraps a query so when it fetches in portions
    head, body = (sql[: cursor.end()], sql[cursor.end() :]) if cursor else ("", sql)
    while ending := _ENDING.search(body):
        body = body[: ending.start()]
    return head + "".join(_walk(_values_as_row(_tokens(body))))


def refusal(error: Db2Error, sql: str) -> str:
    """A PostgreSQL statement that takes the same parameters as `sql` and fails with `error`."""
    markers = sorted({token for token in _tokens(sql) if re.fullmatch(r"\$\d+", token)})
    conditions = "".join(f" AND CAST({marker} AS text) IS NULL" for marker in markers)
    quoted = error.text.replace("'", "''")
    return f"SELECT dbl.refuse('{error.state}', '{quoted}') WHERE true{conditions} OR true"


def _tokens(sql: str) -> list[str]:
    return [match.group() for match in _TOKEN.finditer(sql)]


def _values_as_row(tokens: list[str]) -> list[str]:
    if _upper(tokens, 0) == "VALUES" and _upper(tokens, _next(tokens, 0)) != "(":
        return ["VALUES (", *tokens[1:], ")"]
    return tokens


def _walk(tokens: Sequence[str]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(tokens):
        word, following = tokens[at].upper(), _next(tokens, at)
        if word in _POSTGRES_ONLY:
            raise Db2Error("42601", f"[SQL0104] Token {tokens[at]} was not valid.")
        if word in ("TABLE", "CAST") and _upper(tokens, following) == "(":
            end = _closing(tokens, following)
            inner = tokens[following + 1 : end]
            out += _table_function(inner) if word == "TABLE" else [_cast(inner)]
            at = end + 1
        elif word == "QTEMP" and _upper(tokens, following) == ".":
            out.append("pg_temp")
            at += 1
        elif word == "CURRENT" and _upper(tokens, following) in _REGISTERS:
            out.append(_REGISTERS[_upper(tokens, following)])
            at = following + 1
        else:
            out.append(_name(tokens[at]))
            at += 1
    return out


def _table_function(inner: Sequence[str]) -> list[str]:
    for at, token in enumerate(inner):
        if token == "=>" and inner[_next(inner, at)][0] in "?$":
            raise Db2Error("42610", "[SQL0418] Use of parameter marker not valid.")
    return _walk(inner)


def _cast(inner: Sequence[str]) -> str:
    depth = 0
    for at in range(len(inner) - 1, -1, -1):
        depth += (inner[at] == ")") - (inner[at] == "(")
        if depth == 0 and inner[at].upper() == "AS":
            return _typed("".join(_walk(inner[:at])).strip(), "".join(inner[at + 1 :]).strip())
    raise Db2Error("42601", "[SQL0104] Token ) was not valid. Valid tokens: AS.")


def _typed(value: str, kind: str) -> str:
    if binary := _BINARY_TYPE.fullmatch(kind):
        return f"dbl.varbinary({value}, {binary[1] or binary[2]})"
    return f"CAST({value} AS {_CCSID.sub('', kind)})"


def _name(token: str) -> str:
    # Db2 folds plain names to upper case, PostgreSQL to lower: a quoted upper-case name means the plain one
    return token.lower() if token.startswith('"') and token == token.upper() else token


def _closing(tokens: Sequence[str], opening: int) -> int:
    depth = 0
    for at in range(opening, len(tokens)):
        depth += (tokens[at] == "(") - (tokens[at] == ")")
        if depth == 0:
            return at
    raise Db2Error("42601", "[SQL0104] Token <END-OF-STATEMENT> was not valid. Valid tokens: ).")


def _next(tokens: Sequence[str], at: int) -> int:
    """The index of the next token that is neither blank nor comment."""
    at += 1
    while at < len(tokens) and (tokens[at].isspace() or tokens[at].startswith(("--", "/*"))):
        at += 1
    return at


def _upper(tokens: Sequence[str], at: int) -> str:
    return tokens[at].upper() if at < len(tokens) else ""
