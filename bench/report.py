"""A report on a million verdicts, and what recurrence and plan are worth beside what the simulator did.

`python -m bench.report VERDICTS FILE [bare]` is one run; bare, the records are only read.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count, islice
from pathlib import Path

from bench.ground import Contest, Ground
from bench.measurement import Added, Measurement
from bench.meter import Meter
from bench.processes import Program, run
from cli.main import run_command
from producer.simulator.settings import SimulatorSettings
from schemas.codec import decode_as, encode
from schemas.ids import entry_id
from schemas.lines import read_line
from schemas.records import Verdict, changed
from schemas.topics import VERDICTS
from tests.score import Score, scores

LONGEST_SECONDS = 60.0
LARGEST_MIB = 300.0
SEEDS = range(3)
WEEKS = SimulatorSettings(days=14)


@contextmanager
def report(ground: Ground) -> Iterator[Contest]:
    """Page, CSV and sums of a file that a file sink wrote. The scores are of three journals of two weeks."""
    file = ground.folder / "verdicts.ndjson"
    if not file.exists():
        _write(file, ground)
    measured: list[Measurement] = []

    def service(_: int) -> Measurement:
        measured.append(run(Program("bench.report", [str(ground.waiting), str(file)], {}), ground.log))
        return measured[-1]

    def added() -> Added:
        found = [score for seed in SEEDS for score in scores(WEEKS.model_copy(update={"seed": seed}))]
        seconds, mib = max(one.seconds for one in measured), max(one.peak_rss_mib for one in measured)
        cpu = max(one.cpu_seconds for one in measured)
        kept = seconds <= LONGEST_SECONDS and mib <= LARGEST_MIB
        took = f"{seconds:.1f} s ({cpu:.1f} s of CPU) and {mib:.0f} MiB"
        budget = f"{ground.waiting:,} verdicts: {took}; {LONGEST_SECONDS:.0f} s and {LARGEST_MIB:.0f} MiB allowed"
        figures = {"seconds": round(seconds, 1), "within_budget": kept, "scores": [_figures(score) for score in found]}
        return Added(figures, "\n  ".join([budget, *(score.text for score in found)]))

    bare = Program("bench.report", [str(ground.waiting), str(file), "bare"], {})
    yield Contest(service, lambda _: run(bare, ground.log), ground.waiting, added, rounds=1)


def _write(file: Path, ground: Ground) -> None:
    """The prepared verdicts, over and over, each time a week later and with ids of their own."""
    with file.open("wb") as out:
        for line in islice(_verdicts(ground), ground.waiting):
            out.write(line + b"\n")


def _verdicts(ground: Ground) -> Iterator[bytes]:
    stored = [one.value for one in ground.prepared.broker.read(VERDICTS) if one.type == Verdict.type]
    for week in count():
        later = timedelta(weeks=week)
        for number, value in enumerate(stored):
            verdict = decode_as(Verdict, value)
            if verdict.supersedes is None:
                time = verdict.time + later
                one = entry_id(time.replace(tzinfo=None), verdict.system, verdict.receiver, number)
                yield encode(changed(verdict, id=one, time=time, evidence=(one,)))


def _figures(score: Score) -> dict[str, object]:
    return {"what": score.what, "true": len(score.true), "precision": score.precision, "recall": score.recall}


def main() -> None:
    verdicts, file, is_bare = int(sys.argv[1]), Path(sys.argv[2]), len(sys.argv) > 3
    meter = Meter(verdicts)
    meter.begin()
    if is_bare:
        with file.open("rb") as lines:
            for line in lines:
                read_line(line)
    else:
        page, groups = file.with_suffix(".html"), file.with_suffix(".csv")
        if run_command(["report", str(file), "--html", str(page), "--csv", str(groups)]):
            sys.exit("the report failed")
    meter.settle(verdicts)
    meter.report()


if __name__ == "__main__":
    main()
