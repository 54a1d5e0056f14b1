"""The results for people: one row a benchmark."""

from collections.abc import Sequence

from rich.table import Table

from bench.measurement import Result

COLUMNS = ("entries/s", "ceiling", "share", "CPU µs", "ceiling CPU µs", "peak MiB", "entries", "waiting", "batches")


def table(results: Sequence[Result]) -> Table:
    made = Table("benchmark", title="each service against the same reads and writes without it")
    for column in COLUMNS:
        made.add_column(column, justify="right")
    for result in results:
        made.add_row(result.name, *cells(result))
    return made


def cells(result: Result) -> tuple[str, ...]:
    """One for each of COLUMNS."""
    return (
        f"{result.entries_per_second:,.0f}",
        f"{result.ceiling_entries_per_second:,.0f}",
        f"{result.share:.2f}",
        f"{result.cpu_us_per_entry:.0f}",
        f"{result.ceiling_cpu_us_per_entry:.0f}",
        f"{result.peak_rss_mib:.0f}",
        f"{result.service[0].entries:,}",
        f"{result.waiting:,}",
        f"{result.batches:,}",
    )
