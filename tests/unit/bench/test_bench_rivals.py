"""What is said of programs that did the same beside the service, and of what each lost and doubled."""

from pathlib import Path
from typing import cast

import pytest

from bench.ground import Ground
from bench.killed import Trial
from bench.measurement import Measurement
from bench.prepared import Prepared
from bench.rivals import Beside
from bench.siems import Siem
from bench.slow import LOOKS, added


def run(rate: float, rss: float = 30.0) -> Measurement:
    return Measurement(entries=1000, batches=1, seconds=1000 / rate, cpu_seconds=0.01, peak_rss_mib=rss)


def test_each_rival_runs_in_every_round_behind_the_bare_program() -> None:
    order: list[str] = []

    def rival(number: int) -> Measurement:
        order.append(f"rsyslog {number}")
        return run(400)

    def bare(number: int) -> Measurement:
        order.append(f"bare {number}")
        return run(1000)

    beside = Beside({"rsyslog": rival})
    for number in (1, 2):
        beside.run_service(lambda _: run(200), number)
        beside.run_bare(bare, number)

    found = beside.added()
    assert order == ["bare 1", "rsyslog 1", "bare 2", "rsyslog 2"]
    figures = cast(dict[str, dict[str, float]], found.figures["beside"])["rsyslog"]
    assert figures == {"entries_per_second": 400, "share": 0.5, "cpu_us_per_entry": 10, "peak_rss_mib": 30}
    assert "rsyslog 400 entries/s (share 0.50)" in found.words


class Shelf:
    """Of a SIEM only what it holds in the end."""

    sink = "splunk"

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids

    def settings(self, run: str) -> dict[str, str]:
        return {}

    def begin(self, run: str) -> None:
        """Nothing to do."""

    def count(self, run: str) -> int:
        return len(self._ids)

    def ids(self, run: str) -> list[str]:
        return self._ids


@pytest.mark.parametrize(
    ("ids", "lost", "doubled"),
    [
        pytest.param(["a", "b", "c"], 0, 0, id="all once"),
        pytest.param(["a", "b", "a", "c", "a"], 0, 2, id="one three times"),
        pytest.param(["a"], 2, 0, id="two are lost"),
    ],
)
def test_what_is_lost_and_doubled_is_summed_up_over_the_rounds(
    ids: list[str], lost: int, doubled: int, tmp_path: Path
) -> None:
    siem: Siem = Shelf(ids)
    trial = Trial(Ground(tmp_path, Prepared(tmp_path, 3), 3), siem, {}, frozenset("abc"))

    trial.note("raw", "raw1")
    trial.note("raw", "raw2")

    assert trial.found["raw"] == {"lost": 2 * lost, "doubled": 2 * doubled}
    assert f"raw lost {2 * lost} and doubled {2 * doubled}" in trial.added().words


def test_memory_is_told_at_the_end_of_each_quarter() -> None:
    memory = [float(number) for number in range(1, LOOKS + 1)]

    assert added(memory).figures == {"rss_mib": [10.0, 20.0, 30.0, 40.0]}
