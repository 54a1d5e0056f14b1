"""A SIEM that answers late: what a million records that wait cost a worker in memory, as time goes by."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bench import siems, stock
from bench.ground import Contest, Ground, verdicts
from bench.measurement import Added, Measurement
from bench.prepared import SERVICE
from bench.processes import look_until, nap
from bench.siems import SplunkSiem
from bench.watched import Watched

ANSWER_SECONDS = 0.25
SECONDS = 40.0
LOOKS = 40
START_SECONDS = 300.0
ENDLESS = "1000000000"


@contextmanager
def splunk(ground: Ground) -> Iterator[Contest]:
    """Kafka to the HEC double, which takes a quarter of a second for each answer."""
    memory: list[float] = []
    with verdicts(ground) as exports, siems.splunk(ground.folder / "slow") as siem:
        siem.slow(ANSWER_SECONDS)
        settings = {**SERVICE, **exports, **siem.settings(""), "SK2SIEM_OPS__PORT": "0", **ground.tried}

        def measured(command: list[str], group: str, seen: list[float], _: int) -> Measurement:
            siem.begin("")
            try:
                with Watched([sys.executable, "-m", *command], settings, ground.log) as program:
                    return _look_at(program, siem, seen)
            finally:
                stock.forget_group(settings, group)

        yield Contest(
            partial(measured, ["cli", "run", "splunk"], "splunk", memory),
            partial(measured, ["bench.bare_raw", "splunk", ENDLESS], "raw-splunk", []),
            ground.waiting,
            added=lambda: added(memory[-LOOKS:]),
            rounds=1,
        )


def _look_at(program: Watched, siem: SplunkSiem, seen: list[float]) -> Measurement:
    look_until("the first event is stored", lambda: siem.count("") > 0, START_SECONDS)
    before, cpu, seconds = siem.count(""), program.cpu_seconds, 0.0
    for _ in range(LOOKS):
        seconds += nap(SECONDS / LOOKS)
        seen.append(program.rss_mib)
    entries = siem.count("") - before
    return Measurement(entries, LOOKS, seconds, program.cpu_seconds - cpu, program.peak_rss_mib)


def added(memory: list[float]) -> Added:
    """In use at the end of each quarter: what does not grow is not hoarded."""
    quarters = [round(one, 1) for one in memory[LOOKS // 4 - 1 :: LOOKS // 4]]
    words = ", ".join(f"{one:.0f}" for one in quarters)
    return Added({"rss_mib": quarters}, f"memory at each quarter of {SECONDS:.0f} s: {words} MiB")
