"""Whether the millionth entry costs what the first ones cost: processor time and memory over a long run."""

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench import stock
from bench.ground import Contest, Ground
from bench.measurement import Added, Measurement
from bench.meter import MARK
from bench.prepared import SYSTEM, ZONE
from bench.processes import run

LONGEST_SECONDS = 7200.0
LAST_PART = 4
"""The median of the last quarter of the marks counts: one alone is a matter of luck."""


@contextmanager
def endurance(ground: Ground) -> Iterator[Contest]:
    """IBM i double to Kafka: all that waits (`--waiting 10000000` is the full length), and a hundred thousand alone."""
    with (
        stock.long_ibmi(ground.folder / "ibmi-endurance", ground.waiting) as double,
        stock.kafka(ground.folder / "kafka-endurance", iter(()), 0) as kafka,
    ):
        runs: list[Measurement] = []

        def measured(system: str, entries: int) -> Measurement:
            settings = {
                **double.exports(),
                **kafka.exports(),
                "SK2SIEM_PRODUCER__SYSTEM": system,
                "SK2SIEM_PRODUCER__TIME_ZONE": ZONE,
                "SK2SIEM_PRODUCER__READ_SHARE": "1",
            }
            runs.append(run(ground.service("producer", settings, entries), ground.log, LONGEST_SECONDS))
            return runs[-1]

        yield Contest(
            lambda _: measured(f"{SYSTEM}L", ground.waiting),
            lambda _: measured(f"{SYSTEM}S", MARK),
            ground.waiting,
            lambda: added(runs[0]),
            rounds=1,
        )


def added(long: Measurement) -> Added:
    """The last marks beside the first one."""
    cpu, rss = ([value for name, value in long.notes.items() if name.startswith(kind)] for kind in ("cpu", "rss"))
    last_cpu, growth = median(cpu[-(len(cpu) // LAST_PART or 1) :]), rss[-1] - rss[0]
    return Added(
        {
            "cpu_us_per_entry_first": round(cpu[0], 2),
            "cpu_us_per_entry_last": round(last_cpu, 2),
            "cpu_growth": round(last_cpu / cpu[0] - 1, 3),
            "rss_growth_mib": round(growth, 1),
        },
        f"CPU of an entry {cpu[0]:.0f} µs among the first {MARK:,}, {last_cpu:.0f} µs among the last "
        f"({last_cpu / cpu[0] - 1:+.1%} after {long.entries:,}); memory {growth:+.1f} MiB since then",
    )
