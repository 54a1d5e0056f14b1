"""What the verdicts are worth: 200,000 simulated connections, judged, beside what really happened on the wire.

`python -m bench.truth SEEDS FILE [bare]` is one run; bare, the journals are only simulated and decoded.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.ground import Contest, Ground
from bench.measurement import Added, Measurement
from bench.meter import Meter
from bench.processes import Program, run
from tests.truth import BUSY_HOURS, Confusion, confusion, rows_of

SEEDS = 20
SETTINGS = BUSY_HOURS.model_copy(update={"scale": 6.0})
"""Ten thousand connections and more in each seed."""


@contextmanager
def truth(ground: Ground) -> Iterator[Contest]:
    """One process, no broker. The figures are those of the last round, which are those of every round."""
    file = ground.folder / "confusion.json"

    def measured(*words: str) -> Measurement:
        return run(Program("bench.truth", [str(SEEDS), str(file), *words], {}), ground.log)

    def added() -> Added:
        found = json.loads(file.read_text())
        return Added({name: found[name] for name in ("connections", "seeds", "wrong", "confusion")}, found["table"])

    yield Contest(lambda _: measured(), lambda _: measured("bare"), 0, added, rounds=1)


def main() -> None:
    seeds, file, is_bare = range(int(sys.argv[1])), Path(sys.argv[2]), len(sys.argv) > 3
    meter = Meter(1)
    meter.begin()
    found = Confusion()
    for seed in seeds:
        settings = SETTINGS.model_copy(update={"seed": seed})
        if is_bare:
            meter.settle(len(rows_of(settings)))
        else:
            one = confusion([seed], SETTINGS)
            meter.settle(one.entries)
            found.merge(one)
    if not is_bare:
        file.write_text(json.dumps(_document(found, len(seeds))))
    meter.report()


def _document(found: Confusion, seeds: int) -> dict[str, object]:
    table: dict[str, dict[str, int]] = {}
    for (truth_told, verdict), count in sorted(found.counts.items()):
        table.setdefault(truth_told, {})[verdict] = count
    words = f"{seeds} seeds, audit levels that change in each\n{found.table()}"
    wrong = [*found.lies[:10]]
    return {
        "connections": found.connections,
        "seeds": seeds,
        "wrong": len(found.lies),
        "confusion": table,
        "table": "\n  ".join([*words.splitlines(), *wrong]),
    }


if __name__ == "__main__":
    main()
