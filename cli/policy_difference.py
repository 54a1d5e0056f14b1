"""What `policy diff` prints: who gets another verdict, and how many."""

from collections import Counter
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cli.terminal import cell, console
from enricher.comparison import Conclusion, Difference, Flip
from enricher.policy import Policy
from schemas.records import Direction

MOST_FLIPS = 30
NO_LEVELS = (
    "No record says which audit levels were in force, so a connection without TLS facts cannot be judged by evidence."
)

Named = tuple[str, Policy]


def show_difference(found: Difference, old: Named, new: Named) -> None:
    """Print it as sentences and two tables: what becomes of what, and whose connections these are."""
    screen = console()
    for line in _summary(found, old, new):
        screen.print(Text(line), soft_wrap=True)
    if found.flips:
        screen.print(_changes(found.flips))
        screen.print(_flips(found.flips))
    if len(found.flips) > MOST_FLIPS:
        screen.print(Text(_others(found.flips[MOST_FLIPS:])), soft_wrap=True)


def as_json(found: Difference, old: Policy, new: Policy) -> dict[str, object]:
    """Everything, every flip."""
    return {
        "old": {"policy": old.hash, "mode": old.mode, "alerts": found.old_alerts},
        "new": {"policy": new.hash, "mode": new.mode, "alerts": found.new_alerts},
        "connections": found.connections,
        "flipped": found.flipped,
        "other_reason": found.other_reason,
        "unreadable": found.unreadable,
        "audit_levels_known": found.levels_known,
        "flips": [
            {
                **flip.who._asdict(),
                "old": flip.old._asdict(),
                "new": flip.new._asdict(),
                "connections": flip.connections,
                "example": flip.example,
            }
            for flip in found.flips
        ],
    }


def _summary(found: Difference, old: Named, new: Named) -> list[str]:
    (old_name, before), (new_name, after) = old, new
    lines = [
        f"old  {old_name}: policy {before.hash} in mode {before.mode}, {found.old_alerts:,} alerts",
        f"new  {new_name}: policy {after.hash} in mode {after.mode}, {found.new_alerts:,} alerts",
        _counts(found),
    ]
    if found.unreadable:
        lines.append(f"{found.unreadable:,} records could not be read and are left out.")
    if found.connections and not found.levels_known:
        lines.append(NO_LEVELS)
    return lines


def _counts(found: Difference) -> str:
    return (
        f"{found.flipped:,} of {found.connections:,} connections get another verdict, "
        f"{found.other_reason:,} the same one for another reason."
    )


def _changes(flips: Sequence[Flip]) -> Table:
    counts = Counter[tuple[Conclusion, Conclusion]]()
    for flip in flips:
        counts[flip.old, flip.new] += flip.connections
    table = _table("What becomes of what", "old", "new")
    for (old, new), count in counts.most_common():
        table.add_row(_concluded(old), _concluded(new), f"{count:,}")
    return table


def _flips(flips: Sequence[Flip]) -> Table:
    table = _table("Whose connections these are", "system", "service", "address", "old", "new")
    for flip in flips[:MOST_FLIPS]:
        who = flip.who
        service = f"{who.service or 'not listed'} ({'no port' if who.port is None else who.port})"
        address = f"{'to' if who.direction is Direction.OUTBOUND else 'from'} {who.address or 'an unknown address'}"
        cells = (who.system, service, address)
        table.add_row(*map(cell, cells), _concluded(flip.old), _concluded(flip.new), f"{flip.connections:,}")
    return table


def _others(flips: Sequence[Flip]) -> str:
    connections = sum(flip.connections for flip in flips)
    return f"and {connections:,} connections in {len(flips):,} more lines; --json has them all"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    table.add_column("connections", justify="right")
    return table


def _concluded(conclusion: Conclusion) -> Text:
    return cell(f"{conclusion.verdict} ({conclusion.reason})")
