"""Which fields a query names, in each of the languages of siem/. What is not known to be something else is a field."""

import re
from collections.abc import Iterator

TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
LUCENE = re.compile(r"(?:_exists_:|(?<![\\\w]))([a-z@][\w.@]*)(?=\s*:)|_exists_:([a-z@][\w.]*)")
WORD = re.compile(r"[A-Za-z_@][\w.@]*")

ESQL_WORDS_TEXT = """
from metadata where eval inline stats by and or not in is null as minute minutes true false _id _index _version
replace max min count concat coalesce to_string case now keep
"""
ESQL_WORDS = frozenset(ESQL_WORDS_TEXT.split())
ESQL_SOURCE = re.compile(r"^\s*from\s+\S+", re.IGNORECASE)
ESQL_DEFINED = re.compile(r"(?:^|[,|]|\b(?:EVAL|STATS)\b)\s*([A-Za-z_][\w.]*)\s*=(?!=)")

SPL_WORDS_TEXT = """
search where eval stats eventstats timechart chart top table fields rename dedup sort by as and or not in span limit
useother head fillnull value count dc values max min sum latest earliest first last perc95 round if isnull isnotnull
convert ctime bin replace now relative_time strftime coalesce case like true false tonumber tostring
_index_earliest _index_latest
"""
SPL_WORDS = frozenset(SPL_WORDS_TEXT.split())
SPL_WORD = re.compile(r"[A-Za-z_]\w*")
SPL_EVAL = re.compile(r"\|\s*eval\s+(.*?)(?=\||$)", re.DOTALL)
SPL_ASSIGNED = re.compile(r"(?:^|,)\s*(\w+)\s*=(?!=)")
SPL_AS = re.compile(r"\bas\s+\"?(\w+)", re.IGNORECASE)
SPL_LOOKUP = re.compile(r"\|\s*(?:input|output)?lookup\b[^|]*")
SPL_VALUE = re.compile(r"(?<=\w)\s*!?=\s*[\w*:-]+|(?i:\bin)\s*\([^)]*\)")
SPL_TOKEN = re.compile(r"\$[^$]+\$")
MACRO = re.compile(r"`(\w+)(?:\([^`]*\))?`")
NUMBER_WITH_UNIT = re.compile(r"(?<![\w])[-+]?\d+[a-z@]*\b|@[a-z]\b")


def in_lucene(query: str) -> set[str]:
    """Also in KQL, as far as we use it."""
    return {one or other for one, other in LUCENE.findall(TEXT.sub('""', query))} - {"_exists_"}


def in_esql(query: str) -> set[str]:
    bare = ESQL_SOURCE.sub("", TEXT.sub('""', query))
    defined = set(ESQL_DEFINED.findall(bare))
    return {word for word in WORD.findall(bare.replace("Esql.*", "")) if word.lower() not in ESQL_WORDS} - defined


def in_spl(query: str) -> set[str]:
    """Every word that is no command, function, option, or name that the search itself makes."""
    bare = SPL_TOKEN.sub("0", MACRO.sub("", TEXT.sub('""', query)))
    first, *steps = SPL_LOOKUP.sub("|", bare).split("|")
    searched = [SPL_VALUE.sub(" ", step) if step.split()[:1] == ["search"] else step for step in steps]
    return set(_spl_words(" ".join([SPL_VALUE.sub(" ", first), *searched]))) - set(_spl_defined(query))


def macros_in(query: str) -> set[str]:
    return set(MACRO.findall(query))


def _spl_words(bare: str) -> Iterator[str]:
    for word in SPL_WORD.findall(NUMBER_WITH_UNIT.sub("0", bare)):
        if word.lower() not in SPL_WORDS:
            yield word


def _spl_defined(query: str) -> Iterator[str]:
    bare = TEXT.sub('""', query)
    for assignments in SPL_EVAL.findall(bare):
        yield from SPL_ASSIGNED.findall(assignments)
    yield from SPL_AS.findall(query)
