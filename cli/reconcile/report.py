"""What `reconcile` prints: each hop with its counts, where the holes are, and what is no hole and why."""

from collections.abc import Sequence

import orjson
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cli.reconcile.hop import MOST_EXAMPLES, Hop
from cli.terminal import cell, console
from schemas.ids import origin_of
from schemas.records import EventId

COUNTS = ("expected", "there", "holes")


def report(hops: Sequence[Hop], *, is_dry: bool, is_whole: bool) -> None:
    """Print it all; `is_whole` is False where something broke off."""
    screen = console()
    screen.print(_counts(hops, is_dry=is_dry))
    for hop in hops:
        for line in _holes(hop):
            screen.print(Text(line), soft_wrap=True)
    for hop in hops:
        for note, count in sorted(hop.notes.items()):
            if count:
                screen.print(Text(f"{hop.name}: no holes: {count:,} {note}"), soft_wrap=True)
        if hop.copies > 0:
            screen.print(Text(f"{hop.name}: {hop.copies:,} copies of what is there once more"), soft_wrap=True)
    if not is_whole:
        screen.print(Text("Not all of it was compared."))
    elif not any(hop.holes for hop in hops):
        screen.print(Text("No holes."))


def hole_line(hop: str, one: EventId) -> bytes:
    system, receiver, sequence = origin_of(one)
    return orjson.dumps({"hop": hop, "id": one, "system": system, "receiver": receiver, "sequence": sequence})


def as_line(hops: Sequence[Hop], *, is_whole: bool) -> bytes:
    """All counts, as the last line."""
    return orjson.dumps(
        {
            "hops": [_document(hop) for hop in hops],
            "holes": sum(hop.holes for hop in hops),
            "filled": sum(hop.filled for hop in hops),
            "remaining": sum(hop.remaining for hop in hops),
            "whole": is_whole,
        }
    )


def _document(hop: Hop) -> dict[str, object]:
    return {
        "hop": hop.name,
        "from": hop.source,
        "to": hop.target,
        "expected": hop.expected,
        "there": hop.expected - hop.holes,
        "holes": hop.holes,
        "filled": hop.filled,
        "rejected": hop.rejected,
        "remaining": hop.remaining,
        "copies": hop.copies,
        "no_holes": {note.name.lower(): count for note, count in hop.notes.items() if count},
        "receivers": [
            {"system": system, "receiver": receiver, "expected": part.expected, "holes": part.holes,
             "first": part.first, "last": part.last}
            for (system, receiver), part in sorted(hop.stretches.items())
        ],
    }  # fmt: skip


def _counts(hops: Sequence[Hop], *, is_dry: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("compared")
    for name in (*COUNTS, *(() if is_dry else ("filled", "rejected", "remaining"))):
        table.add_column(name, justify="right", no_wrap=True)
    for hop in hops:
        counts = [hop.expected, hop.expected - hop.holes, hop.holes]
        if not is_dry:
            counts += [hop.filled, hop.rejected, hop.remaining]
        table.add_row(cell(f"{hop.source} -> {hop.target}"), *(f"{count:,}" for count in counts))
    return table


def _holes(hop: Hop) -> Sequence[str]:
    lines = []
    for system, receiver, part in hop.torn:
        where = f"{system} {receiver}".strip()
        which = part.first if part.holes == 1 else f"{part.first} to {part.last}"
        lines.append(f"{hop.name}: {part.holes:,} of {part.expected:,} of {where} missing, {which}")
    if hop.examples:
        more = f" and {hop.holes - MOST_EXAMPLES:,} more (--json has all)" if hop.holes > MOST_EXAMPLES else ""
        lines += [f"  {one}" for one in hop.examples] + ([f"  …{more}"] if more else [])
    return lines
