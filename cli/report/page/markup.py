"""Pieces of HTML. Text that others wrote goes through `text`, and comes out as text and nothing else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from cli.terminal import inert

CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that was made here: only what is of this type is not escaped."""

    html: str


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column; of numbers where `is_number`."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """`order` is what the table sorts by, where the text does not do."""

    content: Markup | str
    order: float | str | None = None


Row = Sequence[Cell | Markup | str]


def text(content: str) -> str:
    return escape(inert(content))


def render(content: Markup | str) -> str:
    return content.html if isinstance(content, Markup) else text(content)


def join(parts: Iterable[Markup | str]) -> Markup:
    return Markup("".join(render(part) for part in parts))


def element(name: str, *content: Markup | str, **attributes: str) -> Markup:
    """`class_` and `for_` stand for the names that Python keeps for itself, `_` for a hyphen."""
    pairs = "".join(f' {_name(key)}="{text(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{pairs}>{join(content).html}</{name}>")


def prose(content: str) -> Markup:
    """A sentence, with what stands between backticks as code."""
    return Markup(CODE.sub(r"<code>\1</code>", text(content)))


def paragraph(content: str, kind: str = "") -> Markup:
    return element("p", prose(content), **({"class_": kind} if kind else {}))


def items(lines: Iterable[str]) -> Markup:
    return element("ul", *(element("li", prose(line)) for line in lines))


def number(count: int) -> Cell:
    return Cell(f"{count:,}" if count else "\N{EN DASH}", count)


def table(caption: str, columns: Sequence[Column], rows: Sequence[Row], *, left_out: str = "") -> Markup:
    """Sortable where there is something to sort. The first cell of a row is its heading."""
    if not rows:
        return element("p", f"{caption}: none.", class_="none")
    head = element("tr", *(_heading(column, is_sortable=len(rows) > 1) for column in columns))
    body = element("tbody", *(_row(row, columns) for row in rows))
    made = element("table", element("caption", caption), element("thead", head), body)
    note = paragraph(left_out, "note") if left_out else ""
    return element("div", made, note, class_="table")


def _heading(column: Column, *, is_sortable: bool) -> Markup:
    kind = {"class_": "number"} if column.is_number else {}
    title = element("button", column.title, type="button") if is_sortable and column.title else column.title
    return element("th", title, scope="col", **kind)


def _row(row: Row, columns: Sequence[Column]) -> Markup:
    return element(
        "tr", *(_cell(cell, column, place) for place, (cell, column) in enumerate(zip(row, columns, strict=True)))
    )


def _cell(cell: Cell | Markup | str, column: Column, place: int) -> Markup:
    made = cell if isinstance(cell, Cell) else Cell(cell)
    attributes = {"class_": "number"} if column.is_number else {}
    if made.order is not None:
        attributes["data_order"] = str(made.order)
    if place == 0:
        return element("th", made.content, scope="row", **attributes)
    return element("td", made.content, **attributes)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
