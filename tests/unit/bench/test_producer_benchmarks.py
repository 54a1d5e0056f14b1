"""What the benchmarks of the producer make of what they saw."""

import pytest

from bench import endurance, latency, sparse
from bench.measurement import Measurement
from bench.meter import MARK, Meter


def test_latency_leaves_out_the_first_entries_and_tells_percentiles() -> None:
    written = {number: float(number) for number in range(latency.SETTLING + 100)}
    seen = {number: at + (99.0 if number < latency.SETTLING else number / 100) for number, at in written.items()}

    delays = latency.delays_between(written, seen)
    figures = latency.added([delay - latency.SETTLING / 100 for delay in delays]).figures

    assert len(delays) == 100
    assert figures["p50_seconds"] == pytest.approx(0.495, abs=0.01)
    assert figures["p99_seconds"] == pytest.approx(0.99, abs=0.01)


def test_endurance_compares_the_first_mark_with_the_median_of_the_last_ones() -> None:
    notes = {"cpu_us_1": 50.0, "rss_mib_1": 80.0}
    for number in range(2, 13):
        notes |= {f"cpu_us_{number}": 52.0, f"rss_mib_{number}": 80.0 + number / 10}
    notes["cpu_us_7"] = 99.0

    found = endurance.added(Measurement(12 * MARK, 1, 1.0, 1.0, 90.0, notes))

    assert found.figures == {
        "cpu_us_per_entry_first": 50.0,
        "cpu_us_per_entry_last": 52.0,
        "cpu_growth": 0.04,
        "rss_growth_mib": 1.2,
    }


def test_a_poll_of_a_sparse_journal_is_told_in_milliseconds_of_processor_time() -> None:
    start, later = Measurement(40, 40, 0.9, 0.4, 70.0), Measurement(40, 40, 0.2, 0.42, 70.0)

    found = sparse.added(start, later)

    assert found.figures == {"poll_cpu_ms_first": 10.0, "poll_cpu_ms_last": 10.5, "poll_growth": 0.05}
    assert "behind 1,400,000 entries" in found.words


def test_a_meter_notes_what_an_entry_costs_and_the_memory_at_every_mark(capsys: pytest.CaptureFixture[str]) -> None:
    meter = Meter(2 * MARK)
    meter.begin()

    for _ in range(4):
        meter.settle(MARK // 2)
    meter.report()

    said = capsys.readouterr().out
    assert [f'"{name}_{number}"' in said for name in ("cpu_us", "rss_mib") for number in (1, 2, 3)] == [
        True,
        True,
        False,
        True,
        True,
        False,
    ]
