"""What the benchmarks make of their rounds: medians, shares, sums, and the table."""

import io
import json
from dataclasses import asdict

import pytest
from rich.console import Console

from bench.bare import Supply
from bench.bare_sink import cut
from bench.measurement import Measurement, Result, together
from bench.meter import Meter
from bench.table import COLUMNS, cells, table


def run(rate: float, *, cpu_us: float = 10.0, rss: float = 80.0, entries: int = 1000, batches: int = 4) -> Measurement:
    return Measurement(entries, batches, entries / rate, cpu_us * entries / 1e6, rss)


def result(service: list[Measurement], bare: list[Measurement]) -> Result:
    return Result("enricher", 1_000_000, service, bare)


def test_a_run_tells_its_rate_and_the_cpu_time_of_one_entry() -> None:
    measurement = Measurement(entries=500, batches=1, seconds=2.0, cpu_seconds=0.01, peak_rss_mib=50.0)

    assert measurement.entries_per_second == 250
    assert measurement.cpu_us_per_entry == pytest.approx(20)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param([100.0], 100, id="one-round"),
        pytest.param([100.0, 300.0], 200, id="two-rounds-their-middle"),
        pytest.param([100.0, 110.0, 9000.0], 110, id="one-outlier-does-not-decide"),
    ],
)
def test_the_median_of_the_rounds_counts(rates: list[float], expected: float) -> None:
    measured = result([run(rate) for rate in rates], [run(rate * 2) for rate in rates])

    assert measured.entries_per_second == pytest.approx(expected)
    assert measured.ceiling_entries_per_second == pytest.approx(expected * 2)
    assert measured.share == pytest.approx(0.5)


def test_cpu_time_is_the_median_of_the_rounds_and_the_peak_the_highest() -> None:
    measured = result(
        [run(100, cpu_us=40, rss=90), run(100, cpu_us=60, rss=120), run(100, cpu_us=50, rss=100)],
        [run(100, cpu_us=10, rss=500)],
    )

    assert measured.cpu_us_per_entry == pytest.approx(50)
    assert measured.ceiling_cpu_us_per_entry == pytest.approx(10)
    assert measured.peak_rss_mib == 120


def test_the_document_names_every_figure_and_is_json() -> None:
    document = result([run(700), run(700)], [run(1000)]).document()

    assert json.loads(json.dumps(document)) == {
        "benchmark": "enricher",
        "entries_per_second": 700.0,
        "ceiling_entries_per_second": 1000.0,
        "share": 0.7,
        "cpu_us_per_entry": 10.0,
        "ceiling_cpu_us_per_entry": 10.0,
        "peak_rss_mib": 80.0,
        "entries": 1000,
        "waiting": 1_000_000,
        "batches": 4,
        "rounds": 2,
    }


def test_services_side_by_side_share_the_time_and_add_up_their_cpu() -> None:
    runs = [run(100, cpu_us=10, rss=70, entries=1010), run(100, cpu_us=30, rss=90, batches=9)]

    whole = together(runs, 4.0)

    assert (whole.entries, whole.batches, whole.seconds, whole.peak_rss_mib) == (1000, 9, 4.0, 90)
    assert whole.cpu_seconds == pytest.approx(0.0101 + 0.03)


def test_every_column_has_a_cell_and_every_benchmark_a_row() -> None:
    measured = result([run(12_345)], [run(24_690)])

    made = table([measured, measured])

    assert len(cells(measured)) == len(COLUMNS)
    assert made.row_count == 2
    paper = io.StringIO()
    Console(width=130, file=paper).print(made)
    assert paper.getvalue().count("12,345") == 2
    assert paper.getvalue().count("0.50") == 2


@pytest.mark.parametrize(
    ("things", "whole", "taken"),
    [
        pytest.param(5, 10, [2, 4, 4], id="fewer-than-entries"),
        pytest.param(30, 10, [4, 3, 3], id="more-than-entries"),
        pytest.param(7, 10, [10], id="all-at-once"),
        pytest.param(7, 10, [1] * 10, id="one-by-one"),
    ],
)
def test_a_supply_is_used_up_in_step_with_the_entries(things: int, whole: int, taken: list[int]) -> None:
    supply = Supply(range(things), whole)

    given = [thing for count in taken for thing in supply.take(count)]

    assert given == list(range(things))


def test_a_supply_begins_again_when_more_entries_come_than_were_prepared() -> None:
    supply = Supply("abc", 3)

    assert supply.take(5) == list("abcab")


def test_requests_are_cut_to_size_and_nothing_is_left_out() -> None:
    lines = [b"1", b"2", b"3", b"4", b"5"]

    assert cut(lines, 2) == [[b"1", b"2"], [b"3", b"4"], [b"5"]]


def test_a_meter_is_done_when_the_wanted_entries_are_settled(capsys: pytest.CaptureFixture[str]) -> None:
    meter = Meter(5)
    meter.begin()

    meter.settle(3)
    before = meter.done
    meter.settle(3)
    meter.report()

    report = json.loads(capsys.readouterr().out)
    assert (before, meter.done) == (False, True)
    assert (report["entries"], report["batches"]) == (6, 2)
    assert report["peak_rss_mib"] > 1
    assert set(report) == {*asdict(run(1)), "began", "ended"}


def test_a_meter_without_a_batch_refuses_to_report() -> None:
    meter = Meter(5)

    with pytest.raises(SystemExit, match="no batch ever came"):
        meter.report()
