"""The rows of a saved journal, whatever form the file has: lines of JSON, CSV, or records of *TYPE5."""

import csv
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path

import orjson

from producer import outfile, raw_row, type5
from producer.mistaken import mistaken, undecodable
from producer.raw_row import Malformed
from producer.reader import JournalRow
from runtime.errors import ConfigError
from schemas.codec import CodecError
from schemas.lines import read_line

AUTO = "auto"
SEPARATORS = ",;\t"
LOOK_BYTES = 4096
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def saved_rows(path: Path, form: str = AUTO, *, called: str = "") -> Iterator[JournalRow]:
    """The rows in the order of the file. Raises ConfigError that says the file, the line and what is wrong there.

    `called` is how an error names the file: by default with the setting that did.
    """
    called = called or called_by_setting(path)
    try:
        with path.open("rb") as file:
            start = file.read(LOOK_BYTES).removeprefix(BYTE_ORDER_MARK)
        if start.strip():
            yield from FORMS[_form_of(start, form)](path)
    except OSError as error:
        raise ConfigError(f"{called} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{called}: {undecodable(path)}") from error
    except (ConfigError, Malformed, csv.Error) as error:
        raise ConfigError(f"{called}: {'not CSV: ' * isinstance(error, csv.Error)}{error}") from error


def called_by_setting(path: Path) -> str:
    return f"SK2SIEM_PRODUCER__FILE: {path}"


def _form_of(start: bytes, form: str) -> str:
    """Raises Malformed for what is something else."""
    if form == "type5" or (form == AUTO and type5.looks_like_type5(start)):
        return "type5"
    if words := mistaken(start):
        raise Malformed(words)
    return form if form != AUTO else "ndjson" if start.lstrip().startswith(b"{") else "csv"


def _from_json(path: Path) -> Iterator[JournalRow]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if text := line.removeprefix(BYTE_ORDER_MARK).strip():
                yield _at("line", number, partial(_row_of_json, text))


def _from_csv(path: Path) -> Iterator[JournalRow]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        separator = max(SEPARATORS, key=first.count)
        names = tuple(next(csv.reader([first], delimiter=separator), ()))
        fields = _fields_by_header(names)
        for number, cells in enumerate(csv.reader(file, delimiter=separator), start=2):
            if cells:
                yield _at("line", number, partial(_row_of_cells, fields, cells, len(names)))


def _from_type5(path: Path) -> Iterator[JournalRow]:
    for number, record in enumerate(type5.records_of(path), start=1):
        yield _at("record", number, partial(type5.row_of, record))


FORMS: Mapping[str, Callable[[Path], Iterator[JournalRow]]] = {
    "ndjson": _from_json,
    "csv": _from_csv,
    "type5": _from_type5,
}


def _at(unit: str, number: int, read: Callable[[], JournalRow]) -> JournalRow:
    try:
        return read()
    except (Malformed, ConfigError) as error:
        raise ConfigError(f"{unit} {number}: {error}") from error


def _row_of_json(line: bytes) -> JournalRow:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Malformed("not JSON") from error
    if not isinstance(document, dict):
        raise Malformed("not a JSON object")
    if "entry_data" in document or "fields" in document:
        return raw_row.row_of(document)
    try:
        columns = _fields_by_header(tuple(document))
    except ConfigError as error:
        raise Malformed(_record_of_ours(line) or str(error)) from error
    values = list(document.values())
    return outfile.row_of({field: values[at] for field, at in columns.items()})


def _record_of_ours(line: bytes) -> str | None:
    try:
        return f"{read_line(line).type} of sk2siem, no entry of a journal: `sk2siem report` reads such files"
    except CodecError:
        return None


def _row_of_cells(fields: Mapping[str, int], cells: list[str], count: int) -> JournalRow:
    if len(cells) != count:
        raise Malformed(f"{len(cells)} values under {count} column names")
    return outfile.row_of({field: cells[at] for field, at in fields.items()})


@lru_cache(maxsize=16)
def _fields_by_header(names: tuple[str, ...]) -> Mapping[str, int]:
    return outfile.fields_by_header(names)
