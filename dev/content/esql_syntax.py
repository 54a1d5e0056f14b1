"""What Elastic's own grammar says of ES|QL queries: run by the Python of the environment that has it, on a JSON list.

The grammar is that of Elasticsearch 9.1, where INLINE STATS, which has the syntax of STATS, was not released yet.
"""

import json
import sys
from pathlib import Path

from antlr4 import CommonTokenStream, InputStream
from antlr4.error.ErrorListener import ErrorListener
from esql_parser.EsqlBaseLexer import EsqlBaseLexer
from esql_parser.EsqlBaseParser import EsqlBaseParser


class Listener(ErrorListener):  # type: ignore[misc]
    def __init__(self) -> None:
        self.errors: list[str] = []

    def syntaxError(self, *about: object) -> None:  # noqa: N802
        _, _, line, column, message, _ = about
        self.errors.append(f"line {line}, column {column}: {message}")


class AnyCase(InputStream):  # type: ignore[misc]
    """Words of ES|QL may be written in capitals; its grammar knows the small ones."""

    def LA(self, offset: int) -> int:  # noqa: N802
        found: int = super().LA(offset)
        return ord(chr(found).lower()) if found > 0 else found


def errors(query: str) -> list[str]:
    listener = Listener()
    lexer = EsqlBaseLexer(AnyCase(query.replace("INLINE STATS", "STATS")))
    parser = EsqlBaseParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(listener)
    parser.singleStatement()
    return listener.errors


if __name__ == "__main__":
    found = [f"{error}\n{query}" for query in json.loads(Path(sys.argv[1]).read_text()) for error in errors(query)]
    print("\n\n".join(found))
    sys.exit(1 if found else 0)
