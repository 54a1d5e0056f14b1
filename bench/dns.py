"""What a slow, silent or dead name server costs the enricher, beside a fast one: throughput, and how late an alert is.

Real UDP, the simulator's addresses, the embedded broker, batches of 500.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from shutil import copy
from statistics import median

from bench.ground import Contest, Ground
from bench.measurement import Added, Measurement
from bench.names import name_server, names_of
from bench.processes import run

BATCH = "500"
FAST, TROUBLED = "fast", ("slow", "silent", "dead")


@contextmanager
def dns(ground: Ground) -> Iterator[Contest]:
    """The share is that of the worst of the three; nothing waits but what is measured."""
    journal = ground.prepared.journal()
    names = names_of(journal)
    runs: dict[str, list[Measurement]] = {kind: [] for kind in (FAST, *TROUBLED)}

    def measured(kind: str, number: int) -> Measurement:
        file = ground.folder / f"dns-{kind}-{number}.db"
        copy(journal, file)
        with name_server(kind, names) as settings:
            broker = {"SK2SIEM_BROKER__URL": f"sqlite:///{file}", "SK2SIEM_LOOP__BATCH_SIZE": BATCH}
            runs[kind].append(run(ground.service("enricher", {**settings, **broker}), ground.log))
        file.unlink()
        return runs[kind][-1]

    def worst(number: int) -> Measurement:
        return min((measured(kind, number) for kind in TROUBLED), key=lambda one: one.entries_per_second)

    yield Contest(worst, lambda number: measured(FAST, number), ground.entries, lambda: compared(runs))


def compared(runs: dict[str, list[Measurement]]) -> Added:
    """Each kind of name server beside the fast one."""
    rates = {kind: median(one.entries_per_second for one in found) for kind, found in runs.items()}
    late = {kind: max(one.notes["alert_p99_seconds"] for one in found) for kind, found in runs.items()}
    answered = {kind: median(one.notes["dns_answered_share"] for one in found) for kind, found in runs.items()}
    words = [
        f"{kind} name server {rates[kind]:,.0f} entries/s ({rates[kind] / rates[FAST]:.2f} of fast), "
        f"alert from polled to committed {late[kind]:.3f} s (p99), {answered[kind]:.0%} of addresses answered in time"
        for kind in runs
    ]
    return Added(
        {
            "shares": {kind: round(rates[kind] / rates[FAST], 3) for kind in TROUBLED},
            "alert_p99_seconds": round(max(late.values()), 3),
            "answered_share": {kind: round(share, 3) for kind, share in answered.items()},
        },
        "\n  ".join(["", *words]).rstrip(),
    )
